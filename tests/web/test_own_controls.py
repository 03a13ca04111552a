"""A control that a tenant wrote, on the pages and in the API: one file, and nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from tests.api.conftest import Program, program
from tests.controls.pages import page
from tests.queries.sealing import seal_rows
from watchkeeper.access.roles import Role
from watchkeeper.assessment import assess
from watchkeeper.bootstrap import App
from watchkeeper.controls import built_in, catalogue, ids, tenant
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker

__all__ = ["program"]
pytestmark = pytest.mark.postgres
NAME = "pages-own-controls"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of the tenant's controls, with one in it."""
    (tmp_path / "TST-01.md").write_text(page(), encoding="utf-8")
    tenant.use(tmp_path, ids())
    yield tmp_path
    tenant.use(None, ids())


@pytest.fixture
def connection(evidence: Locker, ledger: App) -> Connection:
    """One whose agents were collected, and judged by the product's controls."""
    now = ledger.installation.clock.now()
    if NAME not in evidence.connections():
        seal_rows(evidence, NAME, "agents", [{"id": "1", "infected": True}])
        assess(evidence, NAME, built_in().values(), now=now)
    found = Connection.objects.create(
        name=NAME, console="https://acme.sentinelone.net", token_ciphertext="none", state="ok"
    )
    index(evidence, found)
    return found


def shown(client: Client, path: str) -> str:
    answer = client.get(path, {"connection": NAME})
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def test_one_file_is_on_the_pages_and_in_the_api(
    folder: Path,
    evidence: Locker,
    connection: Connection,
    browse: Callable[[Role | None], Client],
    program: Callable[[Role], Program],
) -> None:
    del folder
    client, asking = browse(Role.VIEWER), program(Role.VIEWER)
    before = shown(client, "/controls/TST-01/")
    assert "Not judged over this connection yet" in before
    assert "Infected machines infect others." in before
    assert "Not judged yet:" in shown(client, "/")
    declared = {each["id"]: each for each in asking.get("/controls")}
    assert declared["TST-01"]["tenant"]
    assert not declared["HLT-01"]["tenant"]
    assert asking.get("/controls/TST-01")["title"] == "Agents are clean"

    assess(evidence, NAME, [catalogue()["TST-01"]], now=evidence.clock.now())
    index(evidence, connection)
    assert "Not judged yet:" not in shown(client, "/")
    after = shown(client, "/controls/TST-01/")
    assert "infected is" in after
    assert "TST-01" in shown(client, "/frameworks/nist-800-53-r5/")
    found = asking.get(f"/connections/{NAME}/controls/TST-01")
    assert found["counts"]["failed"] == 1


def test_a_page_that_is_none_needs_attention(
    folder: Path, connection: Connection, browse: Callable[[Role | None], Client]
) -> None:
    del connection
    (folder / "TST-02.md").write_text("<script>alert(1)</script>", encoding="utf-8")
    found = shown(browse(Role.VIEWER), "/")
    assert "Your control TST-02 cannot be read" in found
    assert "front matter" in found
    assert "<script>alert" not in found
