"""What was collected and judged, asked for by a program."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.queries.sealing import NAMES, seal_rows
from tests.web.conftest import COMPANY, HOSTILE, World
from watchkeeper.assessment.assess import assess
from watchkeeper.bootstrap import App
from watchkeeper.controls import catalogue as controls
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import CollectionEntry, Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Verdict
from watchkeeper.resources import catalogue as resources

from .conftest import Program

pytestmark = pytest.mark.postgres


def every(program: Program, path: str, **asked: str) -> Iterator[dict[str, Any]]:
    """Every item of a list, page for page as `next` leads."""
    following = f"{path}?{urlencode(asked)}"
    while following:
        page = program.get(following.removeprefix("/api/v1"))
        yield from page["items"]
        following = page["next"]


@pytest.mark.parametrize("resource", resources())
def test_every_resource_has_a_list_and_records(
    viewer: Program, world: World, resource: str
) -> None:
    path = f"/connections/{world.company.name}/{resource}"
    rows = list(every(viewer, path, size="7"))

    newest = CollectionEntry.objects.filter(connection=world.company, resource=resource).first()
    assert newest is not None
    assert len(rows) == newest.distinct
    if not rows:
        return
    key = "id" if "id" in rows[0] else next(iter(rows[0]))
    assert len({row[key] for row in rows}) == len(rows)
    one = viewer.get(f"{path}/{rows[-1][key]}")
    shown = {name: value for name, value in rows[-1].items() if name in one["values"]}
    assert {name: one["values"][name] for name in shown} == shown
    assert not one["gone"]


def test_a_list_is_searched_filtered_and_sorted(viewer: Program, world: World) -> None:
    path = f"/connections/{world.company.name}/agents"
    every_row = list(every(viewer, path, size="500"))
    oldest = list(every(viewer, path, sort="seen"))
    some = oldest[0]["computer_name"]

    assert [row["last_active_at"] for row in oldest] == sorted(
        row["last_active_at"] for row in every_row
    )
    assert next(every(viewer, path, q=some))["computer_name"] == some
    protected = list(every(viewer, path, mode="protect"))
    assert [row for row in every_row if row["mitigation_mode"] == "protect"] == protected
    assert 0 < len(protected) < len(every_row)
    moment = datetime.fromisoformat(oldest[0]["last_active_at"])
    assert moment.utcoffset() == timedelta()


def test_pages_hold_on_to_the_collection_they_began_with(
    viewer: Program, world: World, evidence: Locker
) -> None:
    path = f"/connections/{HOSTILE}/sites"
    first = viewer.get(f"{path}?size=2")
    following = first["next"].removeprefix("/api/v1")
    assert f"collection={first['source']['id']}" in following

    CollectionEntry.objects.filter(identity=first["source"]["id"]).update(verdict="incomplete")
    assert viewer.get(following, 404)["status"] == 404
    CollectionEntry.objects.filter(identity=first["source"]["id"]).update(verdict="complete")
    index(evidence, world.hostile)
    assert viewer.get(following)["source"] == first["source"]


def test_a_page_beyond_the_last_is_empty_and_leads_nowhere(viewer: Program, world: World) -> None:
    page = viewer.get(f"/connections/{world.company.name}/agents?page=1000")

    assert page["items"] == []
    assert (page["page"], page["next"]) == (1000, None)
    assert page["total"] == len(list(every(viewer, f"/connections/{COMPANY}/agents")))


def test_the_header_leads_to_the_next_page_too(viewer: Program, world: World) -> None:
    answer = viewer.ask("GET", f"/connections/{world.company.name}/agents?size=5")

    assert answer.headers["Link"] == f'<{answer.json()["next"]}>; rel="next"'


def test_text_of_a_console_comes_as_it_is_and_as_json(viewer: Program, world: World) -> None:
    answer = viewer.ask("GET", f"/connections/{world.hostile.name}/agents?size=500")

    assert {row["computer_name"] for row in answer.json()["items"]} >= set(NAMES)
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]


def test_what_was_never_collected_says_so(viewer: Program, world: World) -> None:
    told = viewer.get(f"/connections/{world.hostile.name}/roles", 404)

    assert "No complete collection of roles is there yet" in told["detail"]


def test_controls_their_results_items_and_history(viewer: Program, world: World) -> None:
    declared = viewer.get("/controls")
    assert [each["id"] for each in declared] == list(controls())
    assert viewer.get(f"/controls/{declared[0]['id']}") == declared[0]

    path = f"/connections/{world.company.name}/controls"
    results = viewer.get(path)
    assert {each["control"] for each in results} == set(controls())
    failing = next(each for each in results if each["counts"]["failed"])
    detail = viewer.get(f"{path}/{failing['control']}")
    assert detail["evidence"]
    assert {name: detail[name] for name in failing} == failing
    items = list(every(viewer, f"{path}/{failing['control']}/items", size="3"))
    assert len(items) == sum(failing["counts"].values())
    failed = list(every(viewer, f"{path}/{failing['control']}/items", outcome="fail"))
    assert len(failed) == failing["counts"]["failed"]
    assert all(item["reason"] and item["observed"] for item in failed)
    history = list(every(viewer, f"{path}/{failing['control']}/assessments"))
    assert [each["path"] for each in history] == [failing["assessment"]]
    today = viewer.get(f"/connections/{world.company.name}/days?days=3")[-1]
    assert sum(today["results"].values()) == len(controls())


def test_collections_and_their_manifests(viewer: Program, world: World) -> None:
    path = f"/connections/{world.company.name}/collections"
    rows = list(every(viewer, path, size="4"))
    assert {row["resource"] for row in rows} == set(resources())
    agents = list(every(viewer, path, resource="agents"))
    assert [row["resource"] for row in agents] == ["agents"]

    one = viewer.get(f"/collections/{agents[0]['id']}")

    assert one["manifest"]["resource"] == "agents"
    assert one["connection"] == world.company.name
    assert one["manifest_sha256"] == agents[0]["manifest_sha256"]
    assert viewer.get(f"/collections/{uuid.uuid4()}", 404)["title"] == "Not Found"


def test_a_connection_says_how_it_is_and_never_its_token(viewer: Program, world: World) -> None:
    listed = list(every(viewer, "/connections"))
    assert [each["name"] for each in listed] == sorted([COMPANY, HOSTILE])

    answer = viewer.ask("GET", f"/connections/{world.company.name}")

    one = answer.json()
    assert {each["resource"] for each in one["resources"]} == set(resources())
    assert all(each["newest"]["verdict"] for each in one["resources"])
    assert b"ciphertext" not in answer.content
    assert viewer.get("/connections/nobody", 404)["detail"] == "There is no such connection."
    assert viewer.get("/connections/nobody/agents", 404)


@pytest.mark.parametrize(
    "asked",
    [
        "connections?state=bogus",
        "connections?sort=colour",
        "connections/{}/threats?open=true",
        "connections/{}/agents?active=true",
        "connections/{}/users?two_factor=false",
        "connections/{}/groups?inherits=true",
        "connections/{}/policies?scope=GROUP",
        "connections/{}/collections?verdict=bogus",
        "connections/{}/collections?resource=service-users",
    ],
)
def test_a_filter_that_could_match_nothing_is_refused(
    viewer: Program, world: World, asked: str
) -> None:
    told = viewer.get("/" + asked.format(world.company.name), 422)

    assert told["faults"][0]["where"].startswith("query ")


def test_items_hold_on_to_their_assessment(
    viewer: Program, world: World, evidence: Locker, ledger: App
) -> None:
    path = f"/connections/{world.company.name}/controls/HLT-01"
    first = viewer.get(f"{path}/items?size=3&sort=subject")
    now = ledger.installation.clock.now()
    assess(evidence, COMPANY, [controls()["HLT-01"]], now=now)
    index(evidence, world.company)

    following = viewer.get(first["next"].removeprefix("/api/v1"))

    earlier = viewer.get(f"{path}/assessments?size=1")
    assert earlier["total"] == 2
    assert f"assessment={earlier['items'][0]['id']}" not in first["next"]
    assert not {each["subject"] for each in first["items"]} & {
        each["subject"] for each in following["items"]
    }
    pinned = viewer.get(earlier["next"].removeprefix("/api/v1"))
    assert [each["id"] for each in pinned["items"]] == [
        first["next"].split("assessment=")[1].split("&")[0]
    ]


def test_what_came_later_is_on_no_page_that_follows(admin: Program, world: World) -> None:
    for number in range(4):
        record("maria (key x)", "tested", f"n{number}")
    first = admin.get("/audit-events?action=tested&size=2")
    record("maria", "tested", "n4")

    following = admin.get(first["next"].removeprefix("/api/v1"))

    assert [each["object"] for each in first["items"] + following["items"]] == [
        "n3", "n2", "n1", "n0",
    ]  # fmt: skip
    assert admin.get("/audit-events?action=tested&actor=maria")["total"] == 5
    collections = f"/connections/{world.company.name}/collections?size=2"
    assert "upto=" in admin.get(collections)["next"]


def test_a_list_without_records_is_empty_and_not_missing(viewer: Program, evidence: Locker) -> None:
    connection = Connection.objects.create(name="api-none", console="https://n.sentinelone.net")
    changed = {"kind": "whole", "since": None, "until": None, "base": "", "why": "", "known": 0}
    seal_rows(evidence, "api-none", "threats", [], told={"reach": changed})
    index(evidence, connection)

    page = viewer.get("/connections/api-none/threats")

    assert (page["items"], page["total"], page["shortfall"]) == ([], 0, None)
    seal_rows(evidence, "api-none", "threats", [], verdict=Verdict.DENIED, reason="no permission")
    index(evidence, connection)
    denied = viewer.get("/connections/api-none/threats")
    assert (denied["source"], denied["shortfall"]["reason"]) == (page["source"], "no permission")
