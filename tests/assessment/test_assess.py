"""Controls judged over a real locker and sealed in it."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.assessment.conftest import NOW, Collecting
from tests.controls.pages import control
from tests.rows import reaching
from watchkeeper.assessment import as_read, assess
from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
from watchkeeper.model.assessment import Assessment, Counts, Result
from watchkeeper.model.collection import Verdict

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def agent(number: int, **values: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "computer_name": f"LT-{number}",
        "machine_type": "laptop",
        "last_active_at": NOW - timedelta(hours=1),
        "registered_at": NOW - 90 * DAY,
        "is_decommissioned": False,
        "is_uninstalled": False,
        "operational_state": "na",
        "user_actions_needed": [],
        "missing_permissions": [],
        **values,
    }


def judged(locker: Locker, identity: str, **options: Any) -> Assessment:
    (found,) = assess(locker, "acme", [catalogue()[identity]], now=NOW, **options)
    return found


def outcomes(locker: Locker, assessment: Assessment) -> dict[str, str]:
    rows = locker.items(assessment).to_pylist()
    return {row["subject"]: row["outcome"] for row in rows}


def test_a_control_is_judged_and_sealed_with_what_it_saw(
    locker: Locker, collecting: Collecting
) -> None:
    agents = collecting("agents", [agent(1), agent(2, last_active_at=NOW - 19 * DAY)])
    found = judged(locker, "HLT-01")
    assert (found.result, found.counts) == (Result.FAIL, Counts(passed=1, failed=1))
    assert found.reason == "1 of 2 judged subjects fail."
    assert found.as_of == agents.ended
    assert found.collections == (agents.path,)
    assert found.parameters == {"server_hours": 24, "laptop_days": 14, "new_agent_hours": 24}
    rows = locker.items(found).to_pylist()
    assert [row["subject"] for row in rows] == ["agent:1", "agent:2"]
    assert json.loads(rows[1]["observed"])["last_active_at"] == "2025-12-27T12:00:00Z"
    assert locker.assessments("acme", "HLT-01") == [found]
    assert verify(locker.store).differences == []


def test_what_was_never_collected_is_an_error(locker: Locker) -> None:
    found = judged(locker, "POL-03")
    assert found.result is Result.ERROR
    assert found.reason == (
        "Agents: never collected; Groups: never collected; Policies: never collected."
    )
    assert found.as_of is None
    assert locker.items(found).num_rows == 0


def test_a_denied_resource_names_the_permission(locker: Locker, collecting: Collecting) -> None:
    collecting("users", [], verdict=Verdict.DENIED, reason="403")
    found = judged(locker, "ACC-01")
    assert found.result is Result.ERROR
    assert found.reason == (
        "Console users: the token may not read this, it needs the permission Users.view (403)."
    )


def test_an_older_complete_collection_does_not_hide_a_newer_incomplete_one(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("agents", [agent(1)], ago=DAY)
    collecting("agents", [agent(1)], verdict=Verdict.INCOMPLETE, reason="1 read, 2 counted")
    found = judged(locker, "HLT-01")
    assert found.result is Result.ERROR
    assert found.reason == "Agents: the newest collection is incomplete (1 read, 2 counted)."


def test_a_collection_of_one_subject_is_not_the_resource(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("agents", [agent(1), agent(2)], ago=timedelta(hours=2))
    collecting("agents", [agent(1)], subject="agent:1")
    assert judged(locker, "HLT-01").counts == Counts(passed=2)


def test_an_empty_console_is_not_a_pass(locker: Locker, collecting: Collecting) -> None:
    collecting("agents", [])
    found = judged(locker, "HLT-01")
    assert found.result is Result.NOT_APPLICABLE
    assert found.reason == "The console has none: agents is empty in a complete collection."


def test_unknown_items_make_an_error_and_failing_ones_are_still_listed(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("agents", [agent(1, operational_state=None), agent(2, operational_state="odd")])
    found = judged(locker, "HLT-02")
    assert found.result is Result.ERROR
    assert found.reason == (
        "1 subject of 2 could not be judged, first LT-1: operational_state is missing. "
        "1 known to fail."
    )
    assert outcomes(locker, found) == {"agent:1": "unknown", "agent:2": "fail"}


def test_a_value_that_cannot_be_read_is_an_error(locker: Locker, collecting: Collecting) -> None:
    users = [
        {"id": "1", "is_system": False, "scope_roles": "[]", "date_joined": NOW - DAY},
        {"id": "2", "is_system": False, "scope_roles": "[]", "last_login_at": "never"},
    ]
    collecting("users", users)
    found = judged(locker, "ACC-02")
    assert found.result is Result.ERROR
    assert found.reason.startswith("Console users: 1 value of last_login_at cannot be read.")
    assert outcomes(locker, found) == {"user:1": "unknown", "user:2": "unknown"}


def test_what_is_optional_may_be_missing_and_the_assessment_says_so(
    locker: Locker, collecting: Collecting
) -> None:
    roles = '[{"roleId": "9", "roleName": "Admin"}]'
    user = {"id": "1", "scope_roles": roles, "last_login_at": NOW - 60 * DAY}
    collecting("users", [user])
    found = judged(locker, "ACC-02")
    assert found.result is Result.FAIL
    assert "read without roles: Roles: never collected" in found.notes


def test_the_first_collection_is_a_baseline(locker: Locker, collecting: Collecting) -> None:
    collecting("agents", [agent(1)])
    collecting("activities", [])
    found = judged(locker, "COV-03")
    assert found.result is Result.NOT_APPLICABLE
    assert found.reason == "baseline; judged from the next collection on"
    assert locker.items(found).num_rows == 0


def test_who_left_is_judged_against_the_newest_earlier_collection(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("agents", [agent(1), agent(2), agent(3)], ago=60 * DAY)
    collecting("agents", [agent(1), agent(2)], ago=40 * DAY)
    collecting("agents", [agent(1)])
    collecting("activities", [])
    assert outcomes(locker, judged(locker, "COV-03")) == {"agent:1": "pass", "agent:2": "fail"}


def test_a_need_is_in_grace_while_an_earlier_collection_shows_none(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("agents", [agent(1)], ago=2 * DAY)
    collecting("agents", [agent(1, user_actions_needed=["reboot_needed"])])
    found = judged(locker, "HLT-03")
    assert outcomes(locker, found) == {"agent:1": "not_applicable"}
    assert found.result is Result.NOT_APPLICABLE
    assert found.reason.startswith("Every subject is outside the population")


def test_a_stream_is_the_newest_version_of_everything_since_it_was_read_whole(
    locker: Locker, collecting: Collecting, tmp_path: Path
) -> None:
    def threat(number: int, status: str, changed: timedelta) -> dict[str, Any]:
        return {
            "id": str(number),
            "confidence_level": "malicious",
            "mitigation_status": "not_mitigated",
            "incident_status": status,
            "created_at": NOW - 9 * DAY,
            "updated_at": NOW - changed,
        }

    collecting("threats", [threat(4, "unresolved", 9 * DAY)], ago=8 * DAY,
               told=reaching(NOW - 8 * DAY))  # fmt: skip
    collecting("threats", [threat(1, "unresolved", 8 * DAY), threat(2, "unresolved", 8 * DAY)],
               ago=7 * DAY, told=reaching(NOW - 7 * DAY))  # fmt: skip
    collecting("threats", [threat(3, "unresolved", DAY)], ago=2 * DAY, verdict=Verdict.INCOMPLETE)
    changes = collecting("threats", [threat(1, "resolved", DAY)], ago=HOUR,
                         told=reaching(NOW - HOUR, NOW - 7 * DAY))  # fmt: skip
    collecting("threats", [], told=reaching(NOW, NOW - 2 * HOUR))
    found = judged(locker, "DET-03")
    assert outcomes(locker, found) == {"threat:1": "pass", "threat:2": "fail"}
    assert len(found.collections) == 3
    shutil.rmtree(tmp_path / "locker" / changes.path)
    found = judged(locker, "DET-03")
    assert found.result is Result.ERROR
    assert "is in no complete collection" in found.reason


def test_a_faulty_control_is_an_error_and_the_others_go_on(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("agents", [agent(1)])
    faulty = control(sql="SELECT * FROM read_csv('/etc/passwd')")
    seen: list[Assessment] = []
    controls = [faulty, catalogue()["HLT-01"]]
    found = assess(locker, "acme", controls, now=NOW, on_progress=seen.append)
    assert [each.result for each in found] == [Result.ERROR, Result.PASS]
    assert "calls read_csv()" in found[0].reason
    assert seen == found


def test_a_parameter_that_cannot_be_is_refused_before_anything_is_sealed(locker: Locker) -> None:
    with pytest.raises(UsageError, match="laptop_days is 0, the least is 1"):
        judged(locker, "HLT-01", parameters={"HLT-01": {"laptop_days": 0}})
    assert locker.assessments() == []


def test_a_tenants_parameter_is_used_and_sealed(locker: Locker, collecting: Collecting) -> None:
    collecting("agents", [agent(1, last_active_at=NOW - 3 * DAY)])
    found = judged(locker, "HLT-01", parameters={"HLT-01": {"laptop_days": 2}})
    assert (found.result, found.parameters["laptop_days"]) == (Result.FAIL, 2)


def test_a_sealed_pass_grows_stale(locker: Locker, collecting: Collecting) -> None:
    collecting("agents", [agent(1)])
    found = judged(locker, "HLT-01")
    assert as_read(found, NOW + DAY).result is Result.PASS
    assert as_read(found, NOW + 2 * DAY).result is Result.STALE
