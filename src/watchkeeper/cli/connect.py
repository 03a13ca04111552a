"""`watchkeeper connect`: gives an installation a console to watch."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from watchkeeper.cli._console import CaFile, ConsoleUrl, TokenFile
from watchkeeper.cli._installation import DataFolderOption, actor


def command(
    console: ConsoleUrl,
    token_file: TokenFile = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What to call it; its console's host by default."),
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="WORD", help="To find it by; repeatable.")
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option("--account", metavar="ID", help="Watch this account only; repeatable."),
    ] = None,
    site: Annotated[
        list[str] | None,
        typer.Option("--site", metavar="ID", help="Watch this site only; repeatable."),
    ] = None,
    every: Annotated[
        list[str] | None,
        typer.Option(
            "--every",
            metavar="RESOURCE=TIME",
            help="How often one is collected: threats=30m, agents=12h, users=7d; repeatable.",
        ),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="http://host:port; `-` for the environment's. Kept encrypted."
        ),
    ] = None,
    ca_file: CaFile = None,
    data: DataFolderOption = None,
) -> None:
    """Add a console to this installation, or give one that is there another token or address.

    The token is encrypted and kept in the database; it is never printed. Works while `watchkeeper
    up` runs and while it does not. The first collection is asked for at once; a running
    installation begins with it within seconds. Nothing is sent to the console by this command.
    Options that are not given stay as they are; those of the command line are seen in the process
    list, so give a proxy's password in the browser.

    Example: watchkeeper connect --console https://example.sentinelone.net --token-file token
    """
    from watchkeeper import bootstrap
    from watchkeeper.cli._console import certificates, open_console
    from watchkeeper.ledger.consoles import console_address
    from watchkeeper.locker.layout import connection_id
    from watchkeeper.model.filter import parse_filter
    from watchkeeper.model.options import parse_intervals, parse_tags
    from watchkeeper.sentinelone.address import parse_proxy

    settings = bootstrap.load_settings(data=data)
    console_address(console, settings.allowed_consoles)
    client = open_console(console, token_file, allow_host=list(settings.allowed_consoles))
    client.close()  # it was made to read what was typed, and asked nothing
    address, token = client.address, client.token
    for note in (*address.notes, *token.notes):
        print(f"note: {note}")
    identity = connection_id(name or address.netloc)
    own: dict[str, Any] = {
        "tags": parse_tags(",".join(tag)) if tag else None,
        "within": parse_filter(",".join(account or ()), ",".join(site or ()))
        if account or site
        else None,
        "intervals": parse_intervals(every) if every else None,
        "certificates": certificates(ca_file) if ca_file else None,
        "proxy": ("" if proxy == "-" else parse_proxy(proxy)) if proxy else None,
    }
    given = {name: value for name, value in own.items() if value is not None}
    with bootstrap.reached(settings) as app:
        from watchkeeper.ledger.connections import options_of

        options = None
        if given:
            options = replace(options_of(identity, app.installation.vault), **given)
        connection = app.connect(identity, address, token, actor=actor(), options=options)
    print(f"Connected {connection.name} to {connection.console}.")
    if connection.token_expires_at is not None:
        print(f"The token expires on {connection.token_expires_at:%Y-%m-%d}.")
