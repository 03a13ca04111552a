"""Records of an interface as a sheet, and the pages that they came from as documents."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from watchkeeper.errors import SourceFailed
from watchkeeper.lists.cells import MOST_ROWS, Cell, Row, Sheet, cleaned


def sheet(name: str, headers: Sequence[str], records: Iterable[Mapping[str, Any]]) -> Sheet:
    """Records as rows, counted from 1; a header is a dotted path in them."""
    rows = tuple(
        Row(number, tuple(_cell(value(record, header)) for header in headers))
        for number, record in enumerate(records, 1)
    )
    names = tuple(header.rpartition(".")[2] for header in headers)
    return Sheet(name, names, rows, "record")


def value(record: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path, None where nothing does."""
    found: Any = record
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def unlike(title: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Raises SourceFailed when records came twice, or without the id that tells them apart.

    Then the list moved while it was read, or a page came again: others may be missing.
    """
    ids = [record.get("id") for record in records]
    if not all(isinstance(each, str) and each for each in ids):
        raise SourceFailed(f"{title} gave a record without an id.", hint="Try again later.")
    if len(set(ids)) < len(ids):
        raise SourceFailed(
            f"{title} gave {len(ids) - len(set(ids)):,} records twice; others may be missing.",
            hint="Load it again.",
        )
    if len(ids) > MOST_ROWS:
        raise SourceFailed(f"{title} gave more than {MOST_ROWS:,} records.", hint="Load a part.")


def listed(title: str, page: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The records of a page; raises SourceFailed when it has none of that name."""
    found = page.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise SourceFailed(f"{title} gave a page without {name!r}.", hint="Look at the address.")
    return found


def _cell(found: Any) -> Cell:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str):
        return cleaned(found)
    return str(found) if isinstance(found, int | float) else None
