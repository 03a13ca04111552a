"""What the console calls each type of activity."""

from functools import lru_cache

from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.queries import sealed
from watchkeeper.queries.newest import newest_complete
from watchkeeper.resources import catalogue


def activity_words(locker: Locker, connection: int) -> dict[str, str]:
    """By number, as text: the console's own words; empty where it was never asked for them."""
    newest = newest_complete(connection, "activity_types")
    if newest is None:
        return {}
    return _words(sealed.vouched(locker, [newest.path], layout.TABLE))


@lru_cache(maxsize=16)
def _words(files: tuple[str, ...]) -> dict[str, str]:
    relation = sealed.relation(catalogue()["activity_types"], files, ("id", "action"))
    rows = sealed.select(files, f"SELECT id, action FROM {relation}", {})  # noqa: S608
    return {str(row["id"]): row["action"] for row in rows if row["action"]}
