"""Which header of a list means which column; guessed, corrected by hand, remembered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from watchkeeper.errors import UsageError
from watchkeeper.lists.headers import KEYS, KNOWN, folded
from watchkeeper.lists.values import DATE_ORDERS
from watchkeeper.model.resource import Column, ColumnType, Resource

# Columns that a load fills in itself.
_OURS = frozenset({"id", "list", "listed_at"})


@dataclass(frozen=True, slots=True)
class Mapping:
    """Pairs of a header and the column it feeds, an empty column for one that is left out.

    `date_order` is `dmy`, `mdy`, or empty where no date of the list leaves it open.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    date_order: str = ""

    def headers(self, column: str) -> tuple[str, ...]:
        """The headers that feed a column."""
        return tuple(header for header, fed in self.pairs if fed == column)

    def column(self, header: str) -> str:
        """The column that a header feeds, empty where it feeds none."""
        return dict(self.pairs).get(header, "")

    def as_json(self) -> dict[str, Any]:
        """As it is kept in a manifest: `{"columns": {header: column}, "date_order": …}`."""
        return {"columns": dict(self.pairs), "date_order": self.date_order}

    @classmethod
    def from_json(cls, document: Any) -> "Mapping":
        """What `as_json` made; raises UsageError for anything else."""
        try:
            pairs = tuple((str(each), str(fed)) for each, fed in document["columns"].items())
            order = str(document["date_order"])
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError("A remembered mapping cannot be read.", hint="Map again.") from error
        return cls(pairs, _order(order))


def listable(resource: Resource) -> bool:
    """Whether a resource is a list that can be loaded."""
    return resource.name in KNOWN


def columns(resource: Resource) -> tuple[Column, ...]:
    """The columns that a list can feed."""
    return tuple(column for column in resource.columns if column.name not in _OURS)


def given(resource: Resource, texts: Iterable[str], date_order: str = "") -> Mapping:
    """What was typed as `HEADER=COLUMN`, or `HEADER=` for one to leave out; raises UsageError."""
    pairs: dict[str, str] = {}
    for text in texts:
        header, sign, column = (part.strip() for part in text.rpartition("="))
        if not sign or not header:
            raise UsageError(f"{text!r} maps nothing.", hint="Give HEADER=COLUMN.")
        pairs[header] = column
    mapping = Mapping(tuple(pairs.items()), _order(date_order))
    _check_columns(resource, mapping)
    return mapping


def settle(
    resource: Resource,
    headers: Sequence[str],
    asked: Mapping | None = None,
    remembered: Mapping | None = None,
) -> Mapping:
    """The mapping for a list with these headers: what was asked for, remembered, else guessed.

    Every header is in it, in the list's order. Raises UsageError when a header that is asked for
    or remembered is not there, when two are for one column that takes one, or when nothing tells
    rows apart.
    """
    asked, remembered = asked or Mapping(), remembered or Mapping()
    found: dict[str, str] = {}
    for header, column in asked.pairs:
        found[_present(header, headers)] = column
    settled: set[str] = set()
    for header, column in remembered.pairs:
        named = _alike(header, headers)
        if not named:
            _check_gone(header, column, asked, headers)
            continue
        settled.add(named)
        if named not in found and _room(resource, column, found):
            found[named] = column
    _guess(resource, [each for each in headers if each not in settled], found)
    pairs = tuple((header, found.get(header, "")) for header in headers)
    mapping = Mapping(pairs, asked.date_order or remembered.date_order)
    _check_columns(resource, mapping)
    if not any(all(mapping.headers(part) for part in key) for key in KEYS[resource.name]):
        wanted = ", ".join(" with ".join(key) for key in KEYS[resource.name])
        raise UsageError(
            f"Nothing tells the rows of this list apart; its columns are: {', '.join(headers)}.",
            hint=f"Say which one is {wanted}: --map 'HEADER=COLUMN'.",
        )
    return mapping


def proposed(
    resource: Resource,
    headers: Sequence[str],
    asked: Mapping | None = None,
    remembered: Mapping | None = None,
) -> Mapping:
    """The mapping as `settle` would make it, for a person to correct: nothing of it is refused."""
    asked, remembered = asked or Mapping(), remembered or Mapping()
    found: dict[str, str] = {}
    for header, column in (*asked.pairs, *remembered.pairs):
        named = _alike(header, headers)
        if named and named not in found:
            found[named] = column
    _guess(resource, headers, found)
    pairs = tuple((header, found.get(header, "")) for header in headers)
    return Mapping(pairs, asked.date_order or remembered.date_order)


def _guess(resource: Resource, headers: Sequence[str], found: dict[str, str]) -> None:
    """Adds what the headers' names tell, for columns that nothing feeds yet."""
    by_name: dict[str, str] = {}
    for header in headers:
        by_name.setdefault(folded(header), header)
    for column in columns(resource):
        names = KNOWN[resource.name].get(column.name, ())
        own = column.name.replace("_", "")
        known = names if own in names else (own, *names)
        for name in known:
            named = by_name.get(name)
            if named and named not in found and _room(resource, column.name, found):
                found[named] = column.name


def _room(resource: Resource, column: str, found: dict[str, str]) -> bool:
    """Whether a column takes another header: lists of text take any number, others one."""
    if not column or column not in found.values():
        return True
    kept = {each.name: each.type for each in columns(resource)}
    return kept.get(column) is ColumnType.TEXTS


def _present(header: str, headers: Sequence[str]) -> str:
    if named := _alike(header, headers):
        return named
    raise UsageError(f"This list has no column {header!r}.", hint=f"It has: {', '.join(headers)}.")


def _alike(header: str, headers: Sequence[str]) -> str:
    """The header of that name, else the only one that differs in case and signs; else empty."""
    if header in headers:
        return header
    alike = [each for each in headers if folded(each) == folded(header)]
    return alike[0] if len(alike) == 1 else ""


def _check_gone(header: str, column: str, asked: Mapping, headers: Sequence[str]) -> None:
    """Refuses a list that no longer has a column that fed something, unless another one does."""
    replaced = column in {fed for _, fed in asked.pairs}
    if column and not replaced and not (column == "mac_addresses"):
        raise UsageError(
            f"The column {header!r} was {column} of this list so far, and is no longer there.",
            hint=f"Name another one (--map 'HEADER={column}') of: {', '.join(headers)}; or forget "
            "what was remembered with --guess-again.",
        )


def _check_columns(resource: Resource, mapping: Mapping) -> None:
    kept = {column.name: column.type for column in columns(resource)}
    used = [column for _, column in mapping.pairs if column]
    for column in used:
        if column not in kept:
            raise UsageError(
                f"{resource.title} have no column {column!r} that a list feeds.",
                hint=f"There are: {', '.join(kept)}.",
            )
        if used.count(column) > 1 and kept[column] is not ColumnType.TEXTS:
            raise UsageError(
                f"Two columns of the list are mapped to {column}: "
                f"{', '.join(mapping.headers(column))}.",
                hint="Leave one out: --map 'HEADER='.",
            )


def _order(text: str) -> str:
    if text and text not in DATE_ORDERS:
        raise UsageError(
            f"{text!r} is no order of day and month.",
            hint="Give dmy (31/12/2026) or mdy (12/31/2026).",
        )
    return text
