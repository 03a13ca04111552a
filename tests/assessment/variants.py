"""A control's examples, each many times over with something changed, judged all at once.

One query costs the same for one row and for ten thousand. So every variant of an example stands
in the same tables with ids of its own (`7~0~31`: example 0, variant 31), and is told by the
subjects of the answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from watchkeeper.columns import ARROW_TYPES
from watchkeeper.controls import prelude
from watchkeeper.controls.parameters import effective
from watchkeeper.controls.values import COLLECTED_AT, EARLIER, EXAMPLE_NOW, UNREAD, columns_of, rows
from watchkeeper.model.control import Control, Example
from watchkeeper.model.resource import ColumnType
from watchkeeper.resources import everything as resources

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Cell = tuple[str, int, str]  # table, row, column
Answers = dict[str, tuple[str, str]]  # subject: outcome and reason

# They are the same for every subject; all others belong to one by an id.
SHARED = {
    "own_collections", "own_user", "packages", "people", "role_permissions", "roles",
    "sso_settings", "support_ends", "syslog_settings", "system", UNREAD,
}  # fmt: skip
# Their subjects are counted, or found by what several of them have: no two variants may meet.
WHOLES = {"CCM-01", "COV-01", "DET-06", "LOG-01"}
_IDS = {"id", "agent_id", "threat_id", "group_id", "site_id", "account_id", "scope_id", "source_id"}
_ABOUT = "subject"


@dataclass(frozen=True, slots=True)
class Variant:
    """An example with cells changed; `what`: how, and which."""

    example: Example
    cells: Mapping[Cell, Any]
    what: tuple[str, str]


def tables_of(control: Control, example: Example) -> Tables:
    """The example's rows as values."""
    return rows(example, columns_of(control, resources()), EXAMPLE_NOW)


def cells_of(control: Control, example: Example) -> Iterator[Cell]:
    """Every cell that holds something and is not what rows are told apart by."""
    for name, table in tables_of(control, example).items():
        if name == UNREAD:
            continue
        key = resources()[name.removesuffix(EARLIER)].key
        for number, row in enumerate(table):
            for column, value in row.items():
                if value is not None and column not in {key, COLLECTED_AT}:
                    yield name, number, column


def columns_filled(cells: Sequence[Cell]) -> dict[tuple[str, str], list[Cell]]:
    """The cells by table and column."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell[0], cell[2]), []).append(cell)
    return found


def judged(control: Control, variants: Sequence[Variant]) -> list[Answers]:
    """What the control says of each variant, in their order.

    Variants that change what is shared, and those of controls of a whole, are judged alone.
    """
    found: list[Answers] = [{} for _ in variants]
    together: dict[str, list[int]] = {}
    for position, variant in enumerate(variants):
        shared = [row for name, row in _rows(_changed(control, variant)) if _is_shared(name, row)]
        apart = position if control.id in WHOLES else 0
        key = repr((shared, variant.example.parameters, apart))
        together.setdefault(key, []).append(position)
    for positions in together.values():
        for position, answers in _asked(control, [(n, variants[n]) for n in positions]):
            found[position] = answers
    return found


def _changed(control: Control, variant: Variant) -> Tables:
    """The tables of a variant."""
    found = tables_of(control, variant.example)
    for (name, number, column), value in variant.cells.items():
        found[name][number][column] = value
    return found


def _rows(tables: Tables) -> Iterator[tuple[str, Row]]:
    for name, table in tables.items():
        for row in table:
            yield name, row


def _is_shared(name: str, row: Row) -> bool:
    """Whether a row is the same for every subject, as a statement about no one in particular."""
    return name in SHARED or (_ABOUT in row and ":" not in (row[_ABOUT] or ""))


def _asked(
    control: Control, numbered: Sequence[tuple[int, Variant]]
) -> Iterator[tuple[int, Answers]]:
    merged: Tables = {}
    for order, (number, variant) in enumerate(numbered):
        for name, row in _rows(_changed(control, variant)):
            if not _is_shared(name, row):
                merged.setdefault(name, []).append(_own(row, number))
            elif order == 0:
                merged.setdefault(name, []).append(row)
    told: dict[int, Answers] = {number: {} for number, _ in numbered}
    for row in _answered(control, merged, numbered[0][1].example):
        subject, mark, whose = str(row["subject"]).partition("~")
        if mark or len(told) == 1:  # a subject of all together says nothing of one variant
            told[int(whose or numbered[0][0])][subject] = (row["outcome"], row["reason"])
    yield from told.items()


def _own(row: Row, number: int) -> Row:
    """The row with ids that no other variant has."""
    return {
        column: f"{value}~{number}"
        if value and (column in _IDS or (column == _ABOUT and ":" in value))
        else value
        for column, value in row.items()
    }


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(":memory:", config={"threads": 1})
    engine.execute("SET TimeZone = 'UTC'")
    engine.execute(prelude())
    return engine


def _answered(control: Control, tables: Tables, example: Example) -> list[Row]:
    engine = _engine().cursor()
    for name, columns in columns_of(control, resources()).items():
        engine.register("incoming", pa.Table.from_pylist(tables.get(name, []), _schema(columns)))
        engine.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS FROM incoming')
        engine.unregister("incoming")
    chosen: dict[str, Any] = {**effective(control, example.parameters), "now": EXAMPLE_NOW}
    used = {name: value for name, value in chosen.items() if f"${name}" in control.logic}
    answer = engine.sql(control.logic, params=used)
    found: list[Row] = answer.select("subject", "outcome", "reason").to_arrow_table().to_pylist()
    return found


def _schema(columns: Mapping[str, ColumnType]) -> pa.Schema:
    return pa.schema([(column, ARROW_TYPES[kind]) for column, kind in columns.items()])
