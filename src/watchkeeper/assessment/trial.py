"""What a control must hold to, whatever it judges: its examples, and what no control may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from watchkeeper.assessment import engine
from watchkeeper.assessment.engine import Terms
from watchkeeper.assessment.examples import disagreements, tables
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.columns import ARROW_TYPES
from watchkeeper.controls.values import COLLECTED_AT, EARLIER, EXAMPLE_NOW, UNREAD, columns_of
from watchkeeper.model.assessment import Outcome
from watchkeeper.model.control import Control, Example
from watchkeeper.resources import everything as resources

Tables = dict[str, pa.Table]
Answers = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Tried:
    """`faults` keep a control from being trusted; `notes` are what its author should look at."""

    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As it is told to another process."""
        return {"faults": self.faults, "notes": self.notes}


def look(control: Control, sandbox: Sandbox) -> Tried:
    """What shows without a row; raises ControlFaulty where the SQL cannot be judged at all."""
    tried = Tried()
    if items(control, empty(control), sandbox):
        tried.faults.append("It lists subjects where there is nothing to read.")
    return tried


def trial(control: Control, sandbox: Sandbox) -> Tried:
    """Everything that was found; raises ControlFaulty where the SQL cannot be judged at all."""
    tried = look(control, sandbox)
    for example in control.examples:
        said = disagreements(control, example, sandbox)
        tried.faults.extend(f"The example {each}." for each in said)
    known = items(control, only_keys(control), sandbox)
    if passing := _passing(known):
        tried.faults.append(f"Where nothing but keys is known, {passing} passes.")
    if not known:
        tried.notes.append("Where nothing but keys is known, it lists nobody.")
    for example in control.examples:
        _without_columns(control, example, sandbox, tried)
        _in_another_order(control, example, sandbox, tried)
    return tried


def _without_columns(control: Control, example: Example, sandbox: Sandbox, tried: Tried) -> None:
    """What passes only because a value is missing."""
    given = tables(control, example)
    before = items(control, dict(given), sandbox, example)
    for name, table in given.items():
        for column in table.column_names if name != UNREAD and table.num_rows else ():
            if column == _key(name):
                continue
            after = items(control, {**given, name: _nulled(table, column)}, sandbox, example)
            for subject, (outcome, _) in after.items():
                was = before.get(subject, (Outcome.PASS.value, ""))[0]
                if outcome == Outcome.PASS != was:
                    words = f"{example.name}: without {name}.{column}, {subject} passes"
                    tried.notes.append(f"{words} and was {was} with it.")


def _in_another_order(control: Control, example: Example, sandbox: Sandbox, tried: Tried) -> None:
    given = tables(control, example)
    turned = {
        name: table.take(pa.array(range(table.num_rows - 1, -1, -1), pa.int64()))
        for name, table in given.items()
    }
    as_given = items(control, dict(given), sandbox, example)
    if as_given != items(control, turned, sandbox, example):
        tried.faults.append(f"The example {example.name}: another order of rows, another answer.")


def items(
    control: Control, given: Tables, sandbox: Sandbox, example: Example | None = None
) -> Answers:
    """Outcome and reason by subject."""
    terms = Terms(now=EXAMPLE_NOW, parameters=example.parameters if example is not None else None)
    with engine.judging(control, given, sandbox, **terms) as judged:
        rows = judged.items.read_all().select(["subject", "outcome", "reason"]).to_pylist()
    return {row["subject"]: (row["outcome"], row["reason"]) for row in rows}


def empty(control: Control) -> Tables:
    """Every table of the control, without a row."""
    return {name: schema.empty_table() for name, schema in _schemas(control).items()}


def only_keys(control: Control) -> Tables:
    """A row in each table of which nothing is known but its key."""
    found = empty(control)
    for name, schema in _schemas(control).items():
        if name != UNREAD:
            row: dict[str, object] = {_key(name): "1"}
            if name.endswith(EARLIER):
                row |= {COLLECTED_AT: EXAMPLE_NOW}
            found[name] = pa.Table.from_pylist([row], schema)
    return found


def _key(table: str) -> str:
    return resources()[table.removesuffix(EARLIER)].key


def _passing(found: Answers) -> str:
    return next((subject for subject, (outcome, _) in found.items() if outcome == "pass"), "")


def _nulled(table: pa.Table, column: str) -> pa.Table:
    position = table.schema.get_field_index(column)
    kind = table.schema.field(position)
    return table.set_column(position, kind, pa.nulls(table.num_rows, kind.type))


def _schemas(control: Control) -> dict[str, pa.Schema]:
    return {
        name: pa.schema([(column, ARROW_TYPES[kind]) for column, kind in columns.items()])
        for name, columns in columns_of(control, resources()).items()
    }
