"""`watchkeeper connect`: gives an installation a console to watch."""

from typing import Annotated

import typer

from watchkeeper.cli._console import ConsoleUrl, TokenFile
from watchkeeper.cli._installation import DataFolderOption, actor


def command(
    console: ConsoleUrl,
    token_file: TokenFile = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What to call it; its console's host by default."),
    ] = None,
    data: DataFolderOption = None,
) -> None:
    """Add a console to this installation, or give one that is there another token or address.

    The token is encrypted and kept in the database; it is never printed. Works while `watchkeeper
    up` runs and while it does not. The first collection is asked for at once; a running
    installation begins with it within seconds. Nothing is sent to the console by this command.

    Example: watchkeeper connect --console https://example.sentinelone.net --token-file token
    """
    from watchkeeper import bootstrap
    from watchkeeper.cli._console import open_console
    from watchkeeper.locker.layout import connection_id

    settings = bootstrap.load_settings(data=data)
    client = open_console(console, token_file, allow_host=list(settings.allowed_consoles))
    client.close()  # it was made to read what was typed, and asked nothing
    address, token = client.address, client.token
    for note in (*address.notes, *token.notes):
        print(f"note: {note}")
    identity = connection_id(name or address.netloc)
    with bootstrap.reached(settings) as app:
        connection = app.connect(identity, address, token, actor=actor())
    print(f"Connected {connection.name} to {connection.console}.")
    if connection.token_expires_at is not None:
        print(f"The token expires on {connection.token_expires_at:%Y-%m-%d}.")
