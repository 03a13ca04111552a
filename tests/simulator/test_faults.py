"""Every fault can be seen from outside, and is gone when it should be."""

import gzip
import json
import time
import zlib
from typing import Any

import pytest
import urllib3

from watchkeeper.simulator import FAULTS, Company, running, truth
from watchkeeper.simulator.faults import ENDS

from .conftest import API, Client, Serve

ALL = {"isDecommissioned": "true,false", "isUninstalled": "true,false"}


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "piece"),
    [
        ("429-html", 429, "text/html", b"429 Too Many Requests"),
        ("429-retry-after", 429, "text/html", b"429"),
        ("500", 500, "application/json", b"5000010"),
        ("502-text", 502, "text/plain", b"Bad Gateway"),
        ("503", 503, "text/html", b"503"),
        ("login-page", 200, "text/html", b"Login"),
        ("redirect", 302, "text/html", b""),
        ("empty-body", 200, "application/json", b""),
    ],
)
def test_answers_of_something_in_between(
    serve: Serve, fault: str, status: int, content_type: str, piece: bytes
) -> None:
    client = serve(fault)
    response = client.raw("/agents")
    assert response.status == status
    assert response.headers["Content-Type"] == content_type
    assert piece in response.data
    assert ("Retry-After" in response.headers) == (fault == "429-retry-after")
    assert client.get("/agents")["data"], "transient: the second time is fine"
    assert client.raw("/agents", limit="3").status == status, "another request suffers anew"


def test_the_redirect_leads_to_a_login_page(serve: Serve) -> None:
    client = serve("redirect")
    place = client.raw("/agents").headers["Location"]
    page = client.http.request("GET", f"{client.console.url}{place}")
    assert page.status == 200
    assert b"Login" in page.data


def test_always_means_always(serve: Serve) -> None:
    client = serve("500:always")
    assert {client.raw("/agents").status for _ in range(3)} == {500}
    assert client.raw("/system/status").status == 200


def test_a_fault_may_spare_other_resources(serve: Serve) -> None:
    client = serve("503:threats:always")
    assert client.raw("/agents").status == 200
    assert client.raw("/threats").status == 503


def test_broken_bodies(serve: Serve) -> None:
    cut = serve("truncated-json")
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.raw("/agents").data)
    trailed = serve("json-then-html").raw("/agents").data
    value, end = json.JSONDecoder().raw_decode(trailed.decode())
    assert value["data"]
    assert "<html>" in trailed.decode()[end:]


def test_a_gzip_stream_may_stop(serve: Serve) -> None:
    client = serve("truncated-gzip")
    body = client.http.request(
        "GET",
        f"{client.console.url}{API}/agents",
        headers={"Authorization": f"ApiToken {client.console.token}", "Accept-Encoding": "gzip"},
        decode_content=False,
    ).data
    with pytest.raises(EOFError):
        gzip.decompress(body)
    assert zlib.decompressobj(31).decompress(body).startswith(b'{"data":')


def test_a_transfer_may_be_cut(serve: Serve) -> None:
    with pytest.raises((urllib3.exceptions.ProtocolError, urllib3.exceptions.IncompleteRead)):
        serve("cut-transfer").raw("/agents")


def _last_page(client: Client) -> dict[str, Any]:
    return client.get("/groups", limit="300")


def test_every_end_of_a_walk(serve: Serve, shared: Client) -> None:
    expected = [row["id"] for row in shared.walk("/groups", limit="20")]
    for end in ENDS:
        client = serve(end)
        assert [row["id"] for row in client.walk("/groups", limit="20")] == expected, end
        page = _last_page(client)
        if end == "end-no-pagination":
            assert "pagination" not in page
        elif end == "end-absent":
            assert "nextCursor" not in page["pagination"]
        elif end == "end-empty-page":
            cursor = page["pagination"]["nextCursor"]
            assert client.get("/groups", limit="300", cursor=cursor)["data"] == []
        else:
            ends = {"end-null": None, "end-empty-string": "", "end-null-string": "null"}
            assert page["pagination"]["nextCursor"] == ends[end]


