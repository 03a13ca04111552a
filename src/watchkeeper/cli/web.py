"""`watchkeeper web`: the pages alone."""

from watchkeeper.cli._installation import DataFolderOption, Lifeline, begin_part
from watchkeeper.cli.up import HostOption, PortOption, require_free


def command(
    host: HostOption = None,
    port: PortOption = None,
    data: DataFolderOption = None,
    lifeline: Lifeline = False,
) -> None:
    """Serve the pages, until Ctrl-C or SIGTERM: `watchkeeper up` without database and worker.

    The database must be there: that of WATCHKEEPER_DATABASE_URL, or the one a running `watchkeeper
    up` has in the same data folder. Its tables are waited for; `watchkeeper migrate` makes them.
    While the database is away pages say so, and work again once it is back.

    Example: WATCHKEEPER_DATABASE_URL=postgresql://… watchkeeper web --port 8765
    """
    import os

    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data, host=host, port=port)
    begin_part(lifeline=lifeline)
    require_free(settings.host, settings.port)
    os.environ.update(settings.environment())  # for the web server's own children
    bootstrap.build(settings, collects=True).collect_static()
    print(f"The pages are served at {settings.address} (Ctrl-C stops it)", flush=True)
    bootstrap.serve(settings)
