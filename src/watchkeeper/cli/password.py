"""`watchkeeper password`: gives somebody who cannot sign in another password."""

from typing import Annotated

import typer

from watchkeeper.cli._installation import DataFolderOption, actor


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who: the name to sign in with.")],
    data: DataFolderOption = None,
) -> None:
    """Give a person a new password, shown this once; for an admin who lost theirs.

    Whoever may run this can read the installation's files anyway. It ends the person's sessions,
    forgets the wrong tries that keep them out, and stands in the audit trail. Works while
    `watchkeeper up` runs and while it does not.
    """
    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data)
    with bootstrap.reached(settings, make=False), bootstrap.answering():
        from watchkeeper.access.people import new_password  # after Django is configured

        made = new_password(name, actor=actor())
    print(f"The password of {made.name!r} is now {made.password}")
    print("It is shown this once. Sign in and change it.")