def test_a_cursor_may_repeat(serve: Serve) -> None:
    client = serve("repeated-cursor:always")
    first = client.get("/agents")["pagination"]["nextCursor"]
    second = client.get("/agents", cursor=first)["pagination"]["nextCursor"]
    assert client.get("/agents", cursor=second)["pagination"]["nextCursor"] == second


def test_a_cursor_may_expire(serve: Serve) -> None:
    client = serve("expired-cursor")
    cursor = client.get("/agents")["pagination"]["nextCursor"]
    cursor = client.get("/agents", cursor=cursor)["pagination"]["nextCursor"]
    detail = "Invalid cursor value received"
    assert client.refusal("/agents", cursor=cursor) == (400, 4000010, detail)
    assert client.get("/agents", cursor=cursor)["data"]


def test_the_count_may_be_wrong(serve: Serve, shared: Client) -> None:
    client = serve("count-too-large")
    for query in ({}, {"countOnly": "true"}):
        counts = [c.get("/users", **query)["pagination"]["totalItems"] for c in (client, shared)]
        assert counts[0] == counts[1] + 7


def test_rows_may_move_between_pages(serve: Serve, company: Company) -> None:
    client = serve("moving-rows")
    before = client.console.company
    rows = client.walk("/agents", limit="60", sortBy="id", **ALL)
    assert client.console.company is not before
    after = {row["id"]: row for row in client.console.company.agents}
    assert {row["id"] for row in rows} == set(after)
    assert set(after) != {row["id"] for row in company.agents}
    assert client.console.truth() == truth(client.console.company)


def test_rows_may_come_twice(serve: Serve, shared: Client) -> None:
    ids = [row["id"] for row in serve("duplicates").walk("/agents", limit="50")]
    assert len(ids) > len(set(ids))
    assert set(ids) == {row["id"] for row in shared.walk("/agents", limit="500")}


@pytest.mark.slow
def test_slow_and_dribbling_answers_arrive(serve: Serve) -> None:
    started = time.monotonic()
    serve("slow:50").get("/system/info")
    assert time.monotonic() - started >= 0.05
    assert serve("dribble").get("/system/info")["data"]
    started = time.monotonic()
    serve("slow-pages:50").get("/agents", limit="1")
    assert time.monotonic() - started >= 0.05


def test_no_answer_at_all(serve: Serve) -> None:
    client = serve("hang:threats")
    assert client.raw("/agents").status == 200
    client.http = urllib3.PoolManager(retries=False, timeout=0.2)
    with pytest.raises(urllib3.exceptions.TimeoutError):
        client.raw("/threats")
    assert client.console.requests[-1].status == 0
    large = serve("hang-large")
    large.http = client.http
    with pytest.raises(urllib3.exceptions.TimeoutError):
        large.raw("/agents", limit="501")
    assert large.raw("/groups", limit="500").status == 200


def test_a_hanging_request_does_not_keep_the_server(company: Company) -> None:
    with running(company, faults=["hang:always"]) as console:
        client = Client(console, urllib3.PoolManager(retries=False, timeout=0.1))
        with pytest.raises(urllib3.exceptions.TimeoutError):
            client.raw("/agents")


def test_a_console_that_stopped_answers_nobody(company: Company) -> None:
    with running(company) as console:
        client = Client(console)
        client.get("/agents")
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.raw("/agents")


def test_tokens_die(serve: Serve) -> None:
    expired = serve("token-expired")
    assert {expired.raw(path).status for path in ("/agents", "/system/info", "/user")} == {401}
    revoked = serve("token-revoked:3")
    assert [revoked.raw("/agents").status for _ in range(5)] == [200, 200, 200, 401, 401]


