"""Everything that is not a list: who may come in, single objects, policies, profiles."""

import json

import pytest
import urllib3

from watchkeeper.simulator import PROFILES, Company, running

from .conftest import API, Client, Serve

UNAUTHORISED = b'{"errors":[{"code":4010010,"detail":null,"title":"Authentication Failed"}]}\n'


@pytest.mark.parametrize("scheme", ["APIToken {}", "Bearer {}", "Token {}", "{}", "ApiToken x{}"])
def test_only_the_right_header_opens(shared: Client, scheme: str) -> None:
    header = {"Authorization": scheme.format(shared.console.token)}
    response = urllib3.request("GET", f"{shared.console.url}{API}/agents", headers=header)
    assert response.status == 401
    assert response.data == UNAUTHORISED
    assert len(response.data) == 76


def test_status_needs_no_token_and_info_does(shared: Client) -> None:
    base = f"{shared.console.url}{API}"
    assert urllib3.request("GET", f"{base}/system/status").json() == {"data": {"health": "ok"}}
    assert urllib3.request("GET", f"{base}/system/info").status == 401
    assert shared.get("/system/info")["data"]["latestAgentVersion"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_but_reading(serve: Serve, method: str) -> None:
    client = serve()
    assert client.raw("/agents", method).status == 405
    assert [(seen.method, seen.status) for seen in client.console.requests] == [(method, 405)]


def test_requests_are_recorded(serve: Serve) -> None:
    client = serve()
    client.raw("/agents", limit="5", ids="1,2")
    seen = client.console.requests[-1]
    assert seen.path == f"{API}/agents"
    assert seen.query == {"limit": ["5"], "ids": ["1,2"]}
    assert seen.status == 200


@pytest.mark.parametrize("path", ["/agents/1", "/threats/1", "/policy", "/nonsense", "/groups/1"])
def test_paths_that_do_not_exist(shared: Client, path: str) -> None:
    assert shared.refusal(path)[:2] == (404, 4040010)


def test_tokens_differ_from_run_to_run(company: Company) -> None:
    with running(company) as one, running(company) as two:
        assert one.token != two.token


def test_who_the_token_is(shared: Client) -> None:
    me = shared.get("/user")["data"]
    assert me["scope"] == "tenant"
    assert me["scopeRoles"][0]["roleName"] == "Viewer"
    assert "." not in me["apiToken"]["expiresAt"]
    assert shared.get(f"/users/{me['id']}/api-token-details")["data"] == me["apiToken"]
    assert shared.get("/users/viewer-auth-check")["data"] == {"success": True}
    assert me["id"] in {row["id"] for row in shared.walk("/service-users")}


def test_ones_own_token_needs_no_permission(serve: Serve, company: Company) -> None:
    client = serve("denied-403:users")
    own = company.people.me["id"]
    other = next(user["id"] for user in company.people.users if user["apiToken"])
    assert client.raw(f"/users/{own}/api-token-details").status == 200
    assert client.raw(f"/users/{other}/api-token-details").status == 403


def test_policies_inherit(shared: Client) -> None:
    seen = set()
    for group in shared.walk("/groups", limit="200"):
        policy = shared.get(f"/groups/{group['id']}/policy")["data"]
        seen.add(policy["inheritedFrom"])
        assert (policy["inheritedFrom"] is None) == (not group["inherits"])
        if policy["inheritedFrom"] == "site":
            site = shared.get(f"/sites/{group['siteId']}/policy")["data"]
            assert site["inheritedFrom"] is None
            assert site | {"inheritedFrom": "site"} == policy
    assert seen == {None, "site", "account", "global"}
    assert shared.get("/tenant/policy")["data"]["isDefault"] is True
    assert shared.refusal("/groups/1/policy")[:2] == (404, 4040010)
    assert "Unknown field" in str(shared.refusal("/tenant/policy", limit="1"))


def test_the_documented_profile(serve: Serve, company: Company) -> None:
    client = serve(profile="documented")
    agent, group = company.agents[0], company.places.groups[0]
    assert client.get(f"/agents/{agent['id']}")["data"]["uuid"] == agent["uuid"]
    assert client.refusal("/agents/1")[0] == 404
    assert client.refusal("/agents", ids="1")[2] == "dict_values(['ids']): Unknown field"
    assert client.refusal(f"/groups/{group['id']}/policy")[0] == 404
    assert client.get("/policy", groupIds=group["id"])["data"]["inheritedFrom"] is not None
    assert client.get("/policy", tenant="true")["data"]["isDefault"] is True
    assert client.refusal("/policy", siteIds="1")[0] == 404
    assert client.refusal("/policy")[0] == 400


def test_roles_tell_what_they_allow(shared: Client) -> None:
    grants = {}
    for role in shared.walk("/rbac/roles"):
        pages = shared.get(f"/rbac/role/{role['id']}")["data"]["pages"]
        grants[role["name"]] = {
            permission["identifier"]
            for page in pages
            for permission in page["permissions"]
            if permission["value"]
        }
    assert "Users.edit" in grants["Helpdesk Lead"]
    assert all(name.endswith(".view") for name in grants["Administrative Assistant"])
    assert shared.refusal("/rbac/role/1")[0] == 404


def test_timelines_are_paged(shared: Client, company: Company) -> None:
    threat = max(company.threats, key=lambda row: len(row["_events"]))
    path = f"/threats/{threat['id']}/timeline"
    rows = shared.walk(path, limit="2", sortBy="createdAt", sortOrder="asc")
    assert len(rows) == len(threat["_events"]) > 4
    changes = shared.walk(path, activityTypes="2028")
    assert {"oldIncidentStatus", "newIncidentStatus"} <= set(changes[0]["data"])
    assert shared.refusal("/threats/1/timeline")[0] == 404


def test_headers(shared: Client) -> None:
    headers = shared.raw("/agents").headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Date"].endswith("GMT")
    assert headers["x-rqid"] != shared.raw("/agents").headers["x-rqid"]


@pytest.mark.parametrize("profile", PROFILES)
def test_records_have_the_fields_of_the_specification(serve: Serve, profile: str) -> None:
    client = serve(profile=profile)
    agent = client.get("/agents")["data"][0]
    assert len(agent) >= 80
    assert 2500 < len(json.dumps(agent)) < 4500
    assert not any(name.startswith("_") for name in agent)
    threat = client.get("/threats")["data"][0]
    assert {"threatInfo", "agentRealtimeInfo", "agentDetectionInfo"} <= set(threat)
    assert "createdAt" not in threat
    assert "accountId" not in client.get("/groups")["data"][0]
