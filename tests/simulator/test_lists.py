"""Lists: paging, limits, filters, order, and what is refused."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.simulator import Company

from .conftest import API, Client, Serve

LISTS = (
    "/agents",
    "/threats",
    "/groups",
    "/sites",
    "/accounts",
    "/users",
    "/service-users",
    "/rbac/roles",
    "/activities",
    "/update/agent/packages",
)
ALL = {"isDecommissioned": "true,false", "isUninstalled": "true,false"}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_gives_ten_rows_unless_more_are_asked_for(shared: Client, path: str) -> None:
    data = shared.get(path)["data"]
    rows = data["sites"] if path == "/sites" else data
    assert len(rows) == min(10, len(shared.walk(path, limit="200")))


@pytest.mark.parametrize("path", LISTS)
def test_a_walk_gives_every_row_once(shared: Client, path: str) -> None:
    total = shared.get(path, countOnly="true")["pagination"]["totalItems"]
    ids = [row["id"] for row in shared.walk(path, limit="37", sortBy="id", sortOrder="asc")]
    assert len(ids) == len(set(ids)) == total
    assert ids == sorted(ids, key=int)


@settings(max_examples=12, deadline=None)
@given(
    limit=st.integers(40, 1000),
    sort=st.sampled_from(["id", "updatedAt", "lastActiveDate", "computerName", "agentVersion"]),
    order=st.sampled_from(["asc", "desc"]),
)
def test_any_limit_and_order_give_the_same_rows(
    shared: Client, limit: int, sort: str, order: str
) -> None:
    rows = shared.walk("/agents", limit=str(limit), sortBy=sort, sortOrder=order, **ALL)
    assert sorted(row["id"] for row in rows) == sorted(
        row["id"] for row in shared.console.company.agents
    )


def test_descending_is_ascending_backwards(shared: Client) -> None:
    up = shared.walk("/activities", limit="99", sortBy="createdAt", sortOrder="asc")
    down = shared.walk("/activities", limit="101", sortBy="createdAt", sortOrder="desc")
    assert [row["id"] for row in up] == [row["id"] for row in reversed(down)]


def test_agents_that_left_are_shown_only_on_request(shared: Client) -> None:
    usual = shared.walk("/agents", limit="1000")
    assert all(not row["isDecommissioned"] and not row["isUninstalled"] for row in usual)
    everyone = shared.walk("/agents", limit="1000", **ALL)
    assert len(everyone) == len(shared.console.company.agents) > len(usual)
    assert shared.get("/agents/count")["data"]["total"] == len(usual)


@pytest.mark.parametrize(
    ("profile", "path", "limit", "fine"),
    [
        ("2026", "/groups", 1000, True),
        ("2024", "/groups", 300, True),
        ("2024", "/groups", 301, False),
        ("documented", "/groups", 1000, True),
        ("2024", "/agents", 1000, True),
        ("2026", "/agents", 1001, False),
        ("2026", "/agents", 0, False),
    ],
)
def test_limits_by_profile(
    serve: Serve, profile: str, path: str, limit: int, *, fine: bool
) -> None:
    response = serve(profile=profile).raw(path, limit=str(limit))
    assert response.status == (200 if fine else 400)


@pytest.mark.parametrize(
    ("query", "status", "code", "detail"),
    [
        ({"osType": "x"}, 400, 4000010, "dict_values(['osType']): Unknown field"),
        ({"limit": "many"}, 400, 4000010, "limit: Not a valid integer."),
        ({"skip": "1001"}, 400, 4000010, None),
        ({"isActive": "maybe"}, 400, 4000010, "isActive: Not a valid boolean."),
        ({"osTypes": "amiga"}, 400, 4000010, 'osTypes: 0: "amiga" is not a valid choice.'),
        ({"ids": "abc"}, 400, 4000010, "ids: 0: Not a valid Identifier."),
        ({"siteIds": ",".join(["1"] * 501)}, 400, 4000010, None),
        ({"sortBy": "colour"}, 400, 4000010, None),
        ({"sortOrder": "up"}, 400, 4000010, "sortOrder: Not a valid choice."),
        ({"updatedAt__gte": "yesterday"}, 400, 4000010, "updatedAt__gte: Not a valid datetime."),
        ({"cursor": "rubbish"}, 400, 4000010, "Invalid cursor value received"),
        ({"domains": "NORTHWIND"}, 501, 5010010, "domains is not simulated"),
    ],
)
def test_what_the_console_refuses(
    shared: Client, query: dict[str, str], status: int, code: int, detail: str | None
) -> None:
    found = shared.refusal("/agents", **query)
    assert found[:2] == (status, code)
    assert detail is None or found[2] == detail


def test_parameters_and_fields_that_2024_does_not_know(serve: Serve, shared: Client) -> None:
    old = serve(profile="2024")
    assert "Unknown field" in str(old.refusal("/agents", idsNin="1"))
    assert old.raw("/agents", isActive="true,false").status == 400
    assert shared.raw("/agents", isActive="true,false").status == 200
    for path, field in (
        ("/agents", "activeProtection"),
        ("/accounts", "irFields"),
        ("/users", "globalUserId"),
        ("/update/agent/packages", "supportedOsVersions"),
    ):
        assert field in shared.get(path)["data"][0]
        assert field not in old.get(path)["data"][0]
    assert "allowUnprotectByApprovedProcess" not in old.get("/tenant/policy")["data"]
    assert "idr" not in old.get("/tenant/policy")["data"]["engines"]
    assert old.raw("/system/env").status == 404
    assert len(old.get("/activities/types")["data"]) == 512
    assert len(shared.get("/activities/types")["data"]) == 711


def test_filters_pick_rows(shared: Client) -> None:
    site = shared.get("/sites")["data"]["sites"][0]["id"]
    assert {row["siteId"] for row in shared.walk("/agents", limit="500", siteIds=site)} == {site}
    some = [row["id"] for row in shared.console.company.agents[:3]]
    found = shared.walk("/agents", ids=",".join(some), **ALL)
    assert [row["id"] for row in found] == some
    types = {r["activityType"] for r in shared.walk("/activities", activityTypes="27,2028")}
    assert types == {27, 2028}
    stages = shared.walk("/threats", limit="200", incidentStatuses="unresolved,in_progress")
    assert {row["threatInfo"]["incidentStatus"] for row in stages} == {"unresolved", "in_progress"}
    assert {row["source"] for row in shared.walk("/users", sources="sso_saml")} == {"sso_saml"}
    assert {r["state"] for r in shared.walk("/sites", states="expired")} == {"expired"}


def test_time_filters_cut_where_they_say(shared: Client, now: datetime) -> None:
    every = shared.walk("/activities", limit="1000")
    middle = sorted(row["createdAt"] for row in every)[400]
    later = shared.walk("/activities", limit="500", createdAt__gte=middle)
    before = shared.walk("/activities", limit="500", createdAt__lt=middle)
    assert len(later) + len(before) == len(every)
    moment = datetime.fromisoformat(middle)
    assert moment < now.astimezone(UTC)
    window = f"{int(moment.timestamp() * 1000) - 86_400_000}-{int(moment.timestamp() * 1000) + 1}"
    between = shared.walk("/activities", limit="500", createdAt__between=window)
    assert middle in {row["createdAt"] for row in between}
    assert len(between) < len(every)


def test_count_only_and_skip_count(shared: Client) -> None:
    counted = shared.get("/threats", countOnly="true")
    assert counted["data"] == []
    assert counted["pagination"]["totalItems"] == 120
    assert shared.get("/threats", skipCount="true")["pagination"]["totalItems"] == 0


def test_activities_are_counted_to_fifty_thousand(serve: Serve, now: datetime) -> None:
    company = Company(agents=0, activities=1, threats=0, now=now)
    row = company.activities[0]
    company.activities = [row | {"id": str(int(row["id"]) + n)} for n in range(50_010)]
    console = serve(of=company)
    assert console.get("/activities", countOnly="true")["pagination"]["totalItems"] == 50_000


def test_a_cursor_is_a_place_and_nothing_more(shared: Client) -> None:
    cursor = shared.get("/agents", limit="50")["pagination"]["nextCursor"]
    assert not {"=", "+", "/"} & set(cursor)
    from_encoded = shared.get("/agents", limit="50", cursor=cursor)["data"]
    place = json.loads(base64.b64decode(unquote(cursor)))
    assert set(place) == {
        "id_column",
        "id_value",
        "id_sort_order",
        "sort_by_column",
        "sort_by_value",
        "sort_order",
    }
    assert shared.get("/agents", limit="50", cursor=unquote(cursor))["data"] == from_encoded
    again = quote(base64.b64encode(json.dumps(place).encode()).decode(), safe="")
    assert shared.get("/agents", limit="50", cursor=again)["data"] == from_encoded
    # Filters are not in it: dropping them widens the result.
    narrow = shared.get("/agents", limit="5", osTypes="macos")["pagination"]["nextCursor"]
    wide = shared.get("/agents", limit="50", cursor=unquote(narrow))["data"]
    assert {row["osType"] for row in wide} > {"macos"}


def test_sites_come_in_an_object(shared: Client) -> None:
    data = shared.get("/sites")["data"]
    assert set(data) == {"sites", "allSites"}
    assert data["allSites"]["activeLicenses"] == shared.get("/agents/count")["data"]["total"]


def test_plain_and_packed_are_the_same(shared: Client) -> None:
    packed = shared.raw("/agents", limit="20")
    plain = shared.http.request(
        "GET",
        f"{shared.console.url}{API}/agents?limit=20",
        headers={"Authorization": f"ApiToken {shared.console.token}"},
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.data == plain.data
