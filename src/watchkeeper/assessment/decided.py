"""What was judged, with what the company had decided beforehand: scope and exceptions.

Inside the engine, over the table `judged`: the view `decided` has its columns and two more, the
exception that covers a failing item and the digest of its failing values. Out of scope comes first:
such an item is not applicable, and says what it would have been. An exception changes nothing of
an item but that it is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from watchkeeper.assessment.deviations import Deviations

_OUTSIDE = "__outside"
_COVERED = "__covered"

_DECIDED = """CREATE TEMP VIEW decided AS
WITH scoped AS (
    SELECT judged.* REPLACE (
        CASE WHEN words IS NULL OR outcome = 'not_applicable' THEN outcome
        ELSE 'not_applicable' END AS outcome,
        CASE WHEN words IS NULL OR outcome = 'not_applicable' THEN reason
        ELSE words || '; it would be ' || outcome || ': ' || reason END AS reason
    )
    FROM judged LEFT JOIN __outside USING (subject)
),
digested AS (
    SELECT *, CASE WHEN outcome = 'fail' THEN sha256({values}) END AS __digest FROM scoped
),
best AS (
    SELECT digested.subject, arg_max(exception, until) AS __exception, max(until) AS __until
    FROM digested JOIN __covered ON __covered.subject = digested.subject
    WHERE outcome = 'fail' AND (digest IS NULL OR digest = __digest)
    GROUP BY digested.subject
)
SELECT digested.*, __exception, __until FROM digested LEFT JOIN best USING (subject)"""

# Without scope rules and exceptions nothing is joined: a million items stay as they are.
_PLAIN = """CREATE TEMP VIEW decided AS
SELECT
    *,
    CASE WHEN outcome = 'fail' THEN sha256({values}) END AS __digest,
    NULL::VARCHAR AS __exception,
    NULL::TIMESTAMPTZ AS __until
FROM judged"""

_HELD = """SELECT __exception, count(*), min(epoch_us(__until))
FROM decided WHERE __exception IS NOT NULL GROUP BY 1 ORDER BY 1"""

_LAPSED = """SELECT exception, count(*)
FROM decided JOIN __covered ON __covered.subject = decided.subject
WHERE outcome = 'fail' AND digest IS NOT NULL AND digest <> __digest
GROUP BY exception ORDER BY exception"""


@dataclass(frozen=True, slots=True)
class Applied:
    """When the first exception that covers something expires (UTC), and notes for the reader.

    `joined` says that the items may have come out of their order.
    """

    joined: bool = False
    until: datetime | None = None
    notes: tuple[str, ...] = ()


def load(engine: duckdb.DuckDBPyConnection, deviations: Deviations) -> None:
    """Takes the deviations over into the engine, before it sees the control's SQL."""
    for name, table in ((_OUTSIDE, deviations.outside), (_COVERED, deviations.covered)):
        engine.register("incoming", table)
        engine.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM incoming")  # noqa: S608 - our own names
        engine.unregister("incoming")


def apply(engine: duckdb.DuckDBPyConnection, values: Sequence[str]) -> Applied:
    """Makes the view `decided`; `values` are the columns that hold what was judged, no moments.

    Moments are left out of the digest: when something was seen last changes every day.
    """
    outside, covered = (
        _number(engine, f"SELECT count(*) FROM {name}")  # noqa: S608 - our own names
        for name in (_OUTSIDE, _COVERED)
    )
    fields = ", ".join(
        f"'{_escaped(name, chr(39))}', \"{_escaped(name, chr(34))}\"" for name in values
    )
    digested = f"json_object({fields})::VARCHAR" if fields else "''"
    engine.execute((_DECIDED if outside or covered else _PLAIN).format(values=digested))
    if not covered:
        return Applied(joined=bool(outside))
    notes = [
        f"exception {name} covers {_subjects(number)} until {_moment(end):%Y-%m-%d %H:%M} UTC"
        for name, number, end in engine.execute(_HELD).fetchall()
    ]
    notes += [
        f"exception {name} no longer covers {_subjects(number)}: what fails there has changed"
        for name, number in engine.execute(_LAPSED).fetchall()
    ]
    first = engine.execute("SELECT min(epoch_us(__until)) FROM decided").fetchone()
    until = _moment(first[0]) if first and first[0] is not None else None
    return Applied(joined=True, until=until, notes=tuple(notes))


def _moment(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


def _number(engine: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = engine.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _subjects(number: int) -> str:
    return f"{number:,} subject{'' if number == 1 else 's'}"


def _escaped(name: str, quote: str) -> str:
    return name.replace(quote, 2 * quote)
