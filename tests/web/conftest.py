"""A simulated company, collected and judged once; each test indexes it and signs people in."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client

from tests.queries.sealing import NAMES, seal_rows
from tests.server.installation import app, ledger
from tests.unpaced import UNPACED
from watchkeeper import simulator
from watchkeeper.access.models import Person
from watchkeeper.access.roles import Role
from watchkeeper.assessment.assess import assess
from watchkeeper.bootstrap import App
from watchkeeper.collection.engine import collect
from watchkeeper.controls import catalogue
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import (
    AssessmentEntry,
    CollectionEntry,
    Connection,
    FailingItem,
    Finding,
)
from watchkeeper.locker.locker import Locker
from watchkeeper.resources import catalogue as resources
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.token import parse_token

from .desk import desk
from .indexed import Kept, keep, put_back

__all__ = ["app", "desk", "ledger"]

_indexed: Kept = []

COMPANY = "pages-northwind"
HOSTILE = "pages-hostile"
ODD = {
    "users": ("users", ("full_name", "email", "scope", "scope_roles")),
    "service-users": ("service_users", ("name", "description", "scope", "scope_roles")),
    "sites": ("sites", ("name", "description", "account_name", "state", "licenses")),
    "accounts": ("accounts", ("name", "account_type", "state", "licenses")),
    "groups": ("groups", ("name", "description", "filter_name", "type")),
    "policies": ("policies", ("scope", "scope_name", "site_name", "source", "mitigation_mode")),
    "activities": ("activities", ("primary_description", "site_name", "data", "user_id")),
}
"""Lists with odd names: by page, the resource and the columns that hold them."""


def odd_id(letter: str, number: int) -> str:
    """The id of the record with that odd name; the first one's has a slash."""
    return f"{letter}{number}" if number else f"{letter}/0"


@dataclass(frozen=True)
class World:
    """Two indexed connections: a simulated company, and devices and threats with odd names."""

    locker: Locker
    company: Connection
    hostile: Connection


@pytest.fixture(scope="session")
def evidence(app: App) -> Locker:
    """The installation's locker with both connections' collections and assessments."""
    clock = app.installation.clock
    locker = Locker.open(app.settings.locker, create=True, clock=clock)
    if COMPANY in locker.connections():
        return locker
    with simulator.running(simulator.Company(agents=150, threats=40, activities=200)) as served:
        address = parse_address(served.url)
        console = Console(address, parse_token(served.token), limits=UNPACED, clock=clock)
        collect(console, locker, COMPANY)
        console.close()
    assess(locker, COMPANY, catalogue().values(), now=clock.now())
    now = clock.now()
    agents = [
        {
            "id": odd_id("h", number),
            "computer_name": name,
            "serial_number": name,
            "site_name": name,
            "group_id": name,
            "group_name": name,
            "agent_version": name,
            "os_name": name,
            "machine_type": name,
            "mitigation_mode": name,
            "operational_state": name,
            "last_user": name,
            "tags": name,
            "last_active_at": now,
            "registered_at": now.replace(year=now.year - 1),
            "is_decommissioned": False,
            "is_uninstalled": False,
        }
        for number, name in enumerate(NAMES)
    ]
    threats = [
        {
            "id": odd_id("t", number),
            "threat_name": name,
            "classification": name,
            "confidence_level": name,
            "incident_status": name,
            "agent_id": odd_id("h", number),
            "agent_name": name,
            "created_at": now,
            "updated_at": now,
        }
        for number, name in enumerate(NAMES)
    ]
    seal_rows(locker, HOSTILE, "agents", agents)
    seal_rows(locker, HOSTILE, "threats", threats, reason=NAMES[0])
    for resource, columns in ODD.values():
        rows = [
            {"id": odd_id("o", number), "updated_at": now} | dict.fromkeys(columns, name)
            for number, name in enumerate(NAMES)
        ]
        known = {column.name for column in resources()[resource].columns}
        kept = [{name: row[name] for name in row if name in known} for row in rows]
        seal_rows(locker, HOSTILE, resource, kept)
    assess(locker, HOSTILE, catalogue().values(), now=now)
    return locker


@pytest.fixture
def world(evidence: Locker, ledger: App) -> World:  # noqa: ARG001 - it is indexed into that
    """Both connections, indexed: for the first test that asks, and as that left them for others."""
    names = (COMPANY, HOSTILE)
    if _indexed:
        put_back(_indexed)
    else:
        for name in names:
            connection = Connection.objects.create(
                name=name,
                console="https://acme.sentinelone.net",
                token_ciphertext="none",
                state="ok",
            )
            index(evidence, connection)
        made = Connection.objects.filter(name__in=names)
        entries = AssessmentEntry.objects.filter(connection__in=made)
        rows = [CollectionEntry.objects.filter(connection__in=made), entries]
        rows += [FailingItem.objects.filter(assessment__in=entries)]
        rows += [Finding.objects.filter(connection__in=made)]
        _indexed.extend(keep([made, *rows]))
    return World(evidence, *(Connection.objects.get(name=name) for name in names))


@pytest.fixture
def browse(ledger: App) -> Callable[[Role | None], Client]:  # noqa: ARG001 - people are made there
    """Makes a browser that is signed in with a role, or with none."""

    def signed_in(role: Role | None) -> Client:
        from django.contrib.auth.models import Group  # noqa: PLC0415 - Django is configured by now

        person = Person.objects.create_user(f"somebody-{role}", password=None)
        if role is not None:
            person.groups.add(Group.objects.get(name=role))
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(person)
        return client

    return signed_in
