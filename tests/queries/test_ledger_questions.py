"""Standing, history, freshness, attention, collections, devices, threats: from the index."""

from datetime import timedelta

import pytest

from tests.rows import reaching
from watchkeeper.errors import LockerError, Tampered
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import CollectionEntry, Connection, Run
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome, Result
from watchkeeper.model.collection import Verdict
from watchkeeper.model.schedule import next_due, phase
from watchkeeper.queries import collections, history, shelf
from watchkeeper.queries import devices as devices_query
from watchkeeper.queries import items as items_query
from watchkeeper.queries import threats as threats_query
from watchkeeper.queries.attention import Kind, attention
from watchkeeper.queries.connections import connection as view_of
from watchkeeper.queries.connections import connections
from watchkeeper.queries.control import control
from watchkeeper.queries.device import device, newest_request
from watchkeeper.queries.devices import devices
from watchkeeper.queries.fleet import fleet
from watchkeeper.queries.freshness import freshness
from watchkeeper.queries.listing import Asked
from watchkeeper.queries.ready import prepare
from watchkeeper.queries.standing import standing, standings
from watchkeeper.queries.threats import threats

from .sealing import NAMES, NOW, at, seal_items, seal_rows

pytestmark = pytest.mark.postgres
ACME = "acme"
DAY = timedelta(days=1)
PASSES = [("agent:1", "one", Outcome.PASS)]
FAILS = [("agent:1", "one", Outcome.FAIL)]


def agent(identity: str, **values: object) -> dict[str, object]:
    """A device in service."""
    return {
        "id": identity,
        "computer_name": f"PC-{identity}",
        "group_id": "g",
        "is_decommissioned": False,
        "is_uninstalled": False,
        "is_active": True,
        "is_up_to_date": True,
        "infected": False,
        "mitigation_mode": "protect",
        "operational_state": "na",
    } | values


def test_a_result_whose_data_is_too_old_reads_as_stale(
    locker: Locker, connection: Connection
) -> None:
    seal_items(locker, ACME, PASSES)
    index(locker, connection)

    fresh = standing(connection.pk, "HLT-01", NOW)
    old = standing(connection.pk, "HLT-01", NOW + 3 * DAY)

    assert fresh is not None
    assert old is not None
    assert (fresh.result, fresh.sealed_result) == (Result.PASS, Result.PASS)
    assert (old.result, old.sealed_result) == (Result.STALE, Result.PASS)
    assert standing(connection.pk, "HLT-02", NOW) is None


def test_controls_come_worst_first(locker: Locker, connection: Connection) -> None:
    seal_items(locker, ACME, PASSES, control="HLT-01")
    seal_items(locker, ACME, FAILS, control="POL-02")
    seal_items(locker, ACME, FAILS, control="POL-01")
    seal_items(locker, ACME, [], control="ACC-01", result=Result.ERROR)
    index(locker, connection)

    assert [each.control for each in standings(connection.pk, NOW)] == [
        "ACC-01",
        "POL-01",
        "POL-02",
        "HLT-01",
    ]


def test_days_take_the_last_result_of_each_day_and_show_gaps(
    locker: Locker, connection: Connection
) -> None:
    seal_items(locker, ACME, FAILS, judged_at=NOW - 3 * DAY)
    seal_items(locker, ACME, FAILS, judged_at=NOW - DAY)
    seal_items(locker, ACME, PASSES, judged_at=NOW - DAY + timedelta(hours=1))
    index(locker, connection)

    found = history.days(connection.pk, NOW.date(), 4)

    assert [day.results for day in found] == [{Result.FAIL: 1}, {}, {Result.PASS: 1}, {}]


def test_since_when_a_control_says_what_it_says(locker: Locker, connection: Connection) -> None:
    moments = [NOW - 4 * DAY, NOW - 3 * DAY, NOW - 2 * DAY, NOW - DAY]
    for moment, items in zip(moments, [FAILS, PASSES, FAILS, FAILS], strict=True):
        seal_items(locker, ACME, items, judged_at=moment)
    seal_items(locker, ACME, PASSES, control="POL-01", judged_at=NOW)
    index(locker, connection)

    assert history.since(connection.pk) == {"HLT-01": NOW - 2 * DAY, "POL-01": NOW}
    assert [each.result for each in history.of_control(connection.pk, "HLT-01", 2)] == [
        Result.FAIL,
        Result.FAIL,
    ]
    page = history.page_of_control(connection.pk, "HLT-01", 2, 3)
    assert ([each.judged_at for each in page.rows], page.total) == ([NOW - 4 * DAY], 4)


