"""Findings follow what was judged: opened once, closed once, never by what could not be checked."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watchkeeper.controls import catalogue as controls
from watchkeeper.ledger.index import index, rebuild
from watchkeeper.ledger.models import Connection, Finding
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Counts, Result

from .conftest import CONNECTION, NOW

pytestmark = pytest.mark.postgres

DAY = timedelta(days=1)
Items = dict[str, tuple[str, str, str]]  # subject: outcome, reason, exception
FAIL = ("fail", "broken", "")
PASS = ("pass", "fine", "")
EXCEPTED = ("fail", "broken", "EX-1")
OUT = ("not_applicable", "out of scope by the rule 'Lab', version 1; it would be fail: broken", "")
LEFT = ("not_applicable", "decommissioned", "")
UNKNOWN = ("unknown", "a field is missing", "")


def judge(locker: Locker, day: int, items: Items | None, **options: Any) -> None:
    """Seals an assessment of HLT-02 on that day; None: it could not be judged at all."""
    rows = [(subject, *found) for subject, found in sorted((items or {}).items())]
    outcomes = [row[1] for row in rows]
    counts = Counts(
        passed=outcomes.count("pass"),
        failed=outcomes.count("fail"),
        not_applicable=outcomes.count("not_applicable"),
        unknown=outcomes.count("unknown"),
        excepted=sum(bool(row[3]) for row in rows),
    )
    result = Result.FAIL if counts.failed else Result.PASS
    names = ("subject", "outcome", "reason", "exception")
    columns = {
        name: pa.array([row[position] or None for row in rows], pa.string())
        for position, name in enumerate(names)
    }
    locker.seal_assessment(
        connection=CONNECTION,
        control=controls()["HLT-02"],
        result=options.get("result", Result.ERROR if items is None else result),
        reason=options.get("reason", "because"),
        counts=counts,
        parameters=options.get("parameters", {}),
        judged_at=NOW + day * DAY,
        as_of=None if items is None else NOW + day * DAY,
        collections=[],
        notes=[],
        items=pa.table(columns | {"name": columns["subject"], "observed": columns["subject"]}),
        holds_until=options.get("holds_until"),
    )


def told(connection: Connection) -> list[tuple[str, int, int | None, str, int, str]]:
    """Each finding: subject, day opened, day closed, how, the how manieth, after what."""
    return [
        (
            each.subject,
            (each.opened_at - NOW).days,
            (each.closed_at - NOW).days if each.closed_at else None,
            each.closed_how,
            each.times,
            each.after,
        )
        for each in connection.findings.order_by("subject", "times")
    ]


def test_a_finding_lives_from_its_first_failure_to_its_end(
    locker: Locker, connection: Connection
) -> None:
    names = ["excepted", "fixed", "gone", "left", "open", "out", "unsure"]
    judge(locker, 0, dict.fromkeys(names, FAIL) | {"fine": PASS})
    index(locker, connection)
    after = {"excepted": EXCEPTED, "fixed": PASS, "left": LEFT, "open": FAIL, "out": OUT}
    judge(locker, 1, after | {"unsure": UNKNOWN, "fine": PASS})
    index(locker, connection)
    assert told(connection) == [
        ("excepted", 0, 1, "exception", 1, ""),
        ("fixed", 0, 1, "fixed", 1, ""),
        ("gone", 0, 1, "gone", 1, ""),
        ("left", 0, 1, "gone", 1, ""),
        ("open", 0, None, "", 1, ""),
        ("out", 0, 1, "scope", 1, ""),
        ("unsure", 0, None, "", 1, ""),
    ]
    assert Finding.objects.get(subject="out").closed_reason == OUT[1]


def test_what_fails_again_is_a_finding_again(locker: Locker, connection: Connection) -> None:
    for day, found in enumerate([FAIL, PASS, FAIL, EXCEPTED, EXCEPTED, FAIL]):
        judge(locker, day, {"a": found})
    index(locker, connection)
    assert told(connection) == [
        ("a", 0, 1, "fixed", 1, ""),
        ("a", 2, 3, "exception", 2, "fixed"),
        ("a", 5, None, "", 3, "exception"),
    ]


def test_what_could_not_be_checked_is_neither_fixed_nor_gone(
    locker: Locker, connection: Connection
) -> None:
    judge(locker, 0, {"a": FAIL})
    judge(locker, 1, None)
    judge(locker, 2, {"a": UNKNOWN})
    judge(
        locker, 3, {}, result=Result.NOT_APPLICABLE,
        reason="baseline; judged from the next collection on",
    )  # fmt: skip
    index(locker, connection)
    assert told(connection) == [("a", 0, None, "", 1, "")]
    judge(locker, 4, {"a": PASS})
    index(locker, connection)
    found = Finding.objects.get()
    assert (found.closed_how, found.last_seen_at) == ("fixed", NOW + 2 * DAY)


def test_a_declaration_takes_all_out_of_scope(locker: Locker, connection: Connection) -> None:
    judge(locker, 0, {"a": FAIL})
    until = NOW + 90 * DAY
    judge(locker, 1, {}, result=Result.NOT_APPLICABLE, reason="Declared …", holds_until=until)
    index(locker, connection)
    assert told(connection) == [("a", 0, 1, "scope", 1, "")]


def test_it_is_due_by_severity_or_as_it_was_set(locker: Locker, connection: Connection) -> None:
    judge(locker, 0, {"a": FAIL})
    judge(locker, 1, {"a": FAIL, "b": FAIL}, parameters={"due_days": 2})
    index(locker, connection)
    due = {each.subject: each.due_at for each in Finding.objects.all()}
    assert due == {"a": NOW + 3 * DAY, "b": NOW + 3 * DAY}  # HLT-02 is critical: three days
    judge(locker, 5, {"a": PASS, "b": PASS})
    index(locker, connection)
    assert all(each.late for each in Finding.objects.all())


DAYS = st.lists(
    st.one_of(
        st.none(),
        st.dictionaries(
            st.sampled_from("abc"), st.sampled_from([FAIL, PASS, EXCEPTED, OUT, LEFT, UNKNOWN])
        ),
    ),
    min_size=1,
    max_size=7,
)


def expected(days: list[Items | None]) -> list[tuple[str, int, int | None, str, int, str]]:
    """The same from the items alone, a subject at a time."""
    endings = {PASS: "fixed", EXCEPTED: "exception", OUT: "scope", LEFT: "gone", None: "gone"}
    found = []
    for subject in "abc":
        own: list[list[Any]] = []
        for day, items in enumerate(days):
            if not items:
                # Nothing listed and no error: the population is empty, and whoever failed is gone.
                if items == {} and own and own[-1][2] is None:
                    own[-1][2:4] = [day, "gone"]
                continue
            now = items.get(subject)
            is_open = bool(own) and own[-1][2] is None
            if is_open and now in endings:
                own[-1][2:4] = [day, endings[now]]
            elif not is_open and now == FAIL:
                own.append([subject, day, None, "", len(own) + 1, own[-1][3] if own else ""])
        found += [tuple(each) for each in own]
    return found


@pytest.mark.slow
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(DAYS)
def test_however_days_follow_each_other(
    connection: Connection, tmp_path_factory: pytest.TempPathFactory, days: list[Items | None]
) -> None:
    locker = Locker.open(tmp_path_factory.mktemp("locker") / "locker", create=True)
    Connection.objects.filter(pk=connection.pk).update(indexed_entry=0)
    connection.findings.all().delete()
    connection.assessments.all().delete()
    for day, items in enumerate(days):
        judge(locker, day, items)
        index(locker, connection)
    step_by_step = told(connection)
    assert step_by_step == expected(days)
    rebuild(locker, connection)
    assert told(connection) == step_by_step


def test_thousands_are_followed_and_closed(locker: Locker, connection: Connection) -> None:
    many = {f"agent:{number}": FAIL for number in range(2_000)}
    judge(locker, 0, many)
    judge(locker, 1, dict.fromkeys(many, PASS))
    index(locker, connection)
    assert Finding.objects.filter(closed_how="fixed").count() == 2_000
