"""Exceptions: who may have one, what it covers, when it no longer does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.statements.conftest import DAY, NOW, WHY, Estate
from watchkeeper.assessment import as_read, assess
from watchkeeper.errors import UsageError
from watchkeeper.locker.verify import verify
from watchkeeper.model.assessment import Counts, Result
from watchkeeper.model.statement import ExceptionRecord, Selector, State
from watchkeeper.statements import asking, deciding, reading
from watchkeeper.statements.asking import Asked, ExceptionAsked


def ask(estate: Estate, **values: Any) -> ExceptionRecord:
    """An exception for one agent's failing HLT-02, unless something else is said."""
    about = {"subject": "agent:1"} if not values.keys() & {"subject", "selector"} else {}
    terms = {name: values.pop(name) for name in ("valid_from", "expires_at") if name in values}
    given = {
        "control": estate.control(),
        "reason": WHY,
        "risk": "A night's work may be lost.",
        "measure": "The network segment has no way out.",
    }
    wanted = ExceptionAsked(**{**given, **about, **values})
    return asking.exception(estate.locker, "acme", wanted, Asked(by="anna", **terms))


def test_what_is_approved_is_excepted_and_still_fails(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled"), estate.agent(2))
    assert estate.judge().result is Result.FAIL
    asked = ask(estate)
    assert estate.judge().result is Result.FAIL  # asked for is not approved
    deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
    found = estate.judge()
    assert (found.result, found.counts) == (
        Result.PASS_WITH_EXCEPTIONS,
        Counts(passed=1, failed=1, excepted=1),
    )
    assert found.reason == "1 of 2 judged subjects fail. 1 of them are excepted."
    item = estate.item(found, "agent:1")
    assert (item["outcome"], item["exception"]) == ("fail", asked.decided.id)
    assert item["reason"].startswith("fully disabled by a person")
    assert found.holds_until == asked.decided.expires_at == NOW.replace(second=2) + 90 * DAY
    assert any(asked.decided.id in note for note in found.notes)
    assert verify(estate.locker.store).differences == []


def test_expiry_shows_without_judging_and_with_it(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled"))
    end = NOW + 10 * DAY
    asked = ask(estate, expires_at=end)
    deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
    found = estate.judge()
    assert as_read(found, NOW + DAY).result is Result.PASS_WITH_EXCEPTIONS
    fresh = replace(found, as_of=end)  # as if it had just been collected
    assert as_read(fresh, end).result is Result.FAIL
    assert "An exception expired on 2026-03-20 09:00 UTC" in as_read(fresh, end).reason
    estate.at = end
    estate.collect(estate.agent(1, "fully_disabled"))
    assert estate.judge().result is Result.FAIL
    (kept,) = reading.exceptions(estate.locker, "acme")
    assert kept.decided.standing(estate.at) == "expired"


def test_whom_the_control_does_not_ask_about_has_none(estate: Estate) -> None:
    ask(estate, subject="agent:999")  # nothing was judged yet: it is taken as said
    estate.collect(estate.agent(1, "fully_disabled"), estate.agent(2))
    estate.judge()
    with pytest.raises(UsageError) as caught:
        ask(estate, subject="agent:999", reason="short")
    assert "agent:999 is no subject of HLT-02: it is none of the 2 that" in caught.value.message
    assert "The reason has 5 characters" in caught.value.message
    assert ask(estate, subject="agent:2").subject == "agent:2"  # it does not fail yet


def test_it_ends_when_what_fails_has_changed(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled"))
    estate.judge()
    asked = ask(estate)
    assert list(asked.observed) == ["agent:1"]
    deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
    estate.at += DAY
    estate.collect(estate.agent(1, "fully_disabled"))  # seen later, and the same for the rest
    assert estate.judge().result is Result.PASS_WITH_EXCEPTIONS
    estate.collect(estate.agent(1, "db_corruption"))
    found = estate.judge()
    assert found.result is Result.FAIL
    assert any("no longer covers 1 subject: what fails" in note for note in found.notes)


def test_it_ends_with_the_version_of_the_control(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled"))
    asked = ask(estate)
    deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
    newer = replace(estate.control(), version="9.0.0")
    (found,) = assess(estate.locker, "acme", [newer], now=estate.at)
    assert found.result is Result.FAIL
    assert any("does not hold for version 9.0.0" in note for note in found.notes)


def test_a_selector_covers_who_is_there_and_who_comes(estate: Estate) -> None:
    tagged = '{"sentinelone": [{"key": "env", "value": "lab"}]}'
    estate.collect(
        estate.agent(1, "fully_disabled", tags=tagged),
        estate.agent(2, "fully_disabled", tags=tagged, site_id="s2"),
        estate.agent(3, "fully_disabled"),
    )
    asked = ask(estate, selector=Selector(tags=("env=lab",), sites=("s1", "s3")))
    deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
    found = estate.judge()
    items = {row["subject"]: row["exception"] for row in estate.locker.items(found).to_pylist()}
    assert items == {"agent:1": asked.decided.id, "agent:2": None, "agent:3": None}
    estate.collect(estate.agent(4, "partially_disabled", tags=tagged, site_id="s3"))
    assert estate.judge().result is Result.PASS_WITH_EXCEPTIONS


def test_nobody_approves_what_they_asked_for(estate: Estate) -> None:
    asked = ask(estate)
    with pytest.raises(UsageError, match=r"requested by anna, who cannot approve it as well"):
        deciding.approve(estate.locker, "acme", asked.decided.id, " ANNA ")


def test_each_decision_is_a_version_that_stays(estate: Estate) -> None:
    asked = ask(estate)
    deciding.approve(estate.locker, "acme", asked.decided.id, "ben", "agreed on Monday")
    deciding.revoke(estate.locker, "acme", asked.decided.id, "cleo", "the laboratory was closed")
    (kept,) = reading.exceptions(estate.locker, "acme")
    assert (kept.decided.state, kept.decided.decided_by) == (State.REVOKED, "cleo")
    states = [
        estate.locker.table(each, ["state"]).column("state").to_pylist()
        for each in estate.locker.collections("acme", "exceptions")
    ]
    assert states == [["requested"], ["approved"], ["revoked"]]
    with pytest.raises(UsageError, match="is revoked"):
        deciding.approve(estate.locker, "acme", asked.decided.id, "ben")


def test_it_holds_from_its_approval_not_before(estate: Estate) -> None:
    asked = ask(estate, valid_from=NOW - 30 * DAY)
    estate.at += DAY
    approved = deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
    assert approved.decided.valid_from == estate.at


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"reason": "too short"}, "The reason has 9 characters, the least is 20."),
        ({"risk": " "}, "The risk has 0 characters"),
        ({"measure": ""}, "The compensating measure has 0 characters"),
        ({"subject": ""}, "covers one subject or the subjects of a selector"),
        ({"subject": "LT-1"}, "'LT-1' is no subject."),
        ({"expires_at": NOW + 366 * DAY}, "the longest is 365 days"),
        ({"expires_at": NOW}, "would end before it begins"),
        ({"subject": "agent:1", "selector": Selector(sites=("s1",))}, "covers one subject or"),
    ],
)
def test_what_cannot_be_one_is_refused(
    estate: Estate, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        ask(estate, **values)
    assert sentence in caught.value.message
    assert reading.exceptions(estate.locker, "acme") == []


def test_what_passes_is_not_excepted(estate: Estate) -> None:
    estate.collect(estate.agent(1))
    asked = ask(estate)
    deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
    found = estate.judge()
    assert (found.result, found.counts.excepted, found.holds_until) == (Result.PASS, 0, None)


def test_an_approval_that_comes_too_late_is_refused(estate: Estate) -> None:
    asked = ask(estate, expires_at=NOW + DAY)
    estate.at += timedelta(days=2)
    with pytest.raises(UsageError, match="would have ended on 2026-03-11"):
        deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
