"""What is missing, unreadable, old or impossible must never look like a pass."""

import random
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from tests.assessment.conftest import NOW, Collecting
from tests.assessment.test_inputs import collection
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
from watchkeeper.assessment import as_read, assess
from watchkeeper.assessment.inputs import Plan, plan
from watchkeeper.assessment.verdict import conclude
from watchkeeper.controls import catalogue
from watchkeeper.controls.values import EARLIER, EXAMPLE_NOW
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Counts, Result
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.control import Cadence, Control, Example
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
    """Every example with the cells to change; of a table that costs a query each, only one's."""
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
def test_nothing_passes_by_a_value_that_is_missing_or_lies_in_the_future(control: Control) -> None:
    found = misled(control.id)
    allowed = absent(control)
    assert {what: words for what, words in found[MISSING].items() if what not in allowed} == {}
    assert allowed <= found[MISSING].keys()  # nothing is left out that need not be
    assert found[SEVERAL] == {}
    assert found[NOTHING] == {}
    assert found[FUTURE] == {}


WHY = {
    None: "never ",
    Verdict.DENIED: "the token may not read this",
    Verdict.UNLICENSED: "not licensed on this console, or not part of its version",
    Verdict.INCOMPLETE: "the newest collection is incomplete",
    Verdict.FAILED: "the newest collection is failed",
}
"""What a reader is told of a resource, by the verdict of its newest attempt; None: no attempt."""

SETTLED = {
    name: collection(name, timedelta(hours=1))
    for name, each in resources().items()
    if each.walk is not Walk.OWN
}
"""A complete collection of everything, an hour old."""


def read_by(control: Control) -> list[str]:
    """The resources whose absence is a gap: no statement made is none, our own are always there."""
    return [
        name
        for name in control.reads
        if resources()[name].walk is not Walk.OWN and not resources()[name].presumed_empty
    ]


def planned(control: Control, instead: Mapping[str, Verdict | None]) -> Plan:
    """With everything complete a day ago too, and these attempts since."""
    found: list[Collection] = []
    for name, each in SETTLED.items():
        found.append(collection(name, timedelta(days=1)))
        verdict = instead.get(name, Verdict.COMPLETE)
        if verdict is None:
            found.pop()
        else:
            found.append(
                each
                if verdict is Verdict.COMPLETE
                else collection(name, timedelta(hours=1), verdict)
            )
    return plan(control, found, resources())


@each_control
@pytest.mark.parametrize("verdict", WHY, ids=[str(each or "missing") for each in WHY])
def test_what_could_not_be_read_is_an_error_that_says_so(
    control: Control, verdict: Verdict | None
) -> None:
    for name in read_by(control):
        found = planned(control, {name: verdict})
        words = found.unread.get(name) if name in control.optional else "; ".join(found.missing)
        assert words, f"{name} is missed by nobody"
        assert words.startswith(f"{resources()[name].title}: ")
        assert WHY[verdict] in words
        if name in control.optional:
            assert found.missing == ()
        else:
            conclusion = conclude(Counts(passed=1), found.missing)
            assert conclusion.result is Result.ERROR
            assert conclusion.reason.startswith(words)


@each_control
def test_a_console_that_shows_nothing_passes_nothing(
    control: Control, locker: Locker, collecting: Collecting
) -> None:
    for name in control.reads:
        if resources()[name].of_console:
            collecting(name, [], verdict=Verdict.DENIED, reason="403")
    (found,) = assess(locker, "acme", [control], now=NOW)
    needed = [
        name
        for name in read_by(control)
        if name not in control.optional and resources()[name].of_console
    ]
    assert found.result is Result.ERROR
    assert all(f"{resources()[name].title}: the token may not" in found.reason for name in needed)
    assert found.counts.passed == 0


@pytest.fixture
def settled(locker: Locker, collecting: Collecting) -> Locker:
    """Everything was read an hour ago, and was empty; the users a little earlier."""
    for name, each in resources().items():
        if each.walk is not Walk.OWN and not each.presumed_empty:
            early = name == "users"
            collecting(name, [], ago=timedelta(minutes=61 if early else 60))
    return locker


def test_what_is_too_old_is_stale_and_says_what_is_old(settled: Locker) -> None:
    found = assess(settled, "acme", CONTROLS, now=NOW)
    assert [each.control for each in found] == [each.id for each in CONTROLS]
    for control, each in zip(CONTROLS, found, strict=True):
        assert each.as_of is not None
        limit = Cadence(control.cadence).freshness
        oldest = "Console users" if "users" in control.reads else None
        (age,) = [note for note in each.notes if note.startswith("as old as ")]
        assert oldest is None or age == f"as old as {oldest}, read up to 2026-01-15T10:59:00Z"
        assert as_read(each, each.as_of + limit).result is each.result
        late = as_read(each, each.as_of + limit + timedelta(seconds=1))
        assert late.result is (Result.ERROR if each.result is Result.ERROR else Result.STALE)


OPTIONAL = [(control, name) for control in CONTROLS for name in sorted(control.optional)]


@pytest.mark.parametrize(
    ("control", "name"), OPTIONAL, ids=[f"{c.id} without {name}" for c, name in OPTIONAL]
)
def test_without_what_is_optional_the_rest_is_judged_and_the_notes_say_so(
    control: Control, name: str, settled: Locker, collecting: Collecting
) -> None:
    collecting(name, [], verdict=Verdict.UNLICENSED, reason="404")
    (found,) = assess(settled, "acme", [control], now=NOW)
    (note,) = [each for each in found.notes if each.startswith("read without ")]
    assert note == (
        f"read without {name}: {resources()[name].title}: {WHY[Verdict.UNLICENSED]} (404)"
    )
    assert resources()[name].title not in found.reason
