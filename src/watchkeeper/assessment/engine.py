"""One control's SQL over its declared columns, in the sandbox.

A connection to a locked engine gets the declared columns of the declared tables. What the SQL
answers is checked and kept inside the engine, so the memory limit holds for it too.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Required, TypedDict

import duckdb
import pyarrow as pa

from watchkeeper.assessment import decided
from watchkeeper.assessment.deviations import Deviations
from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.assessment.statement import check, first_line
from watchkeeper.assessment.verdict import count
from watchkeeper.controls.parameters import effective
from watchkeeper.controls.values import columns_of
from watchkeeper.model.assessment import Counts, Item, Outcome
from watchkeeper.model.control import Control, Scalar
from watchkeeper.resources import everything as resources

__all__ = ["Judged", "Terms", "judging", "too_long", "too_much"]

BATCH = 8_192

_ITEM = ("subject", "name", "outcome", "reason")
# Whole seconds as they are, fractions with six digits: `2026-01-15T12:00:00.250000Z`.
# Of a moment without its time zone, which is UTC: looking the zone up takes half the time.
_RFC3339 = """CREATE TEMP MACRO rfc3339(instant) AS
    CASE WHEN epoch_us(instant) % 1000000 = 0
    THEN strftime(make_timestamp(epoch_us(instant)), '%Y-%m-%dT%H:%M:%SZ')
    ELSE strftime(make_timestamp(epoch_us(instant)), '%Y-%m-%dT%H:%M:%S.%fZ') END"""


class Terms(TypedDict, total=False):
    """How a control is judged; see `judging`."""

    now: Required[datetime]
    parameters: Mapping[str, Scalar] | None
    deviations: Deviations | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a control's SQL answered; `items` are read once, while the engine is open.

    `excepted_until` is when the first of the exceptions that cover an item expires.
    """

    counts: Counts
    first_unknown: Item | None
    items: pa.RecordBatchReader
    excepted_until: datetime | None = None
    notes: tuple[str, ...] = ()


@contextmanager
def judging(
    control: Control,
    tables: dict[str, pa.Table],
    sandbox: Sandbox,
    *,
    now: datetime,
    parameters: Mapping[str, Scalar] | None = None,
    deviations: Deviations | None = None,
    on_loaded: Callable[[], None] = lambda: None,
) -> Iterator[Judged]:
    """One row per subject: subject, name, outcome, reason, observed (JSON text), by subject.

    The rows come in batches, and `tables` is emptied as the engine takes them over: neither is in
    memory twice.

    `tables` holds every table the control declares (`agents`, `agents_earlier`) with exactly its
    declared columns; `unread` (resource, reason) may be left out. `parameters` are changes of the
    page's defaults; `deviations` are applied to what was judged. `on_loaded` is called when the
    engine needs nothing from outside any more, before it sees the control's SQL. Raises
    ControlFaulty when the control cannot be judged because of itself.
    """
    chosen: dict[str, Any] = {**effective(control, parameters), "now": now}
    with _explained(control, sandbox.timeout), sandbox.connection() as engine:
        _load(engine, control, tables)
        decided.load(engine, deviations or Deviations())
        on_loaded()
        sql, used = check(engine, control, _expected(control).keys())
        engine.execute(
            f"CREATE TEMP TABLE answered AS SELECT * FROM (\n{sql}\n)",  # noqa: S608 - checked above
            {name: value for name, value in chosen.items() if name in used},
        )
        for name in _expected(control):
            engine.execute(f'DROP TABLE "{name}"')
        # Sorted once there is room: the tables are gone by now.
        engine.execute("CREATE TEMP TABLE judged AS SELECT * FROM answered ORDER BY subject")
        engine.execute("DROP TABLE answered")
        columns = _answered(engine, control)
        _refuse_strange_items(engine, control)
        engine.execute(_RFC3339)
        applied = decided.apply(engine, _values(columns))
        judged = Judged(
            counts=_counts(engine),
            first_unknown=_first_unknown(engine),
            items=engine.sql(_items(columns, applied.joined)).to_arrow_reader(BATCH),
            excepted_until=applied.until,
            notes=applied.notes,
        )
        try:
            yield judged
        finally:
            judged.items.close()  # one that is not read to its end keeps what it reads in memory


def _counts(engine: duckdb.DuckDBPyConnection) -> Counts:
    tally = engine.execute(
        "SELECT outcome, count(*), count(__exception) FROM decided GROUP BY 1"
    ).fetchall()
    excepted = sum(int(number) for _, _, number in tally)
    return count({str(outcome): int(number) for outcome, number, _ in tally}, excepted)


def _first_unknown(engine: duckdb.DuckDBPyConnection) -> Item | None:
    rows = engine.execute(
        "SELECT subject, coalesce(nullif(name, ''), subject), reason FROM decided"
        " WHERE outcome = 'unknown' ORDER BY subject LIMIT 1"
    ).fetchall()
    return Item(rows[0][0], rows[0][1], Outcome.UNKNOWN, rows[0][2], {}) if rows else None


