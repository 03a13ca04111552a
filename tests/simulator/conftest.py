"""A client for the simulated console that knows nothing of the product."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
import urllib3

from watchkeeper.simulator import Company, Running, running

NOW = datetime.now(UTC)
API = "/web/api/v2.1"
# The controls that err where nobody ever loaded a list of assets, people or ends of support.
STATED = {"COV-01", "ACC-04", "VER-02"}


@dataclass
class Client:
    """Sends what it is told to, follows nothing, retries nothing."""

    console: Running
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=2.0)
    )

    def raw(self, path: str, method: str = "GET", **query: str) -> urllib3.BaseHTTPResponse:
        """The response as it came."""
        return self.http.request(
            method,
            f"{self.console.url}{API}{path}",
            fields=query,
            headers={
                "Authorization": f"ApiToken {self.console.token}",
                "Accept-Encoding": "gzip",
            },
            redirect=False,
        )

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """The JSON of a good answer."""
        response = self.raw(path, **query)
        assert response.status == 200, response.data
        answer: dict[str, Any] = json.loads(response.data)
        return answer

    def refusal(self, path: str, **query: str) -> tuple[int, int, str | None]:
        """Status, code and detail of a bad one."""
        response = self.raw(path, **query)
        problem = json.loads(response.data)["errors"][0]
        return response.status, problem["code"], problem["detail"]

    def walk(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        rows: list[dict[str, Any]] = []
        for _ in range(1000):
            answer = self.get(path, **query)
            data = answer["data"]
            rows += data["sites"] if isinstance(data, dict) else data
            cursor = answer.get("pagination", {}).get("nextCursor")
            if cursor in (None, "", "null"):
                return rows
            query["cursor"] = unquote(cursor)
        pytest.fail("the walk does not end")


Serve = Callable[..., Client]


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment of every company here."""
    return NOW


@pytest.fixture(scope="session")
def company() -> Company:
    """The default company, a little smaller."""
    return Company(agents=400, threats=120, activities=800, now=NOW)


@pytest.fixture(scope="session")
def shared(company: Company) -> Iterator[Client]:
    """A console without faults."""
    with running(company) as console:
        yield Client(console)


@pytest.fixture
def serve(company: Company) -> Iterator[Serve]:
    """Start consoles that end with the test."""
    with ExitStack() as stack:

        def start(*faults: str, profile: str = "2026", of: Company | None = None) -> Client:
            return Client(
                stack.enter_context(running(of or company, profile=profile, faults=faults))
            )

        yield start
