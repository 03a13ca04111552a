"""The items of a sealed assessment, as far as somebody wants them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from watchkeeper.locker import layout, tables
from watchkeeper.locker.store import Store

_BATCH = 20_000
_COLUMNS = ("subject", "name", "outcome", "reason", "exception", "digest")
_Rows = TypeVar("_Rows", pa.Table, pa.RecordBatch)


class ItemRow(NamedTuple):
    """One item without the values it rests on; `exception` and `digest` may be empty."""

    subject: str
    name: str
    outcome: str
    reason: str
    exception: str
    digest: str


def with_outcome(
    store: Store, assessment: str, outcomes: Iterable[str]
) -> Iterator[pa.RecordBatch]:
    """The items of an assessment (its folder) that have one of these outcomes, by subject.

    Columns as in `ItemRow`, null where one is empty. Raises LockerError when they cannot be read.
    """
    wanted = pa.array(list(outcomes))
    for batch in tables.batches(store, f"{assessment}/{layout.ITEMS}", _COLUMNS):
        found = batch.filter(pc.is_in(batch.column("outcome"), wanted))
        if found.num_rows:
            yield _whole(found)


def of_subjects(store: Store, assessment: str, subjects: Iterable[str]) -> Iterator[ItemRow]:
    """The items of these subjects, as far as the assessment lists them."""
    found = _read(store, assessment)
    yield from _rows(
        found.filter(pc.is_in(found["subject"], pa.array(list(subjects), pa.string())))
    )


def _read(store: Store, assessment: str) -> pa.Table:
    return _whole(tables.read(store, f"{assessment}/{layout.ITEMS}", _COLUMNS))


def _whole(found: _Rows) -> _Rows:
    """With every column: older assessments have none for exception and digest."""
    for name in _COLUMNS:
        if name not in found.schema.names:
            found = found.append_column(name, pa.nulls(found.num_rows, pa.string()))
    return found.select(_COLUMNS)


def _rows(table: pa.Table) -> Iterator[ItemRow]:
    for batch in table.to_batches(max_chunksize=_BATCH):
        columns = [batch.column(name).to_pylist() for name in _COLUMNS]
        for row in zip(*columns, strict=True):
            yield ItemRow(*(value or "" for value in row))