def test_freshness_tells_the_newest_and_the_newest_complete(
    locker: Locker, connection: Connection
) -> None:
    complete = seal_rows(locker, ACME, "agents", [agent("1")])
    locker.clock = at(NOW + timedelta(hours=1))
    denied = seal_rows(locker, ACME, "agents", [], verdict=Verdict.DENIED, reason="forbidden")
    index(locker, connection)

    found = {each.resource.name: each for each in freshness(locker, connection.pk)}

    agents = found["agents"]
    assert agents.newest is not None
    assert agents.newest_complete is not None
    assert (agents.newest.id, agents.newest_complete.id) == (denied.id, complete.id)
    assert agents.due == next_due(NOW + timedelta(hours=1), agents.interval, phase(ACME))
    assert (agents.overdue(NOW + DAY), agents.overdue(NOW + 3 * DAY)) == (False, True)
    assert found["threats"].newest is None


def test_attention_puts_the_connection_before_resources_before_controls(
    locker: Locker, connection: Connection
) -> None:
    seal_rows(locker, ACME, "agents", [], verdict=Verdict.DENIED, reason="forbidden")
    seal_items(locker, ACME, FAILS)
    index(locker, connection)
    Connection.objects.filter(pk=connection.pk).update(
        state="token dead", state_reason="expired", token_expires_at=NOW - DAY
    )
    view = view_of(ACME)
    assert view is not None

    found = attention(view, standings(connection.pk, NOW), freshness(locker, connection.pk), NOW)

    assert [each.kind for each in found] == [
        Kind.CONNECTION,
        Kind.TOKEN,
        Kind.RESOURCE,
        Kind.CONTROL,
    ]
    assert "forbidden" in found[2].reason
    assert [each.token_state(NOW) for each in connections()] == ["expired"]


def test_the_fleet_counts_devices_in_service(locker: Locker, connection: Connection) -> None:
    rows = [
        agent("1"),
        agent("2", mitigation_mode="detect", infected=True, is_active=None),
        agent("3", is_decommissioned=True),
        agent("4", is_uninstalled=True),
    ]
    seal_rows(locker, ACME, "agents", rows)
    index(locker, connection)

    found = fleet(locker, connection.pk)

    assert found is not None
    assert (found.listed, found.in_service, found.protect, found.infected) == (4, 2, 1, 1)
    assert (found.active, found.up_to_date, found.enabled) == (1, 2, 2)
    assert found.open_threats is None


def test_of_a_threat_the_newest_version_counts(locker: Locker, connection: Connection) -> None:
    def threat(identity: str, status: str, hour: int) -> dict[str, object]:
        return {
            "id": identity,
            "threat_name": NAMES[0],
            "incident_status": status,
            "agent_id": "1",
            "created_at": NOW,
            "updated_at": NOW + timedelta(hours=hour),
        }

    seal_rows(locker, ACME, "agents", [agent("1")])
    seal_rows(locker, ACME, "threats", [threat("x", "unresolved", 0)], told=reaching(NOW))
    first = [threat("a", "unresolved", 0), threat("b", "resolved", 0)]
    seal_rows(locker, ACME, "threats", first, told=reaching(NOW))
    locker.clock = at(NOW + timedelta(hours=1))
    second = [threat("a", "resolved", 1), threat("c", "unresolved", 1)]
    reach = reaching(NOW + timedelta(hours=1), NOW)
    reach["reach"]["known"] = 3
    changes = seal_rows(locker, ACME, "threats", second, told=reach)
    locker.clock = at(NOW + timedelta(hours=2))
    empty = reaching(NOW + timedelta(hours=2), NOW + timedelta(hours=1))
    empty["reach"]["known"] = 3
    seal_rows(locker, ACME, "threats", [], told=empty)
    index(locker, connection)

    found = threats(locker, connection.pk, Asked(sort="name"))
    still = threats(locker, connection.pk, Asked(chosen={"open": "yes"}))
    numbers = fleet(locker, connection.pk)

    assert found is not None
    assert still is not None
    assert numbers is not None
    assert {each.id: each.status for each in found.page.rows} == {
        "a": "resolved",
        "b": "resolved",
        "c": "unresolved",
    }
    assert [each.id for each in still.page.rows] == ["c"]
    assert (numbers.open_threats, found.collections) == (1, 2)
    assert found.newest == NOW + timedelta(hours=2)
    fresh = {each.resource.name: each.records for each in freshness(locker, connection.pk)}
    assert (fresh["threats"], fresh["agents"], fresh["users"]) == (3, 1, None)

    CollectionEntry.objects.filter(path=changes.path).delete()
    with pytest.raises(LockerError, match="without a gap"):
        threats(locker, connection.pk, Asked())


