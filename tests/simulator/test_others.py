"""Exclusions, devices without an agent, alerts, notes and settings, as the console serves them."""

from collections import Counter

import pytest

from watchkeeper.simulator import Company, truth
from watchkeeper.simulator.rates import Gate

from .conftest import Client, Serve

LISTS = {
    "/exclusions": "id",
    "/unified-exclusions": "id",
    "/rogues/table-view": "id",
    "/cloud-detection/alerts": "alertInfoCreatedAt",
}
LICENSED = {
    "/rogues/table-view": ("no-network-discovery", "Network Discovery"),
    "/cloud-detection/alerts": ("no-star", "Storyline Active Response"),
}


@pytest.mark.parametrize("path", LISTS)
def test_a_walk_gives_every_row_once(shared: Client, path: str) -> None:
    total = shared.get(path, countOnly="true")["pagination"]["totalItems"]
    rows = shared.walk(path, limit="4", sortBy=LISTS[path], sortOrder="asc")
    ids = [row["id"] if "id" in row else row["alertInfo"]["alertId"] for row in rows]
    assert len(ids) == len(set(ids)) == total > 8
    down = shared.walk(path, limit="7", sortBy=LISTS[path], sortOrder="desc")
    assert down == rows[::-1]
    assert not any(name.startswith("_") for name in rows[0])


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/exclusions", {"colour": "red"}, 400),
        ("/exclusions", {"query": "erp"}, 501),
        ("/exclusions", {"types": "registry"}, 400),
        ("/unified-exclusions", {"sortBy": "user"}, 501),
        ("/rogues/table-view", {"managedStates": "lost"}, 400),
        ("/rogues/table-view", {"deviceTypes": "Printer"}, 501),
        ("/cloud-detection/alerts", {"sortBy": "createdAt"}, 400),
        ("/cloud-detection/alerts", {"sortBy": "ruleInfoName"}, 501),
        ("/cloud-detection/alerts", {"incidentStatus": "unresolved"}, 400),
        ("/settings/sso", {"limit": "1"}, 400),
        ("/threats/1/notes", {}, 404),
    ],
)
def test_what_is_refused(shared: Client, path: str, query: dict[str, str], status: int) -> None:
    assert shared.refusal(path, **query)[0] == status


def test_filters_pick_rows(shared: Client) -> None:
    site = shared.get("/sites")["data"]["sites"][0]["id"]
    there = shared.walk("/rogues/table-view", siteIds=site)
    assert {row["siteId"] for row in there} == {site}
    unmanaged = shared.walk("/rogues/table-view", managedStates="unmanaged")
    assert {row["managedState"] for row in unmanaged} == {"unmanaged"}
    alerts = shared.walk("/cloud-detection/alerts", incidentStatus="Unresolved,In progress")
    assert {row["alertInfo"]["incidentStatus"] for row in alerts} == {"Unresolved", "In progress"}
    scopes = {row["scopeName"] for row in shared.walk("/exclusions", siteIds=site)}
    assert {"Global", shared.get("/sites")["data"]["sites"][0]["name"]} <= scopes
    assert len(scopes) < len({row["scopeName"] for row in shared.walk("/exclusions")})


def test_exclusions_stand_in_one_list_or_in_both(shared: Client) -> None:
    classic = {row["id"]: row for row in shared.walk("/exclusions")}
    newer = {row["id"]: row for row in shared.walk("/unified-exclusions")}
    assert classic.keys() - newer.keys()
    assert newer.keys() - classic.keys()
    both = classic.keys() & newer.keys()
    assert len(both) > 10
    for identity in both:
        told = {"type": classic[identity]["type"], "value": classic[identity]["value"]}
        assert newer[identity]["conditions"] == [told]


