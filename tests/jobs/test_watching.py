"""Lists that are watched: loaded when they are another, told when they fail."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import connection as database

from tests.lists.served import Answer, Served, serving
from watchkeeper.clock import Clock
from watchkeeper.errors import SourceFailed, UsageError
from watchkeeper.jobs import watching
from watchkeeper.jobs.collecting import Interrupted
from watchkeeper.ledger import connections, list_sources
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.key_places import KeyFile
from watchkeeper.ledger.keys import KeyRing
from watchkeeper.ledger.models import AuditEvent, Connection, ListSource, Notice
from watchkeeper.ledger.rotation import opened, rotate
from watchkeeper.ledger.secrets import Vault, new_key
from watchkeeper.lists import load as loads
from watchkeeper.locker.locker import Locker

from .conftest import go_on

pytestmark = pytest.mark.postgres
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "a-secret-nobody-may-read"


class Watcher:
    """A connection whose lists are watched, on a clock that is moved."""

    def __init__(self, parts: Installation, folder: Path) -> None:
        self.at = parts.clock.now()
        self.slept = 0.0
        clock = Clock(now=lambda: self.at, monotonic=lambda: self.slept, sleep=self._sleep)
        self.locker = Locker.open(folder / "watched", create=True, clock=clock)
        self.parts = replace(parts, clock=clock, locker=lambda: self.locker)
        self.connection = Connection.objects.create(
            name="acme", console="https://acme.sentinelone.net", token_ciphertext="none", state="ok"
        )
        self.folder = folder / "exports"
        self.folder.mkdir()

    def _sleep(self, seconds: float) -> None:
        self.slept += seconds

    def export(self, text: str, name: str = "hw.csv") -> None:
        """Another program writes the list, a moment later."""
        self.at += timedelta(seconds=1)
        path = self.folder / name
        path.write_text(text)
        then = self.at.timestamp()
        os.utime(path, (then, then))

    def watch(self, source: str = "folder", **options: str) -> ListSource:
        """Watches a list of assets called hardware, without a first load."""
        told = options or {"path": str(self.folder)}
        wanted = list_sources.watch(
            "acme", "assets", "hardware", source, told, HOUR, self.parts.vault
        )
        held = list_sources.save(self.connection, wanted, actor="maria", now=self.at)
        ListSource.objects.update(tried_at=None, loaded_at=None, found_at=None)
        held.refresh_from_db()
        return held

    def look(self, after: timedelta = timedelta()) -> ListSource:
        """The look of a worker, that much later; the source as it is then."""
        self.at += after
        (held,) = ListSource.objects.all()
        watching.look(held.pk, self.parts, stopping=go_on)
        return ListSource.objects.select_related("connection").get()

    def sealed(self) -> int:
        """How many collections of assets there are."""
        return len(self.locker.collections("acme", "assets"))

    def rows(self) -> int:
        """The rows of the list as it stands."""
        (held,) = loads.held(self.locker, "acme", "assets")
        return held.rows


@pytest.fixture
def watcher(parts: Installation, tmp_path: Path) -> Watcher:
    return Watcher(parts, tmp_path)


def test_a_folder_is_loaded_when_its_file_is_another(watcher: Watcher) -> None:
    watcher.export("Serial\nS1\n")
    watcher.watch()
    assert watcher.look().failures == 0
    assert (watcher.sealed(), watcher.rows()) == (1, 1)
    told = AuditEvent.objects.get(action="list.loaded")
    assert told.actor == "watchkeeper (schedule)"

    before = watcher.look(timedelta(minutes=59)).tried_at
    assert before == watcher.at - timedelta(minutes=59)  # its turn has not come
    found = watcher.look(HOUR)
    assert (found.found_at, found.tried_at) == (watcher.at, watcher.at)
    assert watcher.sealed() == 1  # as it was

    watcher.export("Serial\nS1\nS2\n", "hw-2.csv")
    watcher.look(HOUR)
    assert (watcher.sealed(), watcher.rows()) == (2, 2)


def test_a_file_that_nobody_writes_any_more_grows_old_one_that_is_written_again_does_not(
    watcher: Watcher,
) -> None:
    watcher.export("Serial\nS1\n")
    watcher.watch()
    watcher.look()
    watcher.look(2 * DAY)
    assert watcher.sealed() == 1

    watcher.export("Serial\nS1\n")  # the same again, today
    watcher.look(HOUR)

    assert watcher.sealed() == 2
    (held,) = loads.held(watcher.locker, "acme", "assets")
    assert held.at > watcher.at - timedelta(minutes=1)
    watcher.look(HOUR)
    assert watcher.sealed() == 2


def test_what_a_person_asks_for_is_loaded_though_it_is_as_it_was(watcher: Watcher) -> None:
    watcher.export("Serial\nS1\n")
    watcher.watch()
    held = watcher.look()
    list_sources.pause(held, paused=True, actor="maria")
    assert not list_sources.is_due(held, watcher.at + DAY)

    list_sources.want(held, actor="maria")
    found = watcher.look(HOUR)

    assert watcher.sealed() == 2
    assert found.wanted_by == ""
    (load,) = loads.held(watcher.locker, "acme", "assets")
    assert load.by == "maria"


def test_a_service_that_answers_as_before_is_sealed_anew_once_a_day(watcher: Watcher) -> None:
    with serving() as served:
        intune(served)
        watcher.watch("intune", **told(served))
        watcher.look()
        watcher.look(12 * HOUR)
        assert watcher.sealed() == 1
        watcher.look(12 * HOUR)
        assert watcher.sealed() == 2


def intune(served: Served) -> None:
    """A tenant with two managed devices."""
    served.on("/acme/oauth2/v2.0/token", Answer({"access_token": "token"}))
    devices = [{"id": each, "deviceName": f"pc-{each}", "serialNumber": each} for each in "12"]
    served.on("/v1.0/deviceManagement/managedDevices", Answer({"value": devices}))


def told(served: Served) -> dict[str, str]:
    """What a source at that server must be told."""
    where = {"login": served.url, "graph": served.url}
    return {"tenant": "acme", "client_id": "7", "client_secret": SECRET, **where}


def test_a_source_that_fails_is_told_once_and_tried_again_later_each_time(
    watcher: Watcher,
) -> None:
    watcher.watch()
    held = watcher.look()
    assert "No file in" in held.error
    assert (held.failures, held.failing_since) == (1, watcher.at)
    assert list_sources.due_at(held) == watcher.at + timedelta(minutes=5)
    first = watcher.at
    held = watcher.look(timedelta(minutes=5))
    assert list_sources.due_at(held) == watcher.at + timedelta(minutes=10)
    for _ in range(5):
        held = watcher.look(HOUR)
    assert list_sources.due_at(held) == watcher.at + HOUR  # never later than its turn
    assert (held.failures, held.failing_since) == (7, first)
    (notice,) = Notice.objects.all()
    assert "The list hardware (assets) of acme was not loaded" in notice.text

    watcher.export("Serial\nS1\n")
    held = watcher.look(HOUR)

    assert (held.failures, held.error, held.failing_since) == (0, "", None)
    assert Notice.objects.get().over_at == watcher.at


def test_a_list_that_is_cut_off_or_lost_a_column_is_not_loaded(watcher: Watcher) -> None:
    watcher.export("Serial;Raum\nS1;1\nS2;2\nS3;3\n")
    watcher.watch()
    watcher.look()
    watcher.export("Serial;Raum\nS1;1\n", "hw-2.csv")
    held = watcher.look(HOUR)
    assert "less than half" in held.error
    assert "--allow-shrink" not in held.error
    watcher.export("Nummer;Raum\nS1;1\nS2;2\nS3;3\n", "hw-3.csv")
    assert "is no longer there" in watcher.look(HOUR).error
    assert watcher.rows() == 3


def test_secrets_are_not_readable_and_only_go_where_they_were_given_for(
    watcher: Watcher, tmp_path: Path
) -> None:
    held = watcher.watch("jamf", address="https://a.example", client_id="7", client_secret=SECRET)
    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM ledger_listsource t")
        (stored,) = cursor.fetchone() or ("",)
    assert SECRET not in stored
    assert SECRET not in json.dumps(list(AuditEvent.objects.values("detail")))
    assert list_sources.options_of(held, watcher.parts.vault)["client_secret"] == SECRET

    old, new = new_key(), new_key()
    ring = KeyRing(KeyFile(tmp_path / "key"))
    (tmp_path / "key").write_text(f"{new}\n{old}\n")
    (tmp_path / "key").chmod(0o600)
    mine = Vault([old])
    wanted = list_sources.watch(
        "acme", "assets", "hardware", "jamf", {"client_secret": SECRET}, HOUR, mine
    )
    ListSource.objects.update(options={}, secrets_ciphertext=wanted.ciphertext)
    rotate(Vault([new, old]), actor="maria")
    held.refresh_from_db()
    assert SECRET in Fernet(new).decrypt(held.secrets_ciphertext).decode()
    assert opened(ring, Vault([new, old])).lost_lists == ()
    assert opened(ring, Vault([new_key()])).lost_lists == ("acme, assets, hardware",)

    ListSource.objects.update(options={"address": "https://evil.example"})
    held.refresh_from_db()
    with pytest.raises(UsageError, match="stored for something else"):
        list_sources.options_of(held, Vault([new]))


def test_an_address_with_a_key_in_it_is_shown_without(watcher: Watcher) -> None:
    held = watcher.watch("url", url=f"https://lists.example/hw.csv?sig={SECRET}")

    assert list_sources.where(held, watcher.parts.vault) == "https://lists.example/hw.csv"
    assert SECRET not in json.dumps(held.options)


def test_watchkeepers_own_files_are_shown_to_nobody(watcher: Watcher, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "django.key").write_text("Serial\nS1\n")
    (tmp_path / "link").symlink_to(keys)
    parts = replace(watcher.parts, closed=(keys,))

    for path in (keys / "django.key", tmp_path / "link" / "django.key"):
        with pytest.raises(UsageError, match="own files"):
            watching.try_out("file", {"path": str(path)}, "assets", parts)


def test_nobody_waits_long_before_a_page(watcher: Watcher) -> None:
    with serving() as served:
        busy = Answer(status=429, headers={"Retry-After": "20"})
        served.on("/hw.csv", busy)
        with pytest.raises(SourceFailed, match="busy"):
            watching.try_out("url", {"url": served.url + "/hw.csv"}, "assets", watcher.parts)
    assert watcher.slept <= 30


def test_a_worker_that_is_to_stop_gives_its_look_back(watcher: Watcher) -> None:
    watcher.export("Serial\nS1\n")
    held = watcher.watch()

    with pytest.raises(Interrupted):
        watching.look(held.pk, watcher.parts, stopping=lambda: True)

    held.refresh_from_db()
    assert (held.tried_at, held.failures) == (None, 0)


def test_what_is_due_is_asked_for_once(watcher: Watcher) -> None:
    watcher.watch()
    for _ in range(2):
        watching.ask_for_lists(watcher.parts)
    with database.cursor() as cursor:
        cursor.execute("SELECT lock FROM procrastinate_jobs WHERE task_name = %s", [watching.TASK])
        assert cursor.fetchall() == [("lists:acme",)]

    connections.remove(watcher.connection, actor="maria", now=watcher.at)

    assert not ListSource.objects.exists()
    watching.look(1, watcher.parts, stopping=go_on)  # the job that waits finds nothing to do


def test_a_turn_is_as_long_as_is_usual_for_its_source_and_has_bounds() -> None:
    assert list_sources.usual("folder") == timedelta(minutes=15)
    assert list_sources.usual("intune") == DAY
    with pytest.raises(UsageError, match="every"):
        list_sources.watch(
            "a", "assets", "b", "folder", {}, timedelta(minutes=1), Vault([new_key()])
        )
