"""The index follows the locker, can be repeated, and can be rebuilt."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.errors import Tampered
from watchkeeper.ledger.index import index, rebuild
from watchkeeper.ledger.models import AssessmentEntry, CollectionEntry, Connection, FailingItem
from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome

from .conftest import NOW, seal_assessment, seal_collection

pytestmark = pytest.mark.postgres

MIXED = {"a": Outcome.PASS, "b": Outcome.FAIL, "c": Outcome.UNKNOWN, "d": Outcome.NOT_APPLICABLE}


def everything() -> dict[str, list[Any]]:
    """What the index holds, without the numbers the database gives."""
    return {
        "collections": list(
            CollectionEntry.objects.order_by("path").values_list("path", "rows", "verdict", "ended")
        ),
        "assessments": list(
            AssessmentEntry.objects.order_by("path").values_list(
                "path", "result", "passed", "failed", "unknown", "not_applicable", "newest"
            )
        ),
        "items": list(
            FailingItem.objects.order_by("subject").values_list(
                "assessment__path", "subject", "name", "outcome", "reason"
            )
        ),
    }


def test_the_index_holds_what_was_sealed(locker: Locker, connection: Connection) -> None:
    sealed = seal_collection(locker, rows=3)
    judged = seal_assessment(locker, MIXED)

    added = index(locker, connection)

    assert (added.collections, added.assessments) == (1, 1)
    entry = CollectionEntry.objects.get()
    assert (entry.path, entry.resource, entry.rows, entry.complete) == (
        sealed.path, "roles", 3, True,
    )  # fmt: skip
    assert (entry.started, entry.ended) == (sealed.started, sealed.ended)
    result = AssessmentEntry.objects.get()
    assert (result.path, result.control, result.result) == (judged.path, judged.control, "FAIL")
    assert (result.passed, result.failed, result.unknown, result.not_applicable) == (1, 1, 1, 1)
    assert (result.total, result.newest, result.judged_at) == (4, True, NOW)


def test_only_what_does_not_pass_is_listed(locker: Locker, connection: Connection) -> None:
    seal_assessment(locker, MIXED, reason="odd \x00 text")

    index(locker, connection)

    assert sorted(FailingItem.objects.values_list("subject", "outcome")) == [
        ("b", "fail"),
        ("c", "unknown"),
    ]
    assert set(FailingItem.objects.values_list("reason", flat=True)) == {"odd \ufffd text"}


def test_indexing_again_changes_nothing(locker: Locker, connection: Connection) -> None:
    seal_collection(locker)
    seal_assessment(locker, MIXED)
    index(locker, connection)
    before = everything()

    added = index(locker, connection)

    assert (added.collections, added.assessments) == (0, 0)
    assert everything() == before


def test_an_index_that_was_lost_is_rebuilt_as_it_was(
    locker: Locker, connection: Connection
) -> None:
    for age in range(3):
        seal_collection(locker)
        seal_assessment(locker, MIXED, judged_at=NOW - timedelta(days=age))
        index(locker, connection)
    before = everything()
    CollectionEntry.objects.all().delete()
    FailingItem.objects.all().delete()

    rebuild(locker, connection)

    assert everything() == before


def test_items_of_older_assessments_are_left_to_the_locker(
    locker: Locker, connection: Connection
) -> None:
    seal_assessment(locker, MIXED, judged_at=NOW - timedelta(days=1))
    index(locker, connection)
    newest = seal_assessment(locker, {"z": Outcome.FAIL})
    index(locker, connection)

    assert AssessmentEntry.objects.count() == 2
    assert AssessmentEntry.objects.get(newest=True).path == newest.path
    assert list(FailingItem.objects.values_list("subject", flat=True)) == ["z"]


def test_an_older_assessment_that_is_sealed_late_does_not_become_the_newest(
    locker: Locker, connection: Connection
) -> None:
    newest = seal_assessment(locker, {"z": Outcome.FAIL})
    index(locker, connection)
    seal_assessment(locker, MIXED, judged_at=NOW - timedelta(days=1))
    index(locker, connection)

    assert AssessmentEntry.objects.get(newest=True).path == newest.path
    assert list(FailingItem.objects.values_list("subject", flat=True)) == ["z"]


def test_other_connections_of_the_same_locker_are_left_alone(
    locker: Locker, connection: Connection
) -> None:
    seal_collection(locker, connection="acme-two")
    seal_collection(locker)

    index(locker, connection)

    assert CollectionEntry.objects.count() == 1
    other = Connection.objects.create(name="acme-two", console="https://two.sentinelone.net")
    assert index(locker, other).collections == 1


def test_another_locker_in_the_same_place_is_indexed_from_its_start(
    locker: Locker, connection: Connection, tmp_path: Path
) -> None:
    for _ in range(3):
        seal_collection(locker)
    index(locker, connection)
    fresh = Locker.open(tmp_path / "fresh", create=True)
    sealed = seal_collection(fresh)

    index(fresh, connection)

    assert list(CollectionEntry.objects.values_list("path", flat=True)) == [sealed.path]


def test_a_manifest_that_was_altered_is_refused(
    locker: Locker, connection: Connection, tmp_path: Path
) -> None:
    sealed = seal_collection(locker)
    manifest = tmp_path / "locker" / sealed.path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"complete", b"Complete", 1))

    with pytest.raises(Tampered, match=r"is not what was sealed as log entry 1"):
        index(Locker.open(tmp_path / "locker"), connection)

    assert not CollectionEntry.objects.exists()


def test_an_entry_that_was_removed_from_the_log_does_not_stop_the_index(
    locker: Locker, connection: Connection, tmp_path: Path
) -> None:
    for _ in range(2):
        seal_collection(locker)
    index(locker, connection)
    sealed = [seal_collection(locker) for _ in range(3)]
    (tmp_path / "locker" / layout.log_entry(3)).unlink()

    index(locker, connection)

    known = set(CollectionEntry.objects.values_list("path", flat=True))
    assert {each.path for each in sealed} - known == {sealed[0].path}
    assert connection.indexed_entry == 5
    newest = seal_collection(locker)
    assert index(locker, connection).collections == 1
    assert CollectionEntry.objects.get(identity=newest.id).path == newest.path
