"""What is missing, unreadable, old or impossible must never look like a pass."""

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import pytest

from tests.assessment.variants import (
    SHARED,
    WHOLES,
    Answers,
    Cell,
    Variant,
    cells_of,
    columns_filled,
    judged,
)
from watchkeeper.controls import catalogue
from watchkeeper.controls.values import EARLIER, EXAMPLE_NOW
from watchkeeper.model.control import Control, Example
from watchkeeper.model.resource import ColumnType, Walk
from watchkeeper.resources import everything as resources

CONTROLS = list(catalogue().values())
each_control = pytest.mark.parametrize("control", CONTROLS, ids=[c.id for c in CONTROLS])

MISSING, SEVERAL, FUTURE, NOTHING = "missing", "several missing", "in the future", "nothing known"

LARGEST = "COV-01"
"""Its query costs the most, and each of its variants needs one."""

TOMORROW = EXAMPLE_NOW + timedelta(days=1)
AHEAD = {"expiration", "expiration_at", "api_token_expires_at", "operational_state_expires_at"}
"""Moments that are meant to lie ahead."""

ABSENT = {
    # What names no agent, or no kind, is about nobody.
    "COV-03": {"activities.activity_type", "activities.agent_id"},
    # Not every type of exclusion has a mode, and not every console sends the rest.
    "EXC-01": {"exclusions.mode", "exclusions.is_tenant", "exclusions.not_recommended"},
    # Every machine type but two may be silent for 14 days; who is not known as new is judged.
    "HLT-01": {"agents.machine_type", "agents.registered_at"},
    "HLT-02": {"agents.machine_type"},
    # A console that does not know the exception does not send it.
    "POL-03": {"policies.allow_unprotect_by_approved_process"},
    # What names no group happened to the site, what names no kind is no change of a policy.
    "POL-06": {"activities.activity_type", "activities.group_id"},
}
"""Columns of which nothing said is no doubt, by control: decisions that a page explains."""


def absent(control: Control) -> frozenset[str]:
    """The columns that it may do without."""
    return frozenset(ABSENT.get(control.id, ()))


def of_console(cell: Cell) -> bool:
    """Whether a console told it; what is stated or our own was checked when it was sealed."""
    return resources()[cell[0].removesuffix(EARLIER)].walk not in {Walk.STATED, Walk.OWN}


def rows_of(example: Example, table: str) -> int:
    """How many rows the example has of it."""
    return len(example.tables.get(table, ()))


def richest(control: Control, table: str) -> Example:
    """The example with the most values in that table."""
    return max(
        control.examples,
        key=lambda each: sum(name == table for name, _, _ in cells_of(control, each)),
    )


def chosen(control: Control) -> Iterator[tuple[Example, list[Cell]]]:
    """Every example with the cells to change: of a table that needs a query for each, only one's."""
    for example in control.examples:
        found = [cell for cell in cells_of(control, example) if of_console(cell)]
        alone = {cell[0] for cell in found if cell[0] in SHARED or control.id == LARGEST}
        left = {table for table in alone if richest(control, table) is not example}
        yield example, [cell for cell in found if cell[0] not in left]


def variants(control: Control) -> Iterator[Variant]:
    """The examples as they are, then each cell and column missing, a day ahead, and more."""
    chance = random.Random(11)  # noqa: S311 - a repeatable choice, no secret
    for example, cells in chosen(control):
        yield Variant(example, {}, ("", ""))
        yield Variant(example, dict.fromkeys(cells_of(control, example)), (NOTHING, ""))
        own = [cell for cell in cells if cell[0] not in SHARED and control.id not in WHOLES]
        told = [cell for cell in own if f"{cell[0]}.{cell[2]}" not in absent(control)]
        for number in range(40 if told else 0):
            some = chance.sample(told, min(len(told), 2 + number % 4))
            what = ", ".join(f"{name}.{column} of row {row}" for name, row, column in some)
            yield Variant(example, dict.fromkeys(some), (SEVERAL, what))
        for (name, column), filled in columns_filled(cells).items():
            what = f"{name}.{column}"
            yield Variant(example, dict.fromkeys(filled), (MISSING, what))
            if control.id not in WHOLES and len(filled) > 1:
                yield from (Variant(example, {cell: None}, (MISSING, what)) for cell in filled)
            kind = resources()[name.removesuffix(EARLIER)].column(column).type
            if kind is ColumnType.TIMESTAMP and column not in AHEAD:
                ahead = {(name, row, column): TOMORROW for row in range(rows_of(example, name))}
                yield Variant(example, ahead, (FUTURE, what))


@cache
def misled(identity: str) -> dict[str, dict[str, str]]:
    """By what was done: what was changed, to the first item that passes wrongly, in words."""
    control = catalogue()[identity]
    changed = list(variants(control))
    found: dict[str, dict[str, str]] = {MISSING: {}, SEVERAL: {}, FUTURE: {}, NOTHING: {}}
    before: Answers = {}
    for variant, after in zip(changed, judged(control, changed), strict=True):
        how, what = variant.what
        if not how:
            before = after
            continue
        for subject, (outcome, reason) in after.items():
            was, because = before.get(subject, ("pass", reason))
            wrong = {
                MISSING: outcome == "pass" != was,
                SEVERAL: outcome == "pass" != was,
                NOTHING: outcome == "pass",
                FUTURE: outcome in {"pass", "not_applicable"} and reason != because,
            }
            if wrong[how]:
                found[how].setdefault(what, f"{variant.example.name}: {subject}: {reason}")
    return found


@each_control
def test_a_missing_value_makes_nothing_pass(control: Control) -> None:
    found = misled(control.id)[MISSING]
    assert {what: words for what, words in found.items() if what not in absent(control)} == {}


@each_control
def test_nothing_is_left_out_that_would_make_nothing_pass(control: Control) -> None:
    assert absent(control) == absent(control) & misled(control.id)[MISSING].keys()


@each_control
def test_several_missing_values_make_nothing_pass(control: Control) -> None:
    assert misled(control.id)[SEVERAL] == {}


@each_control
def test_nothing_passes_of_rows_that_hold_only_what_tells_them_apart(control: Control) -> None:
    assert misled(control.id)[NOTHING] == {}


@each_control
def test_a_time_in_the_future_makes_nothing_pass_and_gives_no_grace(control: Control) -> None:
    assert misled(control.id)[FUTURE] == {}
