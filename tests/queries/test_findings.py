"""Findings listed and added up, a past day as it was, who left a population."""

from datetime import timedelta

import pytest

from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome, Result
from watchkeeper.queries.findings import Wanted, figures, findings, of_subjects, tally
from watchkeeper.queries.past import shrink, standings_at

from .sealing import NOW, seal_items

pytestmark = pytest.mark.postgres
ACME = "acme"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
START = NOW - 10 * DAY
FAIL, PASS, OUT = Outcome.FAIL, Outcome.PASS, Outcome.NOT_APPLICABLE


def judge(locker: Locker, day: int, control: str = "HLT-01", **outcomes: Outcome) -> None:
    """An assessment ten days ago and so many days later; HLT-01 is of high severity."""
    moment = START + day * DAY
    items = [(f"agent:{name}", name, outcome) for name, outcome in sorted(outcomes.items())]
    seal_items(locker, ACME, items, control=control, judged_at=moment, as_of=moment)


def names(connection: Connection, **wanted: object) -> list[str]:
    found = findings(connection.pk, Wanted(**wanted), NOW)  # type: ignore[arg-type]
    return [each.name for each in found.rows]


def test_findings_are_listed_by_state_and_found(locker: Locker, connection: Connection) -> None:
    judge(locker, 0, anna=FAIL, ben=FAIL, cleo=PASS)
    judge(locker, 1, anna=FAIL, ben=PASS, cleo=FAIL)
    judge(locker, 2, anna=FAIL, ben=FAIL, cleo=PASS)
    index(locker, connection)
    assert names(connection, sort="opened", descending=False) == ["anna", "ben", "cleo", "ben"]
    assert names(connection, state="open") == ["ben", "anna"]
    assert names(connection, state="regressed") == ["ben"]
    assert names(connection, state="closed", how="fixed", search="CLEO") == ["cleo"]
    assert names(connection, control="HLT-02") == []
    late = findings(connection.pk, Wanted(state="overdue"), NOW + 30 * DAY)
    assert [each.name for each in late.rows] == ["ben", "anna"]
    assert tally(connection.pk, NOW) == {
        "open": 2, "overdue": 0, "closed": 2, "late": 0, "regressed": 1,
    }  # fmt: skip
    (now, before) = of_subjects(connection.pk, ["agent:ben"], NOW)
    assert (now.is_open, now.regressed, before.how, before.lasted) == (True, True, "fixed", DAY)


def test_the_figures_of_a_control(locker: Locker, connection: Connection) -> None:
    fixed = {1: "a", 2: "b", 3: "c"}
    for day in range(9):
        failing = {name: FAIL if day < end else PASS for end, name in fixed.items()}
        judge(locker, day, stays=FAIL, **failing)
    index(locker, connection)
    found = figures(connection.pk, "HLT-01", NOW)
    assert (found.open, found.fixed, found.failing_since) == (1, 3, START)
    assert (found.median, found.ninetieth) == (2 * DAY, 3 * DAY)
    # Judged for nine days, then stale a day and a half after the last: half a day is missing.
    assert found.observed == pytest.approx(9.5 / 10)
    assert found.since == START


def test_a_past_day_is_told_as_it_was(locker: Locker, connection: Connection) -> None:
    judge(locker, 0, anna=PASS)
    judge(locker, 1, anna=FAIL)
    judge(locker, 6, anna=PASS)
    index(locker, connection)

    def told(hours: float) -> list[Result]:
        return [each.result for each in standings_at(connection.pk, START + hours * HOUR)]

    assert told(-1) == []
    assert told(23) == [Result.PASS]
    assert told(24) == [Result.FAIL]
    assert told(72) == [Result.STALE]
    assert told(6 * 24) == [Result.PASS]


def test_who_left_is_told_one_by_one(locker: Locker, connection: Connection) -> None:
    assert shrink(locker, connection.pk, "HLT-01") is None
    judge(locker, 0, failing=FAIL, gone=FAIL, leaves=PASS, stays=PASS)
    judge(locker, 0, control="COV-03", gone=FAIL)
    judge(locker, 1, failing=OUT, leaves=OUT, new=PASS, stays=PASS)
    index(locker, connection)
    found = shrink(locker, connection.pk, "HLT-01")
    assert found is not None
    assert (found.population_before, found.population_after, found.joined) == (4, 2, 1)
    assert [(each.name, each.outcome, each.why) for each in found.left.rows] == [
        ("failing", FAIL, "because: failing"),
        ("gone", FAIL, "COV-03: because: gone"),
        ("leaves", PASS, "because: leaves"),
    ]
