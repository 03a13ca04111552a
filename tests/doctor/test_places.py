"""Settings, data folder, keys, clocks, pages and workers: the decisions, without a database."""

import http.server
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from watchkeeper.doctor import places
from watchkeeper.doctor.finding import State
from watchkeeper.doctor.pages import answered, pages
from watchkeeper.doctor.store import clocks
from watchkeeper.doctor.work import worker_findings
from watchkeeper.jobs.under_way import WorkerSeen
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.ledger.key_places import KeyFile
from watchkeeper.ledger.keys import KeyRing, key_ring, own_file

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    made = DataFolder(tmp_path / "data")
    made.prepare()
    return made


def test_a_setting_that_is_none_is_told_with_the_one_that_may_be_meant() -> None:
    (found,) = places.settings({"WATCHKEEPER_KEYFILE": "WATCHKEEPER_KEY_FILE"})

    assert found.state is State.WRONG
    assert "WATCHKEEPER_KEY_FILE" in found.mend
    assert places.settings({})[0].state is State.RIGHT


def test_a_folder_that_others_can_read_is_wrong_and_a_cut_off_restore_too(
    folder: DataFolder,
) -> None:
    assert [each.state for each in places.folder(folder)] == [State.RIGHT]

    folder.path.chmod(0o777)
    folder.restoring.touch()

    opened, cut = places.folder(folder)
    assert "mode 777" in opened.text
    assert opened.mend.startswith("chmod 7")
    assert "--replace" in cut.mend


def test_keys_beside_the_data_are_wrong_and_the_way_out_is_followed(
    folder: DataFolder, tmp_path: Path
) -> None:
    configuration = tmp_path / "configuration"
    older = folder.keys / "token.key"
    KeyRing(KeyFile(older)).add()

    ring = key_ring(folder, given=(), file="", configuration=configuration)
    assert ring.place.file == older, "an existing installation keeps working"
    (found,) = places.keys(ring, folder, configuration)
    assert found.state is State.WRONG
    assert found.mend.startswith("Move it: ")

    moved = found.mend.removeprefix("Move it: ").split(" (it", 1)[0]
    assert os.system(moved) == 0  # noqa: S605 - what the operator is told to type
    ring = key_ring(folder, given=(), file="", configuration=configuration)
    assert ring.place.file == own_file(folder, configuration)
    assert len(ring.read()) == 1
    assert [each.state for each in places.keys(ring, folder, configuration)] == [State.RIGHT]


def test_clocks_may_differ_a_little() -> None:
    near, far = timedelta(seconds=-20), timedelta(minutes=3)

    assert [each.state for each in clocks([("PostgreSQL", near)])] == [State.RIGHT]
    (found,) = clocks([("PostgreSQL", near), ("https://acme.sentinelone.net", far)])
    assert found.state is State.WRONG
    assert "+180 s" in found.text


def test_without_a_living_worker_nothing_is_right() -> None:
    seen = WorkerSeen(3, NOW)

    assert [each.state for each in worker_findings([seen], [], 0)] == [State.RIGHT]
    assert [each.state for each in worker_findings([seen], [], 2)] == [State.RIGHT, State.NOTE]
    states = [each.state for each in worker_findings([], [seen], 1)]
    assert states == [State.WRONG, State.WRONG, State.NOTE]


@pytest.fixture
def stranger() -> Iterator[str]:
    """Something else that listens."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_something_else_on_the_port_is_told_apart_from_the_pages(stranger: str) -> None:
    (found,) = pages(stranger)

    assert found.state is State.WRONG
    assert "Something else" in found.text
    assert [each.state for each in answered(stranger, 200, b"ok\n")] == [State.RIGHT]
    assert "cannot be shown (500)" in answered(stranger, 500, b"no")[0].text