@contextmanager
def _explained(control: Control, timeout: timedelta) -> Iterator[None]:
    """The engine's errors as a ControlFaulty that says what to do."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise too_long(control, timeout) from error
    except OSError as error:  # so a reader of the items says it
        if "INTERRUPT Error" not in str(error):
            raise
        raise too_long(control, timeout) from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise too_much(control) from error
    except duckdb.PermissionException as error:
        raise ControlFaulty(
            f"{control.id}: the SQL reaches for something outside its tables: {first_line(error)}"
        ) from error
    except duckdb.Error as error:
        raise ControlFaulty(f"{control.id}: the SQL fails: {first_line(error)}") from error


def too_much(control: Control) -> ControlFaulty:
    """The SQL asked for more memory than there is for one control."""
    return ControlFaulty(f"{control.id}: the SQL needs more memory than it may use.")


def too_long(control: Control, timeout: timedelta) -> ControlFaulty:
    """The SQL was not done in time."""
    return ControlFaulty(
        f"{control.id}: the SQL was stopped after {timeout.total_seconds():g} s.",
        hint="Look for a join without a condition or a recursion without an end.",
    )


def _expected(control: Control) -> dict[str, list[str]]:
    """Every table the SQL may read and its columns, in the declared order."""
    return {name: list(columns) for name, columns in columns_of(control, resources()).items()}


def _load(engine: duckdb.DuckDBPyConnection, control: Control, tables: dict[str, pa.Table]) -> None:
    nothing = pa.table({"resource": pa.array([], pa.string()), "reason": pa.array([], pa.string())})
    tables.setdefault("unread", nothing)
    for name, columns in _expected(control).items():
        table = tables.pop(name, None)
        if table is None:
            raise ControlFaulty(f"{control.id}: the table {name!r} was not given.")
        if sorted(table.column_names) != sorted(columns):
            raise ControlFaulty(
                f"{control.id}: the table {name!r} has the columns {sorted(table.column_names)}, "
                f"declared are {sorted(columns)}."
            )
        engine.register("incoming", table)
        selected = ", ".join(f'"{column}"' for column in columns)
        engine.execute(f'CREATE TEMP TABLE "{name}" AS SELECT {selected} FROM incoming')  # noqa: S608
        engine.unregister("incoming")


def _answered(engine: duckdb.DuckDBPyConnection, control: Control) -> dict[str, str]:
    """The columns of the answer with their types, once those of an item are known to be there."""
    found = {str(row[0]): str(row[1]) for row in engine.execute("DESCRIBE judged").fetchall()}
    for name in _ITEM:
        if name not in found:
            raise ControlFaulty(f"{control.id}: the SQL gives no column {name!r}.")
        if found[name] != "VARCHAR":
            raise ControlFaulty(f"{control.id}: {name!r} is {found[name]}, it must be text.")
    for name, kind in found.items():
        if "TIME" in kind and kind not in _MOMENTS:
            raise ControlFaulty(f"{control.id}: {name!r} is {kind}; give moments one by one.")
    return found


def _refuse_strange_items(engine: duckdb.DuckDBPyConnection, control: Control) -> None:
    words = ", ".join(f"'{outcome.value}'" for outcome in Outcome)
    checks = (
        ("subject IS NULL OR subject = ''", "an item without a subject"),
        (
            f"outcome IS NULL OR outcome NOT IN ({words})",
            "an outcome that is none of pass, fail, not_applicable, unknown",
        ),
        ("reason IS NULL OR trim(reason) = ''", "an item without a reason"),
    )
    refused = " OR ".join(f"({condition})" for condition, _ in checks)
    # One look at the items finds nothing, as a rule; they are in order, so who is listed twice
    # follows on itself.
    strange = engine.execute(
        f"SELECT count(*) FROM (SELECT *, lag(subject) OVER () AS before FROM judged)"  # noqa: S608
        f" WHERE {refused} OR subject = before"
    ).fetchone()
    if strange is None or not strange[0]:
        return
    for condition, what in checks:
        found = engine.execute(
            f"SELECT subject, outcome FROM judged WHERE {condition} ORDER BY 1, 2 LIMIT 1"  # noqa: S608
        ).fetchone()
        if found is not None:
            raise ControlFaulty(
                f"{control.id}: the SQL gives {what} (subject {found[0]!r}, outcome {found[1]!r})."
            )
    twice = engine.execute(
        "SELECT subject, count(*) FROM judged GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    ).fetchone()
    if twice is not None:
        raise ControlFaulty(f"{control.id}: the SQL lists {twice[0]!r} {twice[1]} times.")


_MOMENTS = {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}


def _values(columns: Mapping[str, str]) -> list[str]:
    """The columns of an answer that hold what was judged and are no moments."""
    return [name for name, kind in columns.items() if name not in _ITEM and kind not in _MOMENTS]


def _items(columns: Mapping[str, str], joined: bool) -> str:  # noqa: FBT001 - told by `decided`
    fields = []
    for name, kind in columns.items():
        if name not in _ITEM:
            value = _quoted(name)
            key = name.replace("'", "''")
            fields.append(f"'{key}', {f'rfc3339({value})' if kind in _MOMENTS else value}")
    observed = f"json_object({', '.join(fields)})::VARCHAR" if fields else "'{}'"
    return (
        "SELECT subject, coalesce(nullif(name, ''), subject) AS name, outcome, reason,"  # noqa: S608
        f" {observed} AS observed, __exception AS exception, __digest AS digest"
        f" FROM decided{' ORDER BY subject' if joined else ''}"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
