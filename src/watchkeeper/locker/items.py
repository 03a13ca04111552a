"""The items of a sealed assessment, as far as somebody wants them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from watchkeeper.locker import layout, tables
from watchkeeper.locker.store import Store

_BATCH = 20_000
_COLUMNS = ("subject", "name", "outcome", "reason", "exception", "digest")


class ItemRow(NamedTuple):
    """One item without the values it rests on; `exception` and `digest` may be empty."""

    subject: str
    name: str
    outcome: str
    reason: str
    exception: str
    digest: str


def with_outcome(store: Store, assessment: str, outcomes: Iterable[str]) -> Iterator[ItemRow]:
    """The items of an assessment (its folder) that have one of these outcomes, by subject.

    Raises LockerError when they cannot be read.
    """
    found = _read(store, assessment)
    yield from _rows(found.filter(pc.is_in(found["outcome"], pa.array(list(outcomes)))))


def of_subjects(store: Store, assessment: str, subjects: Iterable[str]) -> Iterator[ItemRow]:
    """The items of these subjects, as far as the assessment lists them."""
    found = _read(store, assessment)
    yield from _rows(
        found.filter(pc.is_in(found["subject"], pa.array(list(subjects), pa.string())))
    )


def _read(store: Store, assessment: str) -> pa.Table:
    """Older assessments have no columns for exception and digest: null there."""
    table = tables.read(store, f"{assessment}/{layout.ITEMS}", _COLUMNS)
    for name in _COLUMNS:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, pa.string()))
    return table.select(_COLUMNS)


def _rows(table: pa.Table) -> Iterator[ItemRow]:
    for batch in table.to_batches(max_chunksize=_BATCH):
        columns = [batch.column(name).to_pylist() for name in _COLUMNS]
        for row in zip(*columns, strict=True):
            yield ItemRow(*(value or "" for value in row))
