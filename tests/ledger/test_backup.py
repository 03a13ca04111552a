"""What goes into a backup: what the locker's log vouches for, and what is wrong with it is said."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.rows import put_page
from watchkeeper.bootstrap import App
from watchkeeper.ledger.archive import files, manifest_of
from watchkeeper.ledger.backup import Made, backup
from watchkeeper.ledger.restore import restore_controls, restore_locker
from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.store import Store
from watchkeeper.locker.verify import verify
from watchkeeper.resources import catalogue

from .conftest import seal_collection

pytestmark = pytest.mark.postgres


def make(path: Path, app: App, locker: Locker, controls: Sequence[Path] = ()) -> Made:
    return backup(
        path,
        version="1",
        clock=app.installation.clock,
        store=locker.store,
        keys=(),
        on_progress=lambda what, done, total: None,  # noqa: ARG005 - nobody looks
        controls=controls,
    )


def test_controls_people_wrote_come_back_where_none_is(
    app: App, locker: Locker, tmp_path: Path
) -> None:
    pages = [tmp_path / "ACME-01.md", tmp_path / "ACME-02.md"]
    for each in pages:
        each.write_text(f"as backed up {each.name}", encoding="utf-8")
    make(tmp_path / "b.tar", app, locker, pages)
    again = tmp_path / "again"
    again.mkdir()
    (again / "ACME-02.md").write_text("newer", encoding="utf-8")
    assert restore_controls(tmp_path / "b.tar", again) == ["ACME-01.md"]
    assert (again / "ACME-01.md").read_text(encoding="utf-8") == "as backed up ACME-01.md"
    assert (again / "ACME-02.md").read_text(encoding="utf-8") == "newer"


def test_what_is_being_written_is_left_out_and_the_rest_is_whole(
    app: App, locker: Locker, tmp_path: Path
) -> None:
    sealed = seal_collection(locker)
    under_way = locker.begin("acme", catalogue()["groups"])
    put_page(under_way, {"data": []})

    made = make(tmp_path / "b.tar", app, locker)

    under_way.leave()
    assert (made.entries, made.differences) == (1, [])
    names = [name for name, _ in files(tmp_path / "b.tar")]
    assert f"locker/{sealed.path}/manifest.json" in names
    assert not any("resource=groups" in name or "/open/" in name for name in names)
    again = Store(tmp_path / "again", create=True)
    restore_locker(tmp_path / "b.tar", again, lambda _: None)
    report = verify(again)
    assert (report.differences, report.leftovers, report.strays) == ([], [], [])
    told = manifest_of(tmp_path / "b.tar")["locker"]
    assert told["head"] == f"{report.head[0]}:{report.head[1]}"


def test_what_is_not_as_it_was_sealed_is_kept_and_named(
    app: App, locker: Locker, tmp_path: Path
) -> None:
    first, second = seal_collection(locker), seal_collection(locker)
    root = tmp_path / "locker"
    (root / first.path / layout.TABLE).write_bytes(b"changed")
    (root / second.path / layout.TABLE).unlink()
    (root / layout.log_entry(3)).write_bytes(b"no entry")

    made = make(tmp_path / "b.tar", app, locker)

    wrong = [f"{each.path}/{layout.TABLE}" for each in (first, second)]
    assert sorted(made.differences) == sorted([*wrong, layout.log_entry(3)])
    assert manifest_of(tmp_path / "b.tar")["locker"]["differences"] == made.differences
    content = {name: file.read_whole() for name, file in files(tmp_path / "b.tar")}
    assert content[f"locker/{wrong[0]}"] == b"changed"