@pytest.mark.parametrize(("fault", "status"), [("denied-401", 401), ("denied-403", 403)])
@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ("agents", "/agents"),
        ("threats", "/threats"),
        ("policies", "/tenant/policy"),
        ("groups", "/groups"),
        ("sites", "/sites"),
        ("accounts", "/accounts"),
        ("users", "/users"),
        ("service-users", "/service-users"),
        ("roles", "/rbac/roles"),
        ("role", "/rbac/role/1"),
        ("activities", "/activities"),
        ("packages", "/update/agent/packages"),
        ("user", "/user"),
        ("timelines", "/threats/1/timeline"),
    ],
)
def test_what_a_role_does_not_allow(
    serve: Serve, fault: str, status: int, resource: str, path: str
) -> None:
    client = serve(f"{fault}:{resource}")
    assert client.raw(path).status == status
    assert client.raw("/system/info").status == 200


def test_a_token_of_one_site(serve: Serve, company: Company) -> None:
    client = serve("site-scope")
    site, other = company.places.sites[0]["id"], company.places.sites[1]["id"]
    detail = "Action is not allowed to site users"
    assert client.refusal("/accounts") == (403, 4030010, detail)
    assert client.refusal("/tenant/policy")[0] == 403
    assert client.refusal(f"/accounts/{company.places.accounts[0]['id']}/policy")[0] == 403
    assert client.refusal(f"/sites/{other}/policy")[0] == 404
    assert client.raw(f"/sites/{site}/policy").status == 200
    agents = client.walk("/agents", limit="500")
    assert {row["siteId"] for row in agents} == {site}
    assert [row["id"] for row in client.walk("/sites")] == [site]
    me = client.get("/user")["data"]
    assert (me["scope"], me["scopeRoles"][0]["id"]) == ("site", site)
    found = client.console.truth()
    assert found == truth(client.console.company, visible_site=site)
    assert len(found["HLT-01"]["items"]) == len(client.walk("/agents", limit="500", **ALL))


def test_parameters_may_be_refused(serve: Serve) -> None:
    client = serve("lists-refused", "unknown-parameter:sortBy")
    detail = client.refusal("/agents", isDecommissioned="true,false")[2]
    assert detail == "isDecommissioned: Not a valid boolean."
    assert client.raw("/agents", isDecommissioned="true").status == 200
    assert client.refusal("/agents", sortBy="id")[2] == "dict_values(['sortBy']): Unknown field"


def test_nulls_make_controls_err(serve: Serve) -> None:
    client = serve("null-fields")
    assert None in {row["lastActiveDate"] for row in client.walk("/agents", limit="500")}
    results = {control: told["result"] for control, told in client.console.truth().items()}
    assert results.pop("COV-03") == "NOT_APPLICABLE"
    # Nothing that these read can be missing without something else failing for it.
    for control in ("POL-06", "DET-06", "ACC-03", "TOK-01", "LOG-02"):
        assert results.pop(control) == "FAIL"
    assert set(results.values()) == {"ERROR"}


def test_types_may_be_wrong(serve: Serve) -> None:
    flags = {type(r["isActive"]) for r in serve("wrong-types").walk("/agents", limit="500")}
    assert flags == {bool, str}
    ids = {type(r["id"]) for r in serve("big-integers").walk("/activities", limit="500")}
    assert ids == {int, str}


def test_every_fault_is_described_and_nonsense_refused(company: Company) -> None:
    assert all(meaning and not meaning.endswith(".") for meaning in FAULTS.values())
    for wrong in (
        "flood",
        "denied-403",
        "slow",
        "slow:fast",
        "slow-pages",
        "500:moon",
        "unknown-parameter",
    ):
        with pytest.raises(ValueError, match="fault"), running(company, faults=[wrong]):
            pass
    with pytest.raises(ValueError, match="unknown profile"), running(company, profile="1999"):
        pass


def test_faults_and_company_can_change_while_it_runs(serve: Serve, company: Company) -> None:
    client = serve("500:always")
    assert client.raw("/agents").status == 500
    client.console.set_faults()
    assert client.raw("/agents").status == 200
    client.console.set_company(Company.healthy(now=company.now))
    assert client.get("/agents", countOnly="true")["pagination"]["totalItems"] == 60