def test_notes_are_of_one_threat_and_its_timeline_tells_of_them(
    shared: Client, company: Company
) -> None:
    noted = next(row for row in company.threats if row["_notes"])
    silent = next(row for row in company.threats if not row["_notes"])
    (note,) = shared.walk(f"/threats/{noted['id']}/notes", sortBy="createdAt", sortOrder="asc")
    assert {"id", "text", "creator", "creatorId", "createdAt", "updatedAt"} <= set(note)
    told = shared.walk(f"/threats/{noted['id']}/timeline", activityTypes="5000")
    assert [event["createdAt"] for event in told] == [note["createdAt"]]
    assert shared.walk(f"/threats/{silent['id']}/notes") == []


def test_settings_are_single_objects_with_secrets_of_each_run(serve: Serve) -> None:
    one, two = (serve(of=Company.healthy(20)).get("/settings/syslog")["data"] for _ in range(2))
    assert one["enabled"] is True
    assert one["token"] != two["token"]
    assert serve().get("/settings/sso", tenant="true")["data"]["issuerId"]


@pytest.mark.parametrize("profile", ["2024", "documented"])
def test_older_consoles_do_not_serve_the_newer_list(serve: Serve, profile: str) -> None:
    client = serve(profile=profile)
    assert client.refusal("/unified-exclusions")[:2] == (404, 4040010)
    assert client.get("/exclusions")["data"]
    found = client.console.truth()["EXC-01"]["items"]
    assert len(found) == len(client.walk("/exclusions"))


@pytest.mark.parametrize("path", LICENSED)
def test_what_is_not_licensed_is_told_from_what_is_denied(serve: Serve, path: str) -> None:
    fault, feature = LICENSED[path]
    resource = "rogues" if "rogues" in path else "alerts"
    unlicensed, denied = serve(fault), serve(f"denied-403:{resource}")
    detail = f'Feature "{feature}" is not available for the scope'
    assert unlicensed.refusal(path) == (403, 4030010, detail)
    assert denied.refusal(path) == (403, 4030010, None)


def test_what_is_not_shown_is_not_judged(serve: Serve, company: Company) -> None:
    full = truth(company)
    told = serve("no-network-discovery", "no-star", "denied-403:unified-exclusions").console.truth()
    assert told["COV-02"] == {"result": "ERROR", "items": {}, "counts": {}}
    lost = full["DET-01"]["items"].keys() - told["DET-01"]["items"].keys()
    assert len(lost) == len(company.alerts)
    assert {subject.partition(":")[0] for subject in lost} == {"alert"}
    assert len(told["EXC-01"]["items"]) == len(company.exclusions.classic)
    off = serve("denied-403:syslog-settings").console.truth()
    assert "settings:syslog" not in off["LOG-02"]["items"]


def test_a_token_of_one_site_sees_what_is_there(serve: Serve, company: Company) -> None:
    client = serve("site-scope")
    site = company.places.sites[0]["id"]
    assert {row["siteId"] for row in client.walk("/rogues/table-view")} == {site}
    alerts = client.walk("/cloud-detection/alerts")
    assert {row["agentRealtimeInfo"]["siteId"] for row in alerts} <= {site}
    assert 0 < len(client.walk("/exclusions")) < len(company.exclusions.classic)
    own = client.console.truth()["TOK-01"]["items"]
    assert f"user:{company.people.me['id']}" in own, "our own token is always judged"


def test_exclusions_have_a_rate_of_their_own() -> None:
    gate = Gate()
    assert sum(gate.admits("/exclusions", 5.0) for _ in range(100)) == 26
    assert sum(gate.admits("/threats/1/notes", 5.0) for _ in range(2000)) == 1001


def test_every_case_of_the_new_controls_is_there(company: Company) -> None:
    assert {row["managedState"] for row in company.rogues} == {
        "managed",
        "unmanaged",
        "unsupported",
        "unknown",
    }
    states = Counter((row["incidentStatus"], row["analystVerdict"]) for row in company.alerts)
    assert len(states) >= 6
    ends = [user["apiToken"]["expiresAt"] for user in company.people.users if user["apiToken"]]
    assert None in ends
    found = truth(company)
    for control in ("COV-02", "COV-04", "HLT-04", "EXC-01", "DET-01", "DET-04", "DET-05"):
        assert {"pass", "fail"} <= set(found[control]["counts"]), control
