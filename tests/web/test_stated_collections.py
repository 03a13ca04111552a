"""The page of a collection that holds what the company states."""

import html
import re
from collections.abc import Callable

import pytest
from django.test import Client

from tests.queries.sealing import seal_rows
from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.stated import Document, Statement, seal
from watchkeeper.model.collection import Collection
from watchkeeper.resources import everything

pytestmark = pytest.mark.postgres


class Archive:
    """A connection whose collections are sealed, indexed and looked at."""

    def __init__(self, app: App, client: Client) -> None:
        self.locker = Locker.open(app.settings.locker, create=True, clock=app.installation.clock)
        self.client = client
        self.connection = Connection.objects.create(
            name="archive", console="https://a.sentinelone.net", token_ciphertext="none", state="ok"
        )

    def people(self, *documents: Document) -> Collection:
        """A list of one person, of these documents."""
        row = {"id": "1", "list": "staff", "name": "Ada", "active": True}
        statement = Statement([row], documents, "<b>Grace</b>")
        return seal(self.locker, "archive", everything()["people"], statement)

    def shown(self, collection: Collection) -> str:
        """What the page says, without its tags."""
        index(self.locker, self.connection)
        page = self.client.get(f"/collections/{collection.id}/").content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.fixture
def archive(ledger: App, browse: Callable[[Role | None], Client]) -> Archive:
    return Archive(ledger, browse(Role.AUDITOR))


def test_a_list_says_by_whom_it_was_stated_and_from_which_file(archive: Archive) -> None:
    facts = {"source": "file", "from": "staff 2026.csv", "list": "staff", "change": "loaded"}
    said = archive.shown(archive.people(Document(b"name\nAda\n", "csv", facts)))

    assert "1 record stated by <b>Grace</b> ." in said
    assert "Stated by <b>Grace</b> From staff 2026.csv Sealed" in said
    assert "STATED people source=file from=staff 2026.csv list=staff change=loaded" in said
    assert "page-00001.csv.zst" in said
    assert "nothing: stored as given" in said


def test_a_list_says_nothing_of_a_console_that_was_never_asked(archive: Archive) -> None:
    said = archive.shown(archive.people(Document(b"name\nAda\n", "csv")))
    for word in ("GET", "Status", "status", "Console", "console", "Asked for by", "Seconds"):
        assert word not in said
    assert "token fingerprint" not in said
    assert "Permission" not in said
    assert "STATED people" in said


def test_what_was_overwritten_in_the_documents_of_a_list_is_counted(archive: Archive) -> None:
    pages = [
        Document(b"{}", facts={"from": f"https://jamf/{n}", "removed": {"attributes": n}})
        for n in (1, 2)
    ]
    said = archive.shown(archive.people(*pages))
    assert "Overwritten before storing attributes 3×" in said
    assert "https://jamf/1 and others, see the requests below" in said
    assert "STATED people from=https://jamf/2" in said


def test_what_a_console_answered_still_says_how_it_was_asked(archive: Archive) -> None:
    said = archive.shown(seal_rows(archive.locker, "archive", "agents", [{"id": "1"}]))
    for word in ("Console counted before", "Asked for by", "GET /agents", "Status", "Permission"):
        assert word in said
    assert "Stated by" not in said
