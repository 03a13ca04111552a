"""Collecting from the simulated console: whole, or saying what is missing."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.collection.conftest import Collecting, client
from watchkeeper.collection.engine import plan
from watchkeeper.errors import GoneSilent, TokenDead, UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.pages import unpacked
from watchkeeper.locker.verify import verify
from watchkeeper.model.collection import Verdict
from watchkeeper.resources import catalogue
from watchkeeper.simulator import PROFILES, Company, running


@pytest.mark.slow
def test_everything_is_collected_whole_and_nothing_but_get_leaves(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        report = collecting(sim)
        requests = list(sim.requests)
    assert [found.resource for found in report.collections] == list(catalogue())
    assert {found.resource for found in report.collections if not found.complete} == set()
    assert {request.method for request in requests} == {"GET"}
    single = {"info", "user", "types", "policy", "sso", "syslog"}
    lists = [
        r
        for r in requests
        if r.path.rsplit("/", 1)[-1] not in single and "/rbac/role/" not in r.path
    ]
    assert lists
    assert all("limit" in request.query for request in lists)
    assert not any(sim.token in str(request.query) + request.path for request in requests)
    report_of_verify = verify(locker.store)
    assert (report_of_verify.differences, report_of_verify.leftovers) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_profile_is_read_whole_with_requests_it_allows(
    profile: str, company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company, profile=profile) as sim:
        report = collecting(sim)
        refused = [seen.path for seen in sim.requests if seen.status >= 400]
    # Consoles before 2025 have the classic list of exclusions only.
    newer = set() if profile == "2026" else {"unified_exclusions"}
    unread = {each.resource: each for each in report.collections if not each.complete}
    assert set(unread) == newer
    assert {each.completeness.verdict for each in unread.values()} <= {Verdict.UNLICENSED}
    # The per-scope policy of the first site is asked for in vain, where it is not served.
    assert len(refused) == len(newer) + (1 if profile == "documented" else 0)
    by_name = {found.resource: found for found in report.collections}
    route = by_name["policies"].manifest["policies"]["route"]
    assert route == ("/policy" if profile == "documented" else "/{level}/{id}/policy")
    groups = locker.table(by_name["groups"], ["id"]).column("id").to_pylist()
    policies = locker.table(by_name["policies"], ["scope", "scope_id"]).to_pylist()
    assert {row["scope_id"] for row in policies if row["scope"] == "group"} == set(groups)


def test_every_agent_is_there_once_the_decommissioned_ones_too(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        (agents,) = [
            f for f in collecting(sim, only=["agents"]).collections if f.resource == "agents"
        ]
    ids = locker.table(agents, ["id", "is_decommissioned"]).to_pylist()
    assert len({row["id"] for row in ids}) == len(ids) == 2100
    assert any(row["is_decommissioned"] for row in ids)


def test_pages_are_stored_as_received_and_secrets_are_not(
    company: Company, locker: Locker, collecting: Collecting, tmp_path: Path
) -> None:
    with running(company) as sim:
        report = collecting(sim, only=["agents", "groups"])
        token = sim.token
    for found in report.collections:
        for page in found.manifest["pages"]:
            stored = locker.store.get(f"{found.path}/{page['file']}")
            assert hashlib.sha256(stored).hexdigest() == page["sha256"]
            body = json.loads(locker.pages.text(f"{found.path}/{page['file']}", page))
            if found.resource in {"agents", "groups"}:
                assert len(body["data"]) == page["rows"]
            if "removed" not in page:
                assert page["received"]["sha256"] == page["sha256"]
            if found.resource == "groups":
                assert all("removed" in row["registrationToken"] for row in body["data"])
                assert page["removed"]["registrationToken"] == len(body["data"])
    for path in (tmp_path / "locker").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert token.encode() not in content
            if path.suffix in {".gz", ".zst"}:
                assert token.encode() not in unpacked(path.name, content, b"")


TRANSIENT = [
    "429-html",
    "500",
    "502-text",
    "503",
    "truncated-json",
    "truncated-gzip",
    "cut-transfer",
    "json-then-html",
    "empty-body",
]
HARMLESS = [
    "end-null",
    "end-empty-string",
    "end-null-string",
    "end-absent",
    "end-no-pagination",
    "end-empty-page",
    "expired-cursor",
    "moving-rows",
    "duplicates",
    "lists-refused",
    "wrong-types",
    "big-integers",
    "slow:5",
    "unknown-parameter:sortBy",
    "unknown-parameter:states",
]


@pytest.mark.slow
@pytest.mark.parametrize("fault", TRANSIENT + HARMLESS)
def test_a_console_that_stumbles_is_read_whole(
    fault: str, company: Company, locker: Locker, collecting: Collecting
) -> None:
    resources = ["agents", "groups", "users", "activities"]
    with running(company, faults=[fault]) as sim:
        report = collecting(sim, only=resources)
    assert {
        (f.resource, f.completeness.reason) for f in report.collections if not f.complete
    } == set()
    for found in report.collections:
        keys = locker.table(found, [catalogue()[found.resource].key])
        assert len(set(keys.column(0).to_pylist())) == found.completeness.distinct


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [f"{fault}:always" for fault in [*TRANSIENT, "login-page", "redirect"]]
    + ["repeated-cursor", "expired-cursor:always", "count-too-large"],
)
def test_a_console_that_stays_broken_is_never_called_whole(
    fault: str, company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company, faults=[fault]) as sim:
        report = collecting(sim, only=["agents"])
    (agents,) = [found for found in report.collections if found.resource == "agents"]
    assert not agents.complete
    assert agents.completeness.reason
    assert not verify(locker.store).differences


@pytest.mark.parametrize("how", ["denied-401", "denied-403"])
@pytest.mark.parametrize("name", ["agents", "users", "threats", "timelines", "policies", "sites"])
def test_a_missing_permission_is_named_and_is_no_dead_token(
    how: str, name: str, company: Company, collecting: Collecting
) -> None:
    with running(company, faults=[f"{how}:{name}"]) as sim:
        report = collecting(sim, only=[name])
    (found,) = [found for found in report.collections if found.resource == name]
    assert found.completeness.verdict is Verdict.DENIED
    assert catalogue()[name].permission in found.completeness.reason
    assert report.fatal is None


def test_a_dead_token_ends_the_run_and_every_resource_says_so(
    company: Company, collecting: Collecting
) -> None:
    with running(company, faults=["token-expired"]) as sim:
        report = collecting(sim)
        asked = len(sim.requests)
    assert isinstance(report.fatal, TokenDead)
    assert not report.anything_read
    assert asked == 1
    assert {found.resource for found in report.collections} == set(catalogue())


def test_a_token_revoked_midway_keeps_what_was_read(
    company: Company, collecting: Collecting
) -> None:
    with running(company, faults=["token-revoked:6"]) as sim:
        report = collecting(sim, only=["sites", "agents"])
    by_name = {found.resource: found for found in report.collections}
    assert isinstance(report.fatal, TokenDead)
    assert by_name["sites"].complete
    assert by_name["agents"].completeness.verdict is Verdict.INCOMPLETE
    assert by_name["agents"].completeness.distinct > 0


@pytest.mark.slow
def test_a_console_gone_silent_ends_the_run(company: Company, collecting: Collecting) -> None:
    with running(company, faults=["dribble:always"]) as sim:
        report = collecting(sim, only=["agents"])
    assert isinstance(report.fatal, GoneSilent)
    assert all(not found.complete for found in report.collections if found.resource != "system")


@pytest.mark.slow
def test_a_page_that_is_too_slow_is_asked_for_at_half_its_size(
    company: Company, collecting: Collecting
) -> None:
    with running(company, faults=["hang-large"]) as sim:
        report = collecting(sim, only=["agents"])
        limits = [
            r.query["limit"][0]
            for r in sim.requests
            if r.path.endswith("/agents") and r.query["limit"] != ["1"]
        ]
    assert all(found.complete for found in report.collections)
    assert limits[:2] == ["1000", "500"]


def test_accounts_are_derived_from_sites_where_the_token_may_not_read_them(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company, faults=["site-scope"]) as sim:
        report = collecting(sim, only=["accounts", "policies"])
    by_name = {found.resource: found for found in report.collections}
    accounts = by_name["accounts"]
    assert accounts.complete
    assert accounts.derived
    assert locker.table(accounts, ["name"]).num_rows == 1
    assert accounts.manifest["error"]["status"] == 403
    assert by_name["policies"].complete


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_one_device_is_read_afresh_as_a_collection_of_its_own(
    profile: str, company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company, profile=profile) as sim:
        collecting(sim, only=["agents"])
        (whole,) = locker.collections("acme", "agents")
        agent = locker.table(whole, ["id"]).column("id")[5].as_py()
        (one,) = collecting(sim, agent=agent).collections
        (none,) = collecting(sim, agent="999").collections
    assert one.subject == f"agent:{agent}"
    assert locker.table(one, ["id"]).to_pylist() == [{"id": agent}]
    assert none.completeness.distinct == 0


def test_activities_reach_back_90_days_and_then_join_without_a_gap(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        (first,) = [
            f
            for f in collecting(sim, only=["activities"]).collections
            if f.resource == "activities"
        ]
        (second,) = [
            f
            for f in collecting(sim, only=["activities"]).collections
            if f.resource == "activities"
        ]
    reach = [datetime.fromisoformat(first.manifest["window"][end]) for end in ("from", "to")]
    assert reach[1] - reach[0] >= timedelta(days=90)
    assert datetime.fromisoformat(second.manifest["window"]["from"]) <= reach[1]
    assert second.completeness.distinct < first.completeness.distinct
    del locker


def test_timelines_are_read_for_threats_that_are_new_or_changed(
    company: Company, collecting: Collecting
) -> None:
    later = Company(agents=2100, threats=25, activities=1200, users=25, now=company.now, day=1)
    with running(company) as sim:
        collecting(sim, only=["timelines"])
        again = collecting(sim, only=["timelines"])
        sim.set_company(later)
        changed = collecting(sim, only=["timelines"])
    due = [
        found.manifest["timelines"]["due"]
        for report in (again, changed)
        for found in report.collections
        if found.resource == "timelines"
    ]
    assert due[0] == 0
    assert 0 < due[1] < 25


def test_a_parameter_the_console_does_not_know_is_left_out_and_noted(
    company: Company, collecting: Collecting
) -> None:
    with running(company, faults=["unknown-parameter:isUninstalled"]) as sim:
        report = collecting(sim, only=["agents"])
    (agents,) = [found for found in report.collections if found.resource == "agents"]
    assert agents.complete
    assert any("isUninstalled" in note for note in agents.completeness.notes)


def test_a_plan_holds_what_is_needed_and_refuses_what_is_unknown() -> None:
    assert [r.name for r in plan(["timelines"])] == ["system", "threats", "timelines"]
    with pytest.raises(UsageError, match="no resource"):
        plan(["agent"])


def test_the_clock_of_the_console_is_kept(collecting: Collecting) -> None:
    with running(Company(agents=20, threats=2, activities=20, users=5)) as sim:
        console = client(sim)
        assert console.alive()
        console.close()
        (system,) = collecting(sim, only=[]).collections
    assert abs(system.manifest["time"]["clock_offset_ms"]) < 5000
    assert datetime.fromisoformat(system.manifest["time"]["source_date_first"]) <= datetime.now(UTC)


@pytest.mark.slow
def test_more_activities_than_the_console_counts_are_read_in_windows_it_can_count(
    locker: Locker, collecting: Collecting
) -> None:
    busy = Company(agents=50, threats=5, activities=90_000, users=5, now=datetime.now(UTC))
    with running(busy) as sim:
        report = collecting(sim, only=["activities"])
        windows = {
            (seen.query["createdAt__gte"][0], seen.query["createdAt__lt"][0])
            for seen in sim.requests
            if "countOnly" in seen.query and "createdAt__gte" in seen.query
        }
    (found,) = [each for each in report.collections if each.resource == "activities"]
    assert found.complete
    assert len(windows) >= 3
    assert found.completeness.distinct > 50_000
    table = locker.table(found, ["id", "created_at"])
    assert len(set(table.column("id").to_pylist())) == table.num_rows
    start = datetime.fromisoformat(found.manifest["window"]["from"])
    end = datetime.fromisoformat(found.manifest["window"]["to"])
    reached = {
        each["id"]
        for each in busy.activities
        if start <= datetime.fromisoformat(each["createdAt"]) < end
    }
    assert set(table.column("id").to_pylist()) == reached