def test_a_device_read_alone_shows_its_newer_values(locker: Locker, connection: Connection) -> None:
    seal_rows(locker, ACME, "agents", [agent("1", agent_version="1"), agent("2")])
    seal_items(locker, ACME, [("agent:1", "one", Outcome.FAIL), ("group:g", "all", Outcome.PASS)])
    locker.clock = at(NOW + timedelta(hours=1))
    seal_rows(locker, ACME, "agents", [agent("1", agent_version="2")], subject="agent:1")
    index(locker, connection)
    Run.objects.create(connection=connection, trigger="maria", subject="1", started=NOW)

    found = device(locker, connection.pk, "1", NOW)
    listed = devices(locker, connection.pk, Asked())

    assert found is not None
    assert listed is not None
    assert (found.values["agent_version"], found.alone) == ("2", True)
    assert [(each.outcome, each.about) for each in found.outcomes] == [
        (Outcome.FAIL, ""),
        (Outcome.PASS, "all"),
    ]
    assert found.request is not None
    assert found.request.open
    assert [each.id for each in listed.page.rows] == ["1", "2"]
    assert device(locker, connection.pk, "3", NOW) is None
    assert newest_request(connection.pk, "2") is None


def test_a_control_brings_its_page_parameters_and_evidence(
    locker: Locker, connection: Connection
) -> None:
    collected = seal_rows(locker, ACME, "agents", [agent("1")])
    seal_items(locker, ACME, FAILS, collections=[collected])
    index(locker, connection)

    found = control(locker, connection.pk, "HLT-01", NOW)

    assert found is not None
    assert found.declared is not None
    assert found.declared.sha256 == found.standing.control_sha256
    assert [each.id for each in found.evidence] == [collected.id]
    assert not any(each.changed for each in found.parameters)
    assert found.requirements


def test_collections_are_listed_and_opened(locker: Locker, connection: Connection) -> None:
    many = seal_rows(locker, ACME, "agents", [agent("1")], pages=60)
    seal_rows(locker, ACME, "roles", [{"id": "r"}], verdict=Verdict.INCOMPLETE, reason="half")
    index(locker, connection)

    every = collections.collections(connection.pk, sort="resource", descending=False)
    whole = collections.collections(connection.pk, verdict="complete")
    opened = collections.collection(locker, many.id, pages=2)

    assert [each.resource for each in every.rows] == ["agents", "roles"]
    assert [each.id for each in whole.rows] == [many.id]
    assert collections.resources_of(connection.pk) == ("agents", "roles")
    assert collections.connection_of(many.id) == ACME
    assert collections.connection_of("no such id") is None
    assert opened is not None
    assert ([each.number for each in opened.pages.rows][:1], opened.pages.total) == ([51], 60)
    assert opened.bytes > opened.table_bytes > 0
    assert collections.collection(locker, "no such id") is None


def test_lists_are_made_before_they_are_asked_for(locker: Locker, connection: Connection) -> None:
    threat = {"id": "t", "incident_status": "unresolved", "updated_at": NOW}
    found = seal_rows(locker, ACME, "agents", [agent("1")])
    threatened = seal_rows(locker, ACME, "threats", [threat])
    judged = seal_items(locker, ACME, FAILS)
    index(locker, connection)

    prepare(locker, connection.pk)
    tables = [
        (devices_query.DEVICES.shape, found.path),
        (threats_query.THREATS.shape, threatened.path),
        (items_query.SHAPE, judged.path),
    ]

    made = [shelf.table(locker, shape, [path]) for shape, path in tables]
    assert all(each.shelf.folder.joinpath(f"{each.name}.duckdb").is_file() for each in made)


def test_a_list_that_cannot_be_made_does_not_keep_the_others_from_it(
    locker: Locker, connection: Connection
) -> None:
    broken = seal_rows(locker, ACME, "agents", [agent("1")])
    seal_rows(locker, ACME, "threats", [{"id": "t", "updated_at": NOW}])
    index(locker, connection)
    table = locker.store.local_path(f"{broken.path}/table.parquet")
    assert table is not None
    table.write_bytes(b"altered")

    prepare(locker, connection.pk)

    with pytest.raises(Tampered):
        devices(locker, connection.pk, Asked())
    listed = threats(locker, connection.pk, Asked())
    assert listed is not None
    assert listed.page.total == 1
