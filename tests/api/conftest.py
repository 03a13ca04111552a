"""The evidence the pages are tested with (see web/conftest.py), and programs that ask for it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from tests.server.installation import app, ledger
from tests.web.conftest import browse, evidence, world
from watchkeeper.access.keys import issue
from watchkeeper.access.models import Person
from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App

__all__ = ["app", "browse", "evidence", "ledger", "world"]


@dataclass(frozen=True)
class Program:
    """Something that asks the API with an access key."""

    key: str
    client: Client

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer to a request below /api/v1."""
        return self.client.generic(
            method,
            f"/api/v1{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}", **headers},
        )

    def get(self, path: str, status: int = 200) -> Any:
        """What a GET tells, of that status."""
        answer = self.ask("GET", path)
        assert answer.status_code == status, answer.content
        return answer.json()


@pytest.fixture
def program(ledger: App) -> Callable[[Role], Program]:
    """Makes a program with a key of that role, of a person who may do everything."""

    def made(role: Role) -> Program:
        from django.contrib.auth.models import Group  # noqa: PLC0415 - Django is configured by now

        person, new = Person.objects.get_or_create(username="maria")
        if new:
            person.groups.add(Group.objects.get(name=Role.ADMIN))
        now = ledger.installation.clock.now()
        issued = issue(person, f"for {role.value}", role, 30, actor="maria", now=now)
        return Program(issued.text, Client(SERVER_NAME="127.0.0.1"))

    return made


@pytest.fixture
def viewer(program: Callable[[Role], Program]) -> Program:
    """A program that may look."""
    return program(Role.VIEWER)


@pytest.fixture
def admin(program: Callable[[Role], Program]) -> Program:
    """A program that may do everything."""
    return program(Role.ADMIN)
