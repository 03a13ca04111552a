"""What every control must hold to, whatever it judges."""

import random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from watchkeeper.assessment.examples import disagreements, tables
from watchkeeper.assessment.judging import judge
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.columns import ARROW_TYPES
from watchkeeper.controls import catalogue
from watchkeeper.controls.values import COLLECTED_AT, EARLIER, EXAMPLE_NOW, columns_of
from watchkeeper.model.control import Control, Example
from watchkeeper.resources import everything as resources

CONTROLS = list(catalogue().values())
each_control = pytest.mark.parametrize("control", CONTROLS, ids=[c.id for c in CONTROLS])
EXAMPLES = [(control, example) for control in CONTROLS for example in control.examples]


def schemas(control: Control) -> dict[str, pa.Schema]:
    return {
        name: pa.schema([(column, ARROW_TYPES[kind]) for column, kind in columns.items()])
        for name, columns in columns_of(control, resources()).items()
    }


def empty(control: Control) -> dict[str, pa.Table]:
    return {name: schema.empty_table() for name, schema in schemas(control).items()}


def only_keys(control: Control) -> dict[str, pa.Table]:
    """A row in each table of which nothing is known but its key."""
    found = empty(control)
    for name in found:
        resource = resources().get(name.removesuffix(EARLIER))
        if resource is not None:
            row: dict[str, object] = {resource.key: "1"}
            if name.endswith(EARLIER):
                row |= {COLLECTED_AT: EXAMPLE_NOW}
            found[name] = pa.Table.from_pylist([row], schemas(control)[name])
    return found


@pytest.mark.parametrize(
    ("control", "example"), EXAMPLES, ids=[f"{c.id}: {e.name}" for c, e in EXAMPLES]
)
def test_the_page_does_what_its_examples_promise(
    control: Control, example: Example, sandbox: Sandbox
) -> None:
    assert disagreements(control, example, sandbox) == []


@each_control
def test_nothing_passes_of_which_nothing_is_known(control: Control, sandbox: Sandbox) -> None:
    items = judge(control, only_keys(control), sandbox, now=EXAMPLE_NOW).to_pylist()
    assert items
    assert "pass" not in {row["outcome"] for row in items}
    assert "unknown" in {row["outcome"] for row in items}


@each_control
def test_nothing_passes_where_nothing_is(control: Control, sandbox: Sandbox) -> None:
    assert judge(control, empty(control), sandbox, now=EXAMPLE_NOW).num_rows == 0


@pytest.mark.slow
@each_control
def test_the_order_of_rows_does_not_matter(control: Control, sandbox: Sandbox) -> None:
    chance = random.Random(7)  # noqa: S311 - a repeatable order, no secret
    given = {
        name: many(name, table, 300) for name, table in tables(control, richest(control)).items()
    }
    first = judge(control, given, sandbox, now=EXAMPLE_NOW)
    shuffled = {name: table.take(order(chance, table)) for name, table in given.items()}
    assert judge(control, shuffled, sandbox, now=EXAMPLE_NOW).equals(first)


def order(chance: random.Random, table: pa.Table) -> pa.Array:
    positions = list(range(table.num_rows))
    chance.shuffle(positions)
    return pa.array(positions, pa.int64())


@pytest.mark.slow
@each_control
def test_twenty_thousand_of_each_are_judged(control: Control, sandbox: Sandbox) -> None:
    given = {
        name: many(name, table, 20_000) for name, table in tables(control, richest(control)).items()
    }
    items = judge(control, given, sandbox, now=EXAMPLE_NOW)
    assert items.num_rows >= (1 if control.id in WHOLES else 20_000)
    assert len(set(items["subject"].to_pylist())) == items.num_rows


def enlarged(control: Control, number: int) -> dict[str, pa.Table]:
    """The tables of the control's richest example, each with at least that many rows."""
    given = tables(control, richest(control))
    return {name: many(name, table, number) for name, table in given.items()}


def richest(control: Control) -> Example:
    """The example with the most tables; without parameters of its own."""
    plain = [each for each in control.examples if not each.parameters]
    return max(plain, key=lambda each: len([rows for rows in each.tables.values() if rows]))


# They say something of a whole, or of a part of the rows, however many there are.
WHOLES = {"CCM-01", "DET-06", "LOG-01", "LOG-02"}
SINGLE = {
    "own_user",
    "packages",
    "role_permissions",
    "roles",
    "sso_settings",
    "syslog_settings",
    "system",
    "unread",
}
KEYS = {"id", "agent_id", "threat_id", "group_id", "scope_id", "source_id"}


def many(name: str, table: pa.Table, number: int) -> pa.Table:
    """At least that many rows: those there are, again and again with ids of their own."""
    if name in SINGLE or not table.num_rows:
        return table
    total = number + table.num_rows
    repeated = table.take(pa.array([i % table.num_rows for i in range(total)]))
    suffixes = pa.array([f"-{i // table.num_rows}" for i in range(total)])
    for position, column in enumerate(repeated.column_names):
        if column in KEYS:
            ids = pc.binary_join_element_wise(repeated[column].combine_chunks(), suffixes, "")
            repeated = repeated.set_column(position, column, ids)
    return repeated
