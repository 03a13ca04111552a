"""What the people of a company state, and what that makes true."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from watchkeeper.simulator import Company, statements, truth
from watchkeeper.simulator.times import read, stamp
from watchkeeper.simulator.truth import Collected

from .conftest import STATED

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def stated(company: Company) -> Rows:
    """Everything that was stated."""
    return statements(company)


def test_times_are_text_and_what_was_decided_has_its_versions(stated: Rows) -> None:
    rows = stated["attestations"]
    for row in rows:
        assert all(read(row[name]) for name in ("valid_from", "expires_at", "recorded_at"))
        assert row["expires_at"] > row["valid_from"]
        assert row["requested_by"] != row["decided_by"]
    versions = Counter(row["id"] for row in rows)
    assert set(versions.values()) == {1, 2, 3}
    assert {row["state"] for row in rows} == {"requested", "approved", "revoked"}
    (names,) = {frozenset(row) for row in rows}
    assert {"id", "kind", "subject", "statement", "data", "state", "decided_at"} < names
    for name in ("assets", "people", "support_ends"):
        ids = [row["id"] for row in stated[name]]
        assert len(ids) == len(set(ids)) > 0, name


def test_lists_hold_every_case(company: Company, stated: Rows) -> None:
    found = truth(company, statements=stated)
    for control, outcomes in {
        "COV-01": {"pass", "fail", "unknown", "not_applicable"},
        "ACC-04": {"pass", "fail", "unknown", "not_applicable"},
        "VER-02": {"pass", "fail", "not_applicable"},
        "POL-06": {"pass", "fail"},
        "ACC-01": {"pass", "fail", "not_applicable"},
        "ACC-03": {"pass", "fail", "not_applicable"},
        "TOK-01": {"pass", "fail", "not_applicable"},
        "DET-06": {"pass", "fail"},
    }.items():
        assert set(found[control]["counts"]) == outcomes, control


def test_nothing_stated_is_no_list_and_no_attestation(company: Company) -> None:
    empty: Rows = {"attestations": []}
    for nothing in (None, empty):
        found = truth(company, statements=nothing)
        assert {name for name in STATED if found[name]["result"] == "ERROR"} == STATED
        assert set(found["POL-06"]["items"].values()) == {"fail"}


def _asset(**values: Any) -> dict[str, Any]:
    blank = dict.fromkeys(("serial_number", "mac_addresses", "name", "domain", "status"))
    return blank | {"id": "a/1", "listed_at": stamp(NOW)} | values


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ({"serial_number": "{serial}"}, "pass"),
        ({"mac_addresses": ["{mac}"]}, "pass"),
        ({"name": "{name}"}, "pass"),
        ({"name": "{name}", "domain": "NorthWind"}, "pass"),
        ({"name": "{name}", "domain": "elsewhere"}, "fail"),
        ({"name": "{name}.elsewhere"}, "fail"),
        ({"serial_number": "Default string"}, "unknown"),
        ({"serial_number": "0000"}, "unknown"),
        ({"serial_number": "{serial}", "status": "Retired"}, "not_applicable"),
        ({"serial_number": "{serial}", "listed_at": stamp(NOW - 36 * DAY)}, "unknown"),
        ({"serial_number": "{serial}", "listed_at": stamp(NOW + HOUR)}, "unknown"),
        ({"serial_number": "NOTTHERE1"}, "fail"),
    ],
)
def test_how_assets_are_told(values: dict[str, Any], outcome: str) -> None:
    company = Company.healthy(now=NOW)
    agent = next(row for row in company.agents if row["_n"] == 2)
    words = {
        "serial": agent["serialNumber"].lower(),
        "mac": "02-5E-10-00-00-02",
        "name": agent["computerName"],
    }
    told = {
        key: [text.format(**words) for text in value]
        if isinstance(value, list)
        else value.format(**words)
        for key, value in values.items()
    }
    found = truth(company, statements={"assets": [_asset(**told)]})["COV-01"]["items"]
    assert found["asset:a/1"] == outcome
    listed = f"agent:{agent['id']}" in found
    # An agent without an asset is listed, whatever becomes of the asset.
    known = outcome == "pass" or {"status", "listed_at"} & values.keys()
    assert listed == (not known)


def test_a_key_that_two_assets_share_decides_nothing() -> None:
    company = Company.healthy(now=NOW)
    one, two = company.agents[2:4]
    twins = [
        _asset(id="a/1", serial_number=one["serialNumber"], name=two["computerName"]),
        _asset(id="a/2", serial_number=one["serialNumber"]),
    ]
    items = truth(company, statements={"assets": twins})["COV-01"]["items"]
    assert (items["asset:a/1"], items["asset:a/2"]) == ("pass", "unknown")
    twins[0]["status"] = "scrapped"
    items = truth(company, statements={"assets": twins})["COV-01"]["items"]
    assert (items["asset:a/1"], items["asset:a/2"]) == ("not_applicable", "pass")


def _collected(
    *spans: tuple[int, int, str], name: str = "activities", now: datetime = NOW
) -> list[Collected]:
    """Attempts that end when what they read ends, in hours before now."""
    return [
        (name, verdict, now - end * HOUR, now - end * HOUR, (now - begin * HOUR, now - end * HOUR))
        for begin, end, verdict in spans
    ]


@pytest.mark.parametrize(
    ("spans", "failing"),
    [
        ([(9000, 7, "complete"), (7, 1, "complete")], set()),
        ([(9000, 8, "complete"), (7, 1, "complete")], {"log:windows"}),
        ([(9000, 7, "complete"), (7, 3, "incomplete"), (7, 1, "complete")], set()),
        ([(9000, 3, "complete"), (3, 1, "incomplete")], {"log:windows"}),
        ([(9000, 30, "complete")], {"log:newest"}),
        ([(9000, 5000, "complete"), (40, 1, "complete")], {"log:windows", "log:months"}),
    ],
)
def test_our_own_collections_of_the_log(
    spans: list[tuple[int, int, str]], failing: set[str]
) -> None:
    found = truth(Company.healthy(10, now=NOW), collected=_collected(*spans))["LOG-01"]["items"]
    assert {subject for subject, outcome in found.items() if outcome == "fail"} == failing
    assert len(found) == 4


def test_an_attempt_that_came_to_nothing_is_made_good_by_who_reads_past_it() -> None:
    company = Company.healthy(10, now=NOW)
    nothing: Collected = ("activities", "denied", NOW - 5 * HOUR, NOW - 5 * HOUR, None)
    before, after = _collected((9000, 7, "complete"), (7, 1, "complete"))
    open_still = truth(company, collected=[before, nothing])["LOG-01"]["items"]
    made_good = truth(company, collected=[before, nothing, after])["LOG-01"]["items"]
    assert (open_still["log:windows"], made_good["log:windows"]) == ("fail", "pass")


def test_a_log_that_is_watched_since_lately_is_not_yet_kept() -> None:
    company = Company.healthy(10, now=NOW)
    young = truth(company, collected=_collected((90, 1, "complete")))["LOG-01"]["items"]
    assert young["log:kept"] == "not_applicable"
    none = truth(company, collected=_collected((9, 1, "failed")))["LOG-01"]
    assert none["result"] == "ERROR"


def test_the_monitor_itself() -> None:
    company = Company.healthy(10, now=NOW)
    collected = [
        *_collected((30, 25, "complete"), (25, 1, "complete"), name="agents"),
        *_collected((9, 5, "complete"), name="threats"),
        *_collected((9, 1, "unlicensed"), name="rogues"),
        *_collected((9, 1, "denied"), name="users"),
        *_collected((90, 60, "complete"), (60, 2, "complete"), name="sites"),
    ]
    said = statements(company)
    found = truth(company, statements=said, collected=collected, clock_offset_ms=-1900)["CCM-01"]
    assert found["items"] == {
        "resource:agents": "pass",
        "resource:threats": "fail",
        "resource:rogues": "not_applicable",
        "resource:users": "fail",
        "resource:sites": "fail",
        "clock": "pass",
        "token": "pass",
        "restore": "pass",
    }
    blind = truth(company, collected=collected)["CCM-01"]["items"]
    assert (blind["clock"], blind["restore"]) == ("unknown", "fail")
    assert "CCM-01" not in truth(company)
