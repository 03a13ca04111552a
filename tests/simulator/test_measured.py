"""What a reader of the console did, in figures, and what happens to one that asks too often."""

import json
from typing import Any

import pytest
import urllib3

from watchkeeper.simulator.rates import PUBLISHED, Gate, prefix_of
from watchkeeper.simulator.seen import Seen, busiest

from .conftest import API, Client, Serve


def _figures(client: Client) -> Any:
    answer = client.http.request("GET", f"{client.console.url}/simulator/seen")
    assert answer.status == 200
    return json.loads(answer.data)


def test_every_request_tells_when_it_came(serve: Serve) -> None:
    client = serve()
    for _ in range(5):
        client.get("/agents")
    client.raw("/sites")
    moments = [seen.at for seen in client.console.requests]
    assert moments == sorted(moments)
    assert moments[0] > 0
    assert 1 <= client.console.busiest_second("/agents") <= 5
    assert client.console.busiest_second("/sites") == 1
    assert client.console.busiest_second("/threats") == 0


@pytest.mark.parametrize(
    ("moments", "most"),
    [
        ([], 0),
        ([5.0], 1),
        ([0.0, 1.0, 2.0], 1),
        ([0.0, 0.4, 0.9, 1.2, 1.39, 3.0], 4),
        ([2.0, 0.5, 1.0], 2),
    ],
)
def test_the_busiest_second(moments: list[float], most: int) -> None:
    assert busiest(moments) == most


def test_what_was_fetched_twice_is_named(serve: Serve) -> None:
    client = serve("502-text:threats")
    for _ in range(3):
        client.get("/agents", limit="5", sortBy="id")
        client.get("/agents", countOnly="true")
        client.get("/system/info")
    client.raw("/threats")
    client.get("/threats")
    assert client.console.repeated() == {f"{API}/agents?limit=5&sortBy=id": 3}


def test_the_order_of_parameters_makes_no_other_question() -> None:
    one = Seen("GET", "/x", {"b": ["2"], "a": ["1", "3"]})
    two = Seen("GET", "/x", {"a": ["1", "3"], "b": ["2"]})
    assert one.question == two.question == "/x?a=1,3&b=2"


def test_figures_are_served_beside_the_api(serve: Serve) -> None:
    client = serve("500:sites:always")
    for path in ("/agents", "/agents", "/groups", "/sites", "/threats/1/timeline"):
        client.raw(path)
    first = _figures(client)
    assert first == _figures(client), "it does not count itself"
    assert first["requests"] == 5
    assert first["by_prefix"] == {"/agents": 2, "/groups": 1, "/sites": 1, "/threats/": 1}
    assert first["busiest_second"].keys() == first["by_prefix"].keys()
    assert first["by_status"] == {"200": 3, "404": 1, "500": 1}
    assert first["repeated"] == 1


def test_figures_can_be_forgotten_and_nothing_else_changed(serve: Serve) -> None:
    client = serve("token-revoked:3")
    base = client.console.url
    client.get("/agents")
    client.get("/sites")
    assert urllib3.request("POST", f"{base}/simulator/forget").status == 200
    assert _figures(client)["requests"] == 0
    assert client.raw("/agents").status == 200
    assert client.raw("/agents").status == 401, "how often it was asked is not forgotten"
    for method, path in (("POST", "/simulator/seen"), ("PUT", "/simulator/forget")):
        assert urllib3.request(method, f"{base}{path}").status == 405
    assert urllib3.request("GET", f"{base}/simulator/forget").status == 401
    assert client.raw("/agents", "POST").status == 405


def test_who_asks_too_often_is_turned_away(serve: Serve) -> None:
    client = serve("rate-limits")
    responses = [client.raw("/user") for _ in range(10)]
    statuses = [response.status for response in responses]
    assert statuses[:6] == [200] * 6
    refused = responses[statuses.index(429)]
    assert refused.headers["Content-Type"] == "text/html"
    assert "Retry-After" not in refused.headers
    assert b"429 Too Many Requests" in refused.data
    assert client.raw("/agents").status == 200, "others have a rate of their own"
    assert _figures(client)["requests"] == 11
    client.console.set_faults()
    assert client.raw("/user").status == 200


def _admitted(path: str, moments: list[float]) -> int:
    gate = Gate()
    return sum(gate.admits(path, moment) for moment in moments)


def test_rates_are_those_published() -> None:
    at_once = [100.0] * 2000
    for prefix, (rate, burst) in PUBLISHED.items():
        allowed = int(rate) if burst is None else burst + 1
        assert _admitted(prefix, at_once) == allowed, prefix
    assert _admitted("/groups", at_once) == 11
    for prefix, (rate, _) in PUBLISHED.items():
        steady = [n / rate * 1.001 for n in range(300)]
        assert _admitted(prefix, steady) == 300, prefix


def test_agents_are_served_twenty_five_times_in_any_second() -> None:
    assert _admitted("/agents", [n / 100 for n in range(100)]) == 25
    assert _admitted("/agents", [n / 100 for n in range(200)]) == 50
    # Not evenly spaced, but never more than 25 within a second.
    assert _admitted("/agents", [n // 25 + n % 25 / 1024 for n in range(100)]) == 100


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/agents/count", "/agents"),
        ("/threats", "/threats"),
        ("/threats/12/timeline", "/threats/"),
        ("/users/1/api-token-details", "/users"),
        ("/user", "/user"),
        ("/sites/1/policy", "/sites"),
        ("/groups/1/policy", "/groups"),
        ("/update/agent/packages", "/update"),
        ("/system/status", "/system/status"),
        ("/system/info", "/system"),
    ],
)
def test_the_longest_prefix_governs(path: str, prefix: str) -> None:
    assert prefix_of(path) == prefix
