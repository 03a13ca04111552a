"""What the page of a collection prints to check it by hand, run in a shell."""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client

from tests.queries.sealing import seal_rows
from tests.rows import put_page
from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker import pages, stated
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.pages import Form, Reference
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.resources import catalogue, everything
from watchkeeper.web import by_hand

from .html import parse

AGENTS = catalogue()["agents"]
WHOLE = Completeness(Verdict.COMPLETE, "", 0, 0, 0, 0)
zstd = pytest.mark.skipif(shutil.which("zstd") is None, reason="there is no zstd program here")


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    return Locker.open(tmp_path / "a locker", create=True)


def text(seed: int, changed: int = 0) -> bytes:
    """A page of a few hundred records, of which the first `changed` are others."""
    digests = [hashlib.sha256(f"{seed} {n} {n < changed}".encode()) for n in range(300)]
    return json.dumps({"data": [each.hexdigest() for each in digests]}).encode()


def sealed(locker: Locker, *forms: Form) -> Collection:
    """A collection of agents with these pages."""
    writer = locker.begin("bergen", AGENTS)
    for form in forms:
        writer.keep(form, {"rows": 0, "received": {}}, {"method": "GET", "path": "/agents"})
    return writer.seal({"source": {"console": ""}, "route": "/agents"}, WHOLE)


def printed(found: Collection) -> str:
    return by_hand.commands(found.path, found.manifest["pages"])


def page_of(found: Collection, number: int = 0) -> Mapping[str, Any]:
    page: Mapping[str, Any] = found.manifest["pages"][number]
    return page


def said_in_a_shell(locker: Locker, lines: str) -> str:
    """What commands print in the locker's folder; each has to succeed, and to add nothing."""
    root = locker.store.root
    assert root is not None
    before = sorted(root.rglob("*"))
    found = subprocess.run(
        ["/bin/bash", "-e"], input=lines, cwd=root, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert sorted(root.rglob("*")) == before
    return found.stdout


def test_a_page_as_received_is_checked_and_shown(locker: Locker) -> None:
    found = sealed(locker, pages.as_received(gzip.compress(text(1))))
    said = said_in_a_shell(locker, printed(found))
    assert said.startswith(f"{found.path}/page-00001.json.gz: OK\n")
    assert said.endswith(text(1)[:1000].decode())


@zstd
@pytest.mark.parametrize("kind", ["json", "csv"])
def test_a_page_compressed_anew_is_checked_and_shown(locker: Locker, kind: str) -> None:
    found = sealed(locker, pages.rewritten(text(1), kind))
    said = said_in_a_shell(locker, printed(found))
    assert said.startswith(f"{found.path}/page-00001.{kind}.zst: OK\n")
    assert said.endswith(text(1)[:1000].decode())


@zstd
def test_a_workbook_is_held_against_the_digest_of_what_was_given(locker: Locker) -> None:
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    document = stated.Document(book.getvalue(), "xlsx")
    statement = stated.Statement([], [document], "somebody")
    found = stated.seal(locker, "bergen", everything()["assets"], statement)
    assert hashlib.sha256(book.getvalue()).hexdigest() in printed(found)
    said = said_in_a_shell(locker, printed(found))
    assert said == f"{found.path}/page-00001.xlsx.zst: OK\n-: OK\n"


@zstd
def test_a_difference_is_put_together_from_all_that_it_builds_on(locker: Locker) -> None:
    parts = [text(1), text(2)]
    forms = (pages.as_received(gzip.compress(parts[0])), pages.rewritten(parts[1]))
    before = sealed(locker, *forms)
    references = [
        Reference(f"{before.path}/{page['file']}", page) for page in before.manifest["pages"]
    ]
    now = parts[0][9_000:] + parts[1][:9_000] + text(3, 4)[:99]
    found = sealed(locker, pages.difference(now, references, b"".join(parts)))
    assert page_of(found)["against"] == [each.path for each in references]
    said = said_in_a_shell(locker, printed(found))
    assert said.count(": OK\n") == 2
    assert said.endswith(now[:1000].decode())


def test_a_page_taken_over_is_looked_for_where_it_lies(locker: Locker) -> None:
    before = sealed(locker, pages.as_received(gzip.compress(text(1))))
    writer = locker.begin("bergen", AGENTS)
    request = {"method": "GET", "path": "/agents"}
    writer.take_over({"page": page_of(before), "request": request, "folder": before.path})
    put_page(writer, {"data": []})
    found = writer.seal({"source": {"console": ""}, "route": "/agents"}, WHOLE)
    said = said_in_a_shell(locker, printed(found))
    assert said.startswith(f"{before.path}/page-00001.json.gz: OK\n")


def test_a_changed_page_is_noticed(locker: Locker) -> None:
    found = sealed(locker, pages.as_received(gzip.compress(text(1))))
    root = locker.store.root
    assert root is not None
    (root / found.path / "page-00001.json.gz").write_bytes(gzip.compress(text(2)))
    with pytest.raises(AssertionError, match="did NOT match"):
        said_in_a_shell(locker, printed(found))


@pytest.mark.postgres
def test_the_page_of_a_collection_prints_what_a_shell_can_do(
    ledger: App, browse: Callable[[Role | None], Client]
) -> None:
    clock = ledger.installation.clock
    locker = Locker.open(ledger.settings.locker, create=True, clock=clock)
    connection = Connection.objects.create(
        name="by-hand", console="https://b.sentinelone.net", token_ciphertext="none", state="ok"
    )
    full = seal_rows(locker, "by-hand", "agents", [{"id": "1"}])
    empty = seal_rows(locker, "by-hand", "groups", [], pages=0, verdict=Verdict.DENIED)
    index(locker, connection)
    client = browse(Role.AUDITOR)

    def shown(found: Collection) -> list[str]:
        document = parse(client.get(f"/collections/{found.id}/").content)
        return [
            each.text for each in document.all("pre") if each.attributes.get("class") == "command"
        ]

    whole, manifest, first = shown(full)
    assert whole == f"watchkeeper verify {ledger.settings.locker}"
    said = said_in_a_shell(locker, f"{manifest}\n{first}")
    assert said.count(": OK\n") == 2
    assert len(shown(empty)) == 2


def test_a_locker_in_a_bucket_is_no_folder_to_go_to() -> None:
    assert by_hand.entered("/srv/the evidence") == "cd '/srv/the evidence'"
    assert (
        by_hand.entered("s3://evidence/watchkeeper") == "# in a copy of s3://evidence/watchkeeper"
    )
