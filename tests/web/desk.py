"""A connection that is decided about: a failing laptop, a good one, a failing one elsewhere."""

import re
from pathlib import Path

import pytest

from tests.queries.sealing import seal_rows
from tests.statements.conftest import Estate
from watchkeeper.assessment import assess
from watchkeeper.bootstrap import App
from watchkeeper.controls import catalogue
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.queries.decisions import decisions


class Desk:
    """A connection with a failing laptop and a good one, in the installation's own locker."""

    def __init__(self, app: App, name: str, folder: Path) -> None:
        self.estate = Estate(folder)
        self.locker = app.installation.locker()
        self.estate.locker = self.locker
        self.name = name
        self.now = app.installation.clock.now
        self.connection = Connection.objects.create(
            name=name, console="https://desk.sentinelone.net", token_ciphertext="none", state="ok"
        )

    def index(self) -> None:
        index(self.locker, self.connection)

    def judge(self, *controls: str) -> None:
        """Judges these again over what is there."""
        assess(self.locker, self.name, [catalogue()[each] for each in controls], now=self.now())
        self.index()

    def only(self) -> str:
        """The id of the only statement."""
        (found,) = decisions(self.locker, self.connection.pk)
        return found


@pytest.fixture
def desk(ledger: App, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    Locker.open(ledger.settings.locker, create=True)
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60]
    found = Desk(ledger, name, tmp_path)
    found.estate.at = found.now()
    agents = [
        found.estate.agent(1, "fully_disabled"),
        found.estate.agent(2),
        found.estate.agent(3, "fully_disabled", site_id="s2"),
    ]
    seal_rows(found.locker, name, "agents", agents)
    sites = [{"id": each, "name": f"Site {each}"} for each in ("s1", "s2")]
    seal_rows(found.locker, name, "sites", sites)
    found.judge("HLT-02")
    return found
