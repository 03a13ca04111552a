"""What is wrong with a connection, in the right words, and nothing where nothing is."""

import pkgutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.clock import rfc3339
from watchkeeper.ledger import list_sources
from watchkeeper.ledger.index import index
from watchkeeper.ledger.list_sources import Watch
from watchkeeper.ledger.models import Connection, Run
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Verdict
from watchkeeper.queries.connections import connection as view_of
from watchkeeper.queries.diagnosis import Diagnosis, Weight, diagnoses
from watchkeeper.queries.diagnosis import __path__ as package
from watchkeeper.queries.freshness import freshness, rows_over_time
from watchkeeper.queries.gaps import gaps

from .conftest import CONNECTION
from .sealing import NOW, at, seal_rows

pytestmark = pytest.mark.postgres
DAY = timedelta(days=1)
WHOLE: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "sites": [
        {"id": "1", "name": "Lisbon", "account_id": "9", "account_name": "Acme"},
        {"id": "2", "name": "Zürich", "account_id": "9", "account_name": "Acme"},
    ],
    "accounts": [{"id": "9", "name": "Acme", "number_of_sites": 2}],
    "own_user": [{"id": "7", "scope": "account"}],
    "policies": [
        {
            "id": "site:1",
            "scope": "site",
            "scope_id": "1",
            "scope_name": "Lisbon",
            "source": "site",
            "source_id": "1",
            "mitigation_mode": "protect",
        }
    ],
    "threats": [
        {
            "id": "t1",
            "mitigation_status": "mitigated",
            "mitigation_actions": '[{"action": "kill"}]',
            "detected_mode": "protect",
        }
    ],
}


def sealed(locker: Locker, connection: Connection, **changed: Sequence[Mapping[str, Any]]) -> None:
    """Seals what is whole and well, apart from what was changed, and indexes it."""
    for resource, rows in (dict(WHOLE) | changed).items():
        seal_rows(locker, CONNECTION, resource, rows)
    index(locker, connection)


def found(
    locker: Locker, connection: Connection, after: timedelta = timedelta()
) -> tuple[Diagnosis, ...]:
    view = view_of(connection.name)
    assert view is not None
    return diagnoses(view, freshness(locker, connection.pk), locker, NOW + after)


def only(diagnosed: tuple[Diagnosis, ...]) -> Diagnosis:
    assert len(diagnosed) == 1, [each.title for each in diagnosed]
    assert diagnosed[0].facts
    assert diagnosed[0].step
    return diagnosed[0]


def test_nothing_is_wrong_where_all_is_well(locker: Locker, connection: Connection) -> None:
    sealed(locker, connection)

    assert found(locker, connection) == ()


def test_a_token_that_expired_is_told_from_one_that_was_revoked(
    locker: Locker, connection: Connection
) -> None:
    sealed(locker, connection)
    Connection.objects.update(state="token dead", token_fingerprint="3f2a", state_since=NOW)

    Connection.objects.update(token_expires_at=NOW - DAY)
    expired = only(found(locker, connection))
    Connection.objects.update(token_expires_at=NOW + 200 * DAY)
    revoked = only(found(locker, connection))

    assert expired.title == "The API token has expired"
    assert revoked.title == "The API token was revoked"
    assert {expired.weight, revoked.weight} == {Weight.STOPPED}
    assert expired.since == NOW
    assert "2026-11-21" in expired.facts[1]
    assert "generate a new API token" in expired.step


def test_a_token_that_cannot_be_decrypted_is_to_be_entered_again(
    locker: Locker, connection: Connection
) -> None:
    sealed(locker, connection)
    Connection.objects.update(state="token lost")

    assert "enter the token again" in only(found(locker, connection)).step


def test_what_is_not_permitted_is_told_with_its_permission_and_what_rests_on_it(
    locker: Locker, connection: Connection
) -> None:
    sealed(locker, connection)
    seal_rows(locker, CONNECTION, "agents", [], verdict=Verdict.DENIED, reason="401")
    index(locker, connection)

    denied = only(found(locker, connection))

    assert denied.title == "Agents: not permitted"
    assert denied.weight is Weight.BLIND
    assert "Endpoints.view" in denied.step
    assert "HLT-01" in denied.facts[1]


def test_an_account_with_more_sites_than_are_seen_is_a_matter_of_scope(
    locker: Locker, connection: Connection
) -> None:
    accounts = [{"id": "9", "name": "Acme", "number_of_sites": 5}]
    sealed(locker, connection, accounts=accounts)

    narrow = only(found(locker, connection))

    assert narrow.title == "2 of 5 sites of Acme are seen"
    assert "Account scope" in narrow.step


def test_a_token_of_site_scope_is_told_though_the_account_cannot_be_read(
    locker: Locker, connection: Connection
) -> None:
    sealed(
        locker,
        connection,
        sites=WHOLE["sites"][:1],
        accounts=[],
        own_user=[{"id": "7", "scope": "site"}],
    )

    narrow = only(found(locker, connection))

    assert narrow.title == "Only one site is seen"
    assert "Lisbon" in narrow.facts[0]


