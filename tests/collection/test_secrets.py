"""No secret and no part of the token in anything that is written: pages, tables, manifests."""

import copy
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.collection.conftest import QUICK, Collecting, client
from watchkeeper.collection.engine import collect
from watchkeeper.collection.job import Step
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
from watchkeeper.model.collection import Collection
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company, Running, running

# With characters that JSON and addresses write in ways of their own.
ODD_TOKEN = 'abcdefghijklmnop/qrstu+vw"xyz\\0123456789/ABCDEF'
LICENCE = "a-licence-that-nobody-may-see"


def everything(locker: Locker, folder: Path) -> str:
    """All that was written, in words: files as they are, pages unpacked, tables as rows."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    told = [path.read_bytes().decode("latin-1") for path in files]
    for found in locker.collections("acme"):
        pages = [*found.manifest["pages"], *found.manifest.get("unused", ())]
        told += [
            locker.pages.text(f"{page.get('in', found.path)}/{page['file']}", page).decode()
            for page in pages
        ]
        told.append(str(locker.table(found).to_pylist()))
        told.append(json.dumps(found.manifest))
    return "\n".join(told)


@contextmanager
def telling(company: Company) -> Iterator[Running]:
    """A console whose agents' and activities' own JSON holds its token and a licence key."""
    with running(company) as sim:
        other = copy.copy(company)
        hidden = {"sentinelone": [{"value": f"via {sim.token}", "licenseKey": LICENCE}]}
        other.agents = [row | {"tags": hidden} for row in company.agents]
        other.fleet = copy.copy(company.fleet)
        other.fleet.rows = other.agents
        other.activities = [
            row | {"data": {"header": f"ApiToken {sim.token}"}} for row in company.activities
        ]
        sim.set_company(other)
        yield sim


def test_secrets_reach_neither_pages_nor_tables(
    company: Company, locker: Locker, collecting: Collecting, tmp_path: Path
) -> None:
    with telling(company) as sim:
        report = collecting(sim, only=["agents", "activities"])
        token = sim.token
    found = {each.resource: each for each in report.collections}
    agents, activities = found["agents"], found["activities"]
    assert agents.complete
    assert activities.complete
    written = everything(locker, tmp_path / "locker")
    assert token not in written
    assert LICENCE not in written
    tags = json.loads(locker.table(agents).column("tags")[0].as_py())
    cleaned = {"value": "via ***", "licenseKey": "[removed by Watchkeeper]"}
    assert tags == {"sentinelone": [cleaned]}
    assert agents.manifest["transform"]["removed"]["the token itself"] == len(company.agents)
    assert agents.manifest["transform"]["removed"]["licenseKey"] >= len(company.agents)
    kept = {page["file"].rsplit(".", 1)[1] for page in activities.manifest["pages"]}
    assert kept == {"zst"}
    assert verify(locker.store).differences == []


def test_a_page_that_held_nothing_stays_as_received(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        found = collecting(sim, only=["activities"]).collections[-1]
    assert found.manifest["transform"] == {"kind": "none", "rules_version": "1", "removed": {}}
    for page in found.manifest["pages"]:
        assert page["file"].endswith(".json.gz")
        assert page["sha256"] == page["received"]["sha256"]
    assert locker.table(found).num_rows == found.completeness.distinct


def test_a_page_of_before_an_interruption_is_read_as_it_was_kept(
    company: Company, locker: Locker, tmp_path: Path
) -> None:
    class Cut(Exception):
        pass

    def cut(step: Step) -> None:
        if step.resource.name == "agents" and step.pages == 2:
            raise Cut

    with telling(company) as sim:
        console = client(sim)
        with pytest.raises(Cut):
            collect(console, locker, "acme", only=["agents"], on_progress=cut)
        console.close()
        console = client(sim)
        agents = collect(console, locker, "acme", only=["agents"]).collections[-1]
        console.close()
        token = sim.token
    assert agents.complete
    assert agents.manifest["time"]["resumed"]
    assert agents.manifest["transform"]["removed"]["the token itself"] == len(company.agents)
    written = everything(locker, tmp_path / "locker")
    assert token not in written
    assert LICENCE not in written


# ---------------------------------------------------------------------- a console that echoes


@contextmanager
def echoing(bodies: dict[str, tuple[int, bytes]], headers: dict[str, str]) -> Iterator[Console]:
    """A console with one answer by ending of path, and headers of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            given = (body for ending, body in bodies.items() if path.endswith(ending))
            status, body = next(given, (404, b""))
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = parse_address(f"http://127.0.0.1:{server.server_address[1]}")
    console = Console(address, parse_token(ODD_TOKEN), limits=QUICK)
    try:
        yield console
    finally:
        console.close()
        server.shutdown()
        server.server_close()


