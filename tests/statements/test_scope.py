"""Scope rules, declarations, thresholds: each shown, none of them a way to pass unseen."""

import json

import pytest

from tests.statements.conftest import DAY, NOW, WHY, Estate
from watchkeeper.assessment import as_read
from watchkeeper.errors import UsageError
from watchkeeper.model.assessment import Counts, Result
from watchkeeper.model.statement import Selector
from watchkeeper.statements import asking, deciding, reading, settings
from watchkeeper.statements.asking import Asked

ANNA = Asked(by="anna")


def rule(estate: Estate, selector: Selector, **options: object) -> str:
    """An approved scope rule's id."""
    found = asking.scope_rule(
        estate.locker,
        "acme",
        "Laboratory",
        selector,
        WHY,
        ANNA,
        **options,  # type: ignore[arg-type]
    )
    deciding.approve(estate.locker, "acme", found.decided.id, "ben")
    return found.decided.id


def test_who_is_moved_out_of_scope_is_listed_with_what_it_would_have_been(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled"), estate.agent(2))
    rule(estate, Selector(groups=("lab",)))
    assert estate.judge().result is Result.FAIL
    estate.collect(estate.agent(1, "fully_disabled", group_id="lab"), estate.agent(2))
    found = estate.judge()
    assert (found.result, found.counts) == (Result.PASS, Counts(passed=1, not_applicable=1))
    item = estate.item(found, "agent:1")
    assert item["reason"].startswith(
        "out of scope by the rule 'Laboratory', version 1; it would be fail: fully disabled"
    )


def test_a_rule_for_some_controls_leaves_the_others_alone(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled", agent_version="1"))
    rule(estate, Selector(machine_types=("laptop",)), controls=("HLT-01",))
    assert estate.judge("HLT-02").result is Result.FAIL
    assert estate.judge("HLT-01").result is Result.NOT_APPLICABLE


def test_the_next_version_takes_over_when_it_is_approved(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled", group_id="lab"))
    first = rule(estate, Selector(groups=("lab",)))
    second = asking.scope_rule(
        estate.locker, "acme", "Laboratory", Selector(groups=("other",)), WHY, ANNA, replaces=first
    )
    assert second.version == 2
    assert estate.judge().result is Result.NOT_APPLICABLE
    deciding.approve(estate.locker, "acme", second.decided.id, "ben")
    assert estate.judge().result is Result.FAIL
    standing = {
        each.decided.id: each.decided.standing(estate.at)
        for each in reading.scope_rules(estate.locker, "acme")
    }
    assert standing == {first: "revoked", second.decided.id: "in force"}


def test_a_control_declared_out_of_scope_says_by_whom_and_until_when(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled"))
    asked = asking.attestation(
        estate.locker,
        "acme",
        "out_of_scope",
        "No agent of this console is ours to run.",
        Asked(by="anna", expires_at=NOW + 5 * DAY),
        subject="control:HLT-02",
    )
    deciding.approve(estate.locker, "acme", asked.decided.id, "ben")
    found = estate.judge()
    assert found.result is Result.NOT_APPLICABLE
    assert found.reason == (
        "Declared out of scope until 2026-03-15, approved by ben: "
        "No agent of this console is ours to run."
    )
    assert as_read(found, NOW + 5 * DAY).result is Result.ERROR
    estate.at = NOW + 5 * DAY
    estate.collect(estate.agent(1, "fully_disabled"))
    assert estate.judge().result is Result.FAIL


@pytest.mark.parametrize(
    ("kind", "subject", "data", "sentence"),
    [
        ("hearsay", "", {}, "'hearsay' is no kind of attestation."),
        ("privileged_access", "", {}, "cannot be about 'nothing'"),
        ("privileged_access", "agent:1", {}, "cannot be about 'agent:1'"),
        ("restore_test", "agent:1", {}, "cannot be about 'agent:1'"),
        ("policy_baseline", "group:1", {}, "needs the value 'sha256'"),
        ("restore_test", "", {"colour": "red"}, "holds no value 'colour'"),
    ],
)
def test_an_attestation_that_cannot_be_is_refused(
    estate: Estate, kind: str, subject: str, data: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        asking.attestation(estate.locker, "acme", kind, WHY, ANNA, subject=subject, data=data)
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("agent_retired", "agent:999"), ("out_of_scope", "control:HLT-99")],
)
def test_an_attestation_is_about_what_is_there(estate: Estate, kind: str, subject: str) -> None:
    estate.collect(estate.agent(1), estate.agent(2))
    with pytest.raises(UsageError, match="There is no "):
        asking.attestation(estate.locker, "acme", kind, WHY, ANNA, subject=subject)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("agent_retired", "agent:1"),
        ("out_of_scope", "control:HLT-02"),
        ("privileged_access", "user:7"),  # no users were collected: it is taken as said
    ],
)
def test_an_attestation_is_about_what_may_be_there(estate: Estate, kind: str, subject: str) -> None:
    estate.collect(estate.agent(1), estate.agent(2))
    made = asking.attestation(estate.locker, "acme", kind, WHY, ANNA, subject=subject)
    assert made.subject == subject


def test_an_attestation_lasts_no_longer_than_its_kind(estate: Estate) -> None:
    late = Asked(by="anna", expires_at=NOW + 91 * DAY)
    with pytest.raises(UsageError, match="the longest is 90 days"):
        asking.attestation(estate.locker, "acme", "restore_test", WHY, late)


def test_a_threshold_is_sealed_and_used_and_given_back(estate: Estate) -> None:
    estate.collect(estate.agent(1, last_active_at=NOW - 5 * DAY))
    control = estate.control("HLT-01")
    assert estate.judge("HLT-01").result is Result.PASS
    given = {"by": "anna", "reason": "Our laptops report daily."}
    settings.set_parameter(estate.locker, "acme", control, "laptop_days", 2, **given)
    found = estate.judge("HLT-01")
    assert (found.result, found.parameters["laptop_days"]) == (Result.FAIL, 2)
    settings.set_parameter(estate.locker, "acme", control, "laptop_days", None, **given)
    assert estate.judge("HLT-01").result is Result.PASS
    with pytest.raises(UsageError, match="laptop_days is 0, the least is 1"):
        settings.set_parameter(estate.locker, "acme", control, "laptop_days", 0, **given)
    with pytest.raises(UsageError, match="for a reason"):
        settings.set_parameter(estate.locker, "acme", control, "tolerance", 3, by="a", reason=" ")


def test_the_tolerance_changes_the_result_and_no_item(estate: Estate) -> None:
    estate.collect(estate.agent(1, "fully_disabled"), estate.agent(2), estate.agent(3, None))
    control = estate.control()
    given = {"by": "anna", "reason": "Agreed with the auditor."}
    settings.set_parameter(estate.locker, "acme", control, "tolerance", 1, **given)
    assert estate.judge().result is Result.ERROR  # one is unknown
    estate.collect(estate.agent(1, "fully_disabled"), estate.agent(2))
    found = estate.judge()
    assert (found.result, found.counts.open) == (Result.PASS_WITH_EXCEPTIONS, 1)
    assert found.reason == (
        "1 of 2 judged subjects fail. 1 are not excepted, within the tolerance of 1."
    )
    assert json.loads(estate.item(found, "agent:1")["observed"])