def test_detect_is_told_with_whom_it_reaches_and_who_changed_it(
    locker: Locker, connection: Connection
) -> None:
    detect = {
        **WHOLE["policies"][0],
        "mitigation_mode": "detect",
        "mitigation_mode_suspicious": "detect",
        "updated_at": NOW - DAY,
        "updated_by": "A. Admin",
    }
    heirs = [
        {
            "id": f"group:{number}",
            "scope": "group",
            "scope_id": f"{number}",
            "scope_name": f"Group {number}",
            "site_name": "Lisbon",
            "source": "site",
            "source_id": "1",
            "mitigation_mode": "detect",
        }
        for number in range(20)
    ]
    activity = {
        "id": "a1",
        "activity_type": 69,
        "created_at": NOW - DAY,
        "site_id": "1",
        "primary_description": "A. Admin changed the mitigation mode",
    }
    sealed(locker, connection, policies=[detect, *heirs], activities=[activity])

    told = only(found(locker, connection))

    assert told.title == "Lisbon runs in Detect"
    text = " ".join(told.facts)
    assert "20 groups inherit it: Lisbon / Group 0" in text
    assert "and 12 more" in text
    assert "last changed on 2026-11-21 06:00 UTC by A. Admin" in text
    assert "A. Admin changed the mitigation mode" in text


def test_threats_without_mitigation_are_told_with_mode_and_version(
    locker: Locker, connection: Connection
) -> None:
    threats = [
        *WHOLE["threats"],
        {
            "id": "t2",
            "mitigation_status": "not_mitigated",
            "mitigation_actions": "[]",
            "detected_mode": "detect",
            "detected_version": "4.1.2.3",
        },
        {"id": "t3", "mitigation_status": None, "detected_version": "4.1.2.3"},
        {"id": "t4", "mitigation_status": "marked_as_benign", "mitigation_actions": "[]"},
    ]
    sealed(locker, connection, threats=threats)

    told = only(found(locker, connection))

    assert told.facts == (
        "2 of 4 threats name no mitigation action.",
        "1 of them were met by agents in Detect: those mitigate nothing.",
        "Agent versions when detected: 4.1.2.3 (2).",
    )


def test_a_console_in_maintenance_is_told_from_one_that_is_not_there(
    locker: Locker, connection: Connection
) -> None:
    sealed(locker, connection)
    Connection.objects.update(state="unreachable", state_reason="acme answers 503 to everything.")
    maintenance = only(found(locker, connection))
    Connection.objects.update(state_reason="acme cannot be reached: refused.")
    gone = only(found(locker, connection))

    assert maintenance.title == "The console is in maintenance or failing"
    assert "503" in maintenance.facts[0]
    assert gone.title == "The console cannot be reached"


def test_what_is_overdue_is_told_with_its_cause(locker: Locker, connection: Connection) -> None:
    sealed(locker, connection)
    titles = []
    titles.append(only(found(locker, connection, 3 * DAY)).title)
    run = Run.objects.create(connection=connection, trigger="schedule", started=NOW)
    titles.append(only(found(locker, connection, 3 * DAY)).title)
    run.delete()
    Connection.objects.update(paused=True)
    titles.append(only(found(locker, connection, 3 * DAY)).title)

    assert titles == [
        "Nothing was collected for longer than its interval",
        "A collection waits and no worker takes it",
        "Nothing is collected: the connection is paused",
    ]


def test_the_gravest_is_told_first(locker: Locker, connection: Connection) -> None:
    policies = [{**WHOLE["policies"][0], "mitigation_mode": "detect"}]
    accounts = [{"id": "9", "name": "Acme", "number_of_sites": 5}]
    sealed(locker, connection, policies=policies, accounts=accounts)
    Connection.objects.update(token_expires_at=NOW + DAY, state="unreachable")

    assert [each.weight for each in found(locker, connection)] == sorted(Weight)


def test_a_turn_that_was_missed_is_a_gap_once_it_was_made_up(
    locker: Locker, connection: Connection
) -> None:
    sealed(locker, connection)
    entries = connection.collections
    entries.filter(resource="sites").update(due=NOW - 5 * DAY)
    entries.filter(resource="threats").update(due=NOW - timedelta(minutes=5))

    missed = gaps(connection.pk, NOW - 30 * DAY)

    assert [(each.resource, each.late) for each in missed] == [("sites", 5 * DAY)]
    assert gaps(connection.pk, NOW + DAY) == ()


def test_the_line_of_threats_counts_those_known_and_not_those_that_changed(
    locker: Locker, connection: Connection
) -> None:
    sealed(locker, connection)
    changed = {
        "kind": "changed",
        "since": rfc3339(NOW),
        "until": rfc3339(NOW),
        "base": "",
        "why": "",
    }
    locker.clock = at(NOW + DAY)
    seal_rows(locker, CONNECTION, "threats", [], told={"reach": changed | {"known": 7}})
    index(locker, connection)

    assert rows_over_time(locker, connection.pk)["threats"] == [1, 7]


def test_a_list_that_could_not_be_loaded_is_told_with_what_rests_on_it(
    locker: Locker, connection: Connection
) -> None:
    sealed(locker, connection)
    wanted = Watch("assets", "hardware", "folder", {"path": "/srv"}, timedelta(hours=1))
    held = list_sources.save(connection, wanted, actor="maria", now=NOW - DAY)
    assert found(locker, connection) == ()
    list_sources.note_failure(held, "The folder /srv cannot be read.", NOW)

    one = only(found(locker, connection))

    assert one.title == "The list hardware of assets was not loaded"
    assert one.since == NOW
    assert "/srv cannot be read" in one.facts[0]
    assert "tried again on 2026-11-22 06:05 UTC" in one.facts[1]
    assert "COV-01" in one.facts[3]


def test_every_diagnosis_is_documented() -> None:
    text = Path("docs/diagnoses.md").read_text("utf-8")

    for module in pkgutil.iter_modules(package):
        if not module.name.startswith("_"):
            assert f"`{module.name}`" in text, module.name
