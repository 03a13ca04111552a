"""`watchkeeper worker`: a process that collects and judges."""

from watchkeeper.cli._installation import DataFolderOption, Lifeline, begin_part


def command(
    data: DataFolderOption = None,
    lifeline: Lifeline = False,
) -> None:
    """Take jobs and do them, until Ctrl-C or SIGTERM; any number may share an installation.

    On the machine of `watchkeeper up` it joins that one (give it the same --data). On other
    machines set WATCHKEEPER_DATABASE_URL and WATCHKEEPER_LOCKER (a bucket, or a folder they share),
    and WATCHKEEPER_KEY_FILE or WATCHKEEPER_KEY to the keys that open the tokens.

    When the database goes away it stops what it does, waits, and goes on where it was; what was
    read is not asked for again. Told to stop, it gives its jobs back to the others.
    """
    import os

    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data)
    begin_part(lifeline=lifeline)
    os.environ.update(settings.environment())
    app = bootstrap.build(settings)
    from watchkeeper.jobs.worker import work  # after Django is configured

    work(app.missing_migrations)