def forms() -> list[str]:
    """How the token may be written in an answer."""
    in_json = json.dumps(ODD_TOKEN)[1:-1]
    return [
        ODD_TOKEN,
        in_json,
        in_json.replace("/", "\\/"),
        quote(ODD_TOKEN),
        quote(ODD_TOKEN, safe=""),
        "abcdefghijklmnop%2fqrstu%2bvw%22xyz%5c0123456789%2fABCDEF",
    ]


def assert_nothing_of_the_token(text: str) -> None:
    for form in forms():
        assert form not in text
    assert "qrstu" not in text


def users(rows: list[dict[str, Any]]) -> bytes:
    page = {"data": rows, "pagination": {"totalItems": len(rows), "nextCursor": None}}
    return json.dumps(page).encode()


def last(console: Console, locker: Locker, resource: str) -> Collection:
    (found,) = [
        each
        for each in collect(console, locker, "acme", only=[resource]).collections
        if each.resource == resource
    ]
    return found


def test_whatever_a_console_echoes_is_written_without_the_token(
    locker: Locker, tmp_path: Path
) -> None:
    rows = [{"id": f"{n}-{form}", "fullName": form} for n, form in enumerate(forms())]
    bodies = {"/system/info": (200, b'{"data": {"version": "S"}}'), "/users": (200, users(rows))}
    headers = {
        "x-rqid": f"request of {ODD_TOKEN}",
        "Date": f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT ({ODD_TOKEN})",
    }
    with echoing(bodies, headers) as console:
        found = last(console, locker, "users")
    assert found.complete
    assert found.manifest["requests"][0]["request_id"] == "request of ***"
    assert found.manifest["pages"][0]["keys"] == ["0-***", "5-***"]
    assert locker.table(found).column("full_name").to_pylist() == ["***"] * len(rows)
    assert_nothing_of_the_token(everything(locker, tmp_path / "locker"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, json.dumps({"data": ODD_TOKEN}).encode()),
        (403, json.dumps({"errors": [{"code": 1, "detail": f"no {ODD_TOKEN}"}]}).encode()),
        (400, json.dumps({"errors": [{"code": 1, "title": ODD_TOKEN}]}).encode()),
        (500, ODD_TOKEN.encode()),
        (401, quote(ODD_TOKEN).encode()),
    ],
)
def test_errors_are_written_without_the_token(
    status: int, body: bytes, locker: Locker, tmp_path: Path
) -> None:
    bodies = {"/system/info": (200, b'{"data": {"version": "S"}}'), "/users": (status, body)}
    with echoing(bodies, {"x-rqid": ODD_TOKEN}) as console:
        found = last(console, locker, "users")
    assert not found.complete
    assert_nothing_of_the_token(everything(locker, tmp_path / "locker"))


def test_an_encoding_that_is_the_token_is_not_written(locker: Locker, tmp_path: Path) -> None:
    bodies = {"/system/info": (200, b"{}"), "/users": (200, b"{}")}
    with echoing(bodies, {"Content-Encoding": "abcdefghijklmnop/qrstu+vw"}) as console:
        token = parse_token("abcdefghijklmnop/qrstu+vw")
        other = Console(console.address, token, limits=QUICK)
        found = last(other, locker, "users")
        other.close()
    (asked,) = [each for each in found.manifest["requests"] if each["path"].endswith("/users")]
    assert asked["failures"][0].endswith("'***' was not asked for")
    assert "qrstu" not in everything(locker, tmp_path / "locker")


def test_what_stands_around_a_compressed_page_is_not_kept(locker: Locker, tmp_path: Path) -> None:
    packed = gzip.compress(users([{"id": "1"}]))
    named = packed[:3] + b"\x08" + packed[4:10] + ODD_TOKEN.encode() + b"\0" + packed[10:]
    bodies = {"/system/info": (200, gzip.compress(b'{"data": {}}')), "/users": (200, named)}
    with echoing(bodies, {"Content-Encoding": "gzip"}) as console:
        found = last(console, locker, "users")
    assert found.complete
    assert_nothing_of_the_token(everything(locker, tmp_path / "locker"))


def test_the_beginning_of_a_broken_page_is_told_without_its_secrets(
    locker: Locker, tmp_path: Path
) -> None:
    broken = b'{"data": {"sites": [{"id": "1", "registrationToken": "' + LICENCE.encode()
    bodies = {"/system/info": (200, b'{"data": {}}'), "/sites": (200, broken)}
    with echoing(bodies, {}) as console:
        found = last(console, locker, "sites")
    assert "sites" in found.manifest["error"]["excerpt"]
    assert LICENCE not in everything(locker, tmp_path / "locker")
