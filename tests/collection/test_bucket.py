"""A locker in a bucket: the same as one in a folder, over S3's own interface."""

import itertools
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from tests.cli.conftest import watchkeeper
from tests.collection.conftest import client
from tests.collection.test_resuming import Cut, cut_after
from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.collection.engine import Report, collect
from watchkeeper.errors import LockerError
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
from watchkeeper.simulator import Company, Running, running

pytestmark = pytest.mark.slow
_names = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an S3-compatible server on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serving = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    serving.start()
    yield f"http://127.0.0.1:{port}"
    serving.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty bucket, which the environment says how to reach."""
    name = f"evidence-{next(_names)}"
    urlopen(Request(f"{server}/{name}", method="PUT")).close()  # noqa: S310 - this machine's own
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", token_hex(8))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", token_hex(16))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    return f"s3://{name}/acme"


def run(sim: Running, bucket: str, clock: Clock = SYSTEM_CLOCK, **options: object) -> Report:
    console = client(sim)
    try:
        locker = Locker.open(bucket, create=True, clock=clock)
        return collect(console, locker, "acme", **options)  # type: ignore[arg-type]
    finally:
        console.close()


def test_everything_is_collected_into_a_bucket_and_verified(company: Company, bucket: str) -> None:
    with running(company) as sim:
        report = run(sim, bucket)
    assert all(found.complete for found in report.collections)
    locker = Locker.open(bucket)
    agents = locker.collections("acme", "agents")[-1]
    assert locker.table(agents, ["id"]).num_rows == len(company.agents)
    found = verify(locker.store)
    assert (found.differences, found.leftovers, found.strays) == ([], [], [])
    assert found.sealed == len(report.collections)
    ran = watchkeeper("verify", bucket)
    assert (ran.code, ran.err) == (0, "")
    page = f"{agents.path}/{agents.manifest['pages'][0]['file']}"
    assert len(watchkeeper("page", "--locker", bucket, page).document["data"]) == 1000


def test_a_bucket_that_cannot_be_reached_says_what_to_look_at(
    company: Company, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LockerError, match=r"s3://nobody-made-this/acme .* Check the bucket's name"):
        Locker.open("s3://nobody-made-this/acme", create=True)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with running(company) as sim:  # which knows nothing of a role that the machine may have
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", sim.url)
        ran = watchkeeper("verify", bucket)
    assert ran.code == 3
    assert "credentials, and neither the environment nor this machine has any.\n" in ran.err
    assert "AWS_ACCESS_KEY_ID" in ran.err


def test_what_was_cut_off_goes_on_once_its_writer_was_silent_for_long(
    company: Company, bucket: str
) -> None:
    later = replace(SYSTEM_CLOCK, now=lambda: SYSTEM_CLOCK.now() + timedelta(minutes=11))
    with running(company) as sim:
        with pytest.raises(Cut):
            run(sim, bucket, only=["agents"], on_progress=cut_after("agents", 2))
        beside = run(sim, bucket, only=["agents"])
        assert not beside.went_on
        sim.forget()
        report = run(sim, bucket, later, only=["agents"])
        pages = [
            seen
            for seen in sim.requests
            if seen.path.endswith("/agents") and "countOnly" not in seen.query
        ]
        assert len(pages) <= 1
    found = report.collections[-1]
    assert found.complete
    assert "agents" in report.went_on
    assert found.manifest["time"]["resumed"]
    store = Locker.open(bucket).store
    assert verify(store).differences == []
    assert not list(store.files("open"))


def test_a_bucket_that_is_not_there_is_a_clear_error(bucket: str) -> None:
    ran = watchkeeper("verify", bucket.replace("evidence", "nowhere"))
    assert ran.code == 2
    assert "s3://nowhere" in ran.err
    assert "Traceback" not in ran.err
