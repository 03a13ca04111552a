"""How large the fleet is and how it is set up: numbers, each with where its devices are listed."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from watchkeeper.locker.locker import Locker
from watchkeeper.queries.devices import SERVING, made
from watchkeeper.queries.newest import newest_complete
from watchkeeper.queries.shelf import Table
from watchkeeper.queries.threats import open_threats


@dataclass(frozen=True, slots=True)
class Fleet:
    """Counts over the devices in service of the newest complete collection.

    They are the console's own statements, not verdicts; `open_threats` is None when no threats
    were ever collected.
    """

    collected: datetime
    listed: int
    in_service: int
    active: int
    protect: int
    up_to_date: int
    enabled: int
    infected: int
    open_threats: int | None


def fleet(locker: Locker, connection: int) -> Fleet | None:
    """The fleet's numbers; None when no complete collection of agents exists yet."""
    newest = newest_complete(connection, "agents")
    if newest is None:
        return None
    counts = _counts(made(locker, newest))
    return Fleet(newest.ended, *counts, open_threats=open_threats(locker, connection))


@lru_cache(maxsize=32)
def _counts(table: Table) -> tuple[int, int, int, int, int, int, int]:
    sql = f"""
        SELECT count(*) AS listed,
               count(*) FILTER ({SERVING}) AS in_service,
               count(*) FILTER ({SERVING} AND is_active) AS active,
               count(*) FILTER ({SERVING} AND mitigation_mode = 'protect') AS protect,
               count(*) FILTER ({SERVING} AND is_up_to_date) AS up_to_date,
               count(*) FILTER ({SERVING} AND operational_state = 'na') AS enabled,
               count(*) FILTER ({SERVING} AND infected) AS infected
        FROM {table.rows}
        """  # noqa: S608 - constants and declared names
    with table.asked() as ask:
        row = ask(sql)[0]
    return (
        row["listed"],
        row["in_service"],
        row["active"],
        row["protect"],
        row["up_to_date"],
        row["enabled"],
        row["infected"],
    )
