"""Controls whose page is new or was changed: judged over what is there, without waiting for data.

So a control that was just written says something within a minute, and a new version of the product
judges with its own pages at once.
"""

from watchkeeper.controls import catalogue
from watchkeeper.jobs import runs
from watchkeeper.ledger.models import AssessmentEntry, Connection

_asked: set[tuple[int, str, str]] = set()
"""What this process asked for, by connection, control and page: once. Workers whose folders differ
would otherwise judge against each other for ever."""


def judge_what_is_new(connection: Connection) -> None:
    """Asks for the controls whose newest assessment is not of the page there is now.

    Nothing where nothing was judged yet, or where the connection is being worked on: what is
    under way judges with the new pages.
    """
    judged = dict(
        AssessmentEntry.objects.filter(connection=connection, newest=True).values_list(
            "control", "control_sha256"
        )
    )
    wanted = {
        each.id: (connection.pk, each.id, each.sha256)
        for each in catalogue().values()
        if judged.get(each.id) != each.sha256
    }
    new = [name for name, key in wanted.items() if key not in _asked]
    if not judged or not new or runs.under_way(connection):
        return
    runs.ask_judging(connection.name, new, trigger="new pages of controls", also_new=True)
    _asked.update(wanted[name] for name in new)
