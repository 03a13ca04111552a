"""How far the next collection of a list reaches, whatever became of those before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rows import told
from watchkeeper.collection.reach import decide, fault, put_right
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.resource import Incremental
from watchkeeper.model.stream import Current, Kind, Reach, current
from watchkeeper.resources import catalogue

START = datetime(2026, 11, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
THREATS = catalogue()["threats"]
RULES = Incremental("updatedAt__gte", "updatedAt__lt", (("incidentStatuses", "unresolved"),))
EYES: dict[str, Any] = {
    "console": "https://acme.example",
    "token_fingerprint": "0123456789ab",
    "subject": "",
    "parameters": [list(each) for each in THREATS.parameters],
}


def sealed(number: int, reach: Reach | None, verdict: Verdict = Verdict.COMPLETE) -> Collection:
    manifest: dict[str, Any] = {
        "collector": {"token_fingerprint": EYES["token_fingerprint"]},
        "parameters": EYES["parameters"],
        "table": {"columns": [column.name for column in THREATS.columns], "unparsable": {}},
    }
    if reach is not None:
        manifest["reach"] = reach.as_json()
    return told(f"{number:06}", "threats", START + number * HOUR, verdict, **manifest)


# Hours until each attempt, what becomes of it, and whether the console tells the time.
ATTEMPTS = st.lists(
    st.tuples(
        st.integers(1, 60),
        st.sampled_from([Verdict.COMPLETE] * 4 + [*Verdict]),
        st.sampled_from([True] * 9 + [False]),
    ),
    max_size=40,
)


def lived(attempts: list[tuple[int, Verdict, bool]]) -> list[Collection]:
    """Collections made one after the other, each as decided after those before it."""
    made: list[Collection] = []
    moment = START
    for number, (hours, verdict, tells) in enumerate(attempts):
        moment += hours * HOUR
        known = current(reversed(made))
        made.append(sealed(number, decide(RULES, known, moment if tells else None), verdict))
    return made


@given(ATTEMPTS)
def test_each_collection_begins_before_the_end_of_the_complete_one_before(
    attempts: list[tuple[int, Verdict, bool]],
) -> None:
    complete: list[Reach] = []
    for each in lived(attempts):
        reach = Reach.of(each)
        if reach.since is not None:
            before = complete[-1].until
            assert before is not None
            assert reach.since == before - RULES.overlap
        if each.complete:
            complete.append(reach)


@given(ATTEMPTS)
def test_what_is_known_never_has_a_gap_and_ends_with_the_newest_complete_one(
    attempts: list[tuple[int, Verdict, bool]],
) -> None:
    made = lived(attempts)
    known = current(reversed(made))
    assert known.gap == ""
    complete = [each for each in made if each.complete]
    assert known.collections == tuple(complete[len(complete) - len(known.collections) :])
    if complete:
        assert known.whole is not None
        assert known.until == Reach.of(complete[-1]).until


@given(ATTEMPTS)
def test_open_ones_are_read_every_day_and_all_every_week(
    attempts: list[tuple[int, Verdict, bool]],
) -> None:
    made = [Reach.of(each) for each in lived(attempts) if each.complete]
    for number, reach in enumerate(made):
        if reach.kind is Kind.WHOLE or reach.until is None:
            continue
        before = made[:number]
        wholes = [each.until for each in before if each.kind is Kind.WHOLE]
        assert wholes[-1] is not None
        assert reach.until - wholes[-1] < RULES.whole_every
        if reach.kind is Kind.CHANGED:
            opened = [each.until for each in before if each.kind is not Kind.CHANGED]
            assert opened[-1] is not None
            assert reach.until - opened[-1] < RULES.open_every


@settings(max_examples=10)
@given(st.lists(st.integers(-300, 300), min_size=170, max_size=170))
def test_turns_that_come_a_little_early_or_late_put_nothing_off(jitter: list[int]) -> None:
    """Each hour, give or take some minutes: every 24th is for the open ones, the 168th for all."""
    made: list[Collection] = []
    for number, seconds in enumerate(jitter):
        moment = START + number * HOUR + timedelta(seconds=seconds)
        made.append(sealed(number, decide(RULES, current(reversed(made)), moment)))
    kinds = [Reach.of(each).kind for each in made]
    assert [number for number, kind in enumerate(kinds) if kind is Kind.WHOLE] == [0, 168]
    opened = [number for number, kind in enumerate(kinds) if kind is Kind.OPEN]
    assert opened == [24 * day for day in range(1, 7)]


@pytest.mark.parametrize(
    ("after", "kind"),
    [
        (timedelta(hours=23, minutes=44), Kind.CHANGED),
        (timedelta(hours=23, minutes=45), Kind.OPEN),
        (timedelta(days=6, hours=23, minutes=44), Kind.OPEN),
        (timedelta(days=6, hours=23, minutes=45), Kind.WHOLE),
    ],
)
def test_a_quarter_of_an_hour_early_is_in_time_and_no_more(after: timedelta, kind: Kind) -> None:
    first = sealed(0, decide(RULES, Current(), START))
    assert decide(RULES, current([first]), START + after).kind is kind


@given(ATTEMPTS, st.sampled_from([Verdict.INCOMPLETE, Verdict.DENIED, Verdict.FAILED]))
def test_an_attempt_that_is_not_complete_moves_nothing(
    attempts: list[tuple[int, Verdict, bool]], verdict: Verdict
) -> None:
    made = lived(attempts)
    then = START + timedelta(days=200)
    failed = sealed(len(made), decide(RULES, current(reversed(made)), then), verdict)
    later = then + HOUR
    assert decide(RULES, current(reversed([*made, failed])), later) == decide(
        RULES, current(reversed(made)), later
    )


@given(ATTEMPTS, st.integers(0, 60))
def test_one_that_is_removed_is_noticed_unless_others_have_what_it_had(
    attempts: list[tuple[int, Verdict, bool]], position: int
) -> None:
    known = current(reversed(lived(attempts)))
    if len(known.collections) < 2:
        return
    position %= len(known.collections) - 1
    left = [each for place, each in enumerate(known.collections) if place != position]
    before = Reach.of(known.collections[position - 1]).until if position else None
    since = Reach.of(known.collections[position + 1]).since
    assert since is not None
    found = current(reversed(left))
    covered = before is not None and since <= before
    assert (found.gap == "") == covered
    if found.gap:
        assert decide(RULES, found, START + timedelta(days=365)).kind is Kind.WHOLE


def known_until(until: datetime | None, *manifests: dict[str, Any]) -> Current:
    """A whole collection until then, told further things by its manifest."""
    found = sealed(0, Reach(Kind.WHOLE, None, until))
    for manifest in manifests:
        found = replace(found, manifest={**found.manifest, **manifest})
    return current([found])


@pytest.mark.parametrize(
    ("known", "now"),
    [
        (Current(), START),
        (known_until(START), None),
        (known_until(None), START),
        (known_until(START), START - timedelta(minutes=1)),
        (known_until(START), START + timedelta(days=7)),
        (Current(gap="something"), START),
        (current([sealed(0, None)]), START),
    ],
    ids=["never", "no clock", "no clock then", "backwards", "a week", "a gap", "of before"],
)
def test_the_whole_list_is_read_where_nothing_can_be_built_on(
    known: Current, now: datetime | None
) -> None:
    reach = decide(RULES, known, now)
    assert (reach.kind, reach.since, reach.until) == (Kind.WHOLE, None, now)
    assert reach.why


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (known_until(START), ""),
        (known_until(START, {"collector": {"token_fingerprint": "ba9876543210"}}), "token"),
        (known_until(START, {"parameters": []}), "asked for"),
        (known_until(START, {"table": {"columns": ["id"]}}), "without threat_name"),
        (known_until(START, {"table": {"unparsable": {"updated_at": 3}}}), "updated_at"),
    ],
)
def test_nothing_is_built_on_what_was_seen_with_other_eyes_or_not_wholly(
    known: Current, words: str
) -> None:
    found = fault(known, THREATS, EYES)
    assert bool(found) == bool(words)
    assert words in found
    moved = fault(known, THREATS, EYES | {"console": "https://other.example"})
    assert "address" in moved or words
    reach = decide(RULES, known, START + HOUR, found)
    assert reach.kind is (Kind.WHOLE if words else Kind.CHANGED)


@pytest.mark.parametrize(
    ("then", "now", "believed"),
    [(0, 1500, True), (-7_200_000, -7_199_000, True), (0, 3_600_000, False),
     (18_000_000, 0, False), (None, 0, True), (0, None, True)],
)  # fmt: skip
def test_clocks_that_were_put_right_meanwhile_are_not_gone_by(
    then: int | None, now: int | None, *, believed: bool
) -> None:
    known = known_until(START, {"time": {"clock_offset_ms": then}})
    assert (put_right(RULES, known, now) == "") is believed
    assert put_right(RULES, Current(), now) == ""


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "half"},
        {"since": "yesterday"},
        {"kind": "changed", "since": None},
        {"until": 3},
        {},
    ],
)
def test_what_cannot_be_read_is_a_gap(told: dict[str, Any]) -> None:
    good = Reach(Kind.CHANGED, START, START + HOUR).as_json()
    found = sealed(1, None)
    reach = good | told if told else "changed"
    broken = replace(found, manifest={**found.manifest, "reach": reach})
    known = current([broken, sealed(0, Reach(Kind.WHOLE, None, START))])
    assert known.gap
    assert known.collections == ()
