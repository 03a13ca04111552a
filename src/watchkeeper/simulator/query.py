"""What a query asks for: parameters checked one by one, rows picked, ordered and paged by key."""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from watchkeeper.simulator.catalogue import (
    TIME_FIELDS,
    USUAL_SORT,
    Endpoint,
    Filter,
    Parameter,
    choices,
    known,
    largest_page,
)
from watchkeeper.simulator.times import read
from watchkeeper.simulator.world import Row

Query = dict[str, list[str]]
Key = tuple[tuple[Any, ...], int]

_PAGING = {"cursor", "limit", "skip", "skipCount", "countOnly", "sortBy", "sortOrder"}
# Lists of booleans since 2026, one boolean before.
_ONE_IN_2024 = {"isActive", "isUpToDate", "isPendingUninstall", "infected"}
# Fields that hold numbers, which a query writes as text.
_NUMBERS = {"activityType"}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_MOST_SKIPPED = 1000


class Refused(Exception):
    """The console answers with an error of its own."""

    def __init__(self, status: int, code: int, title: str, detail: str | None) -> None:
        """Status line, the vendor's code, its title and its detail."""
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.code, self.title, self.detail = status, code, title, detail


def invalid(detail: str) -> Refused:
    """A request that does not validate."""
    return Refused(400, 4000010, "Validation Error", detail)


@dataclass(frozen=True, slots=True)
class Wish:
    """A list request, understood."""

    where: tuple[tuple[str, tuple[str, ...]], ...]
    sort: str
    order: str
    limit: int
    skip: int
    cursor: str | None
    count_only: bool
    skip_count: bool

    @property
    def names(self) -> set[str]:
        """The filters it uses."""
        return {name for name, _ in self.where}


def _flag(name: str, text: str) -> bool:
    try:
        return _TRUTH[text.lower()]
    except KeyError:
        raise invalid(f"{name}: Not a valid boolean.") from None


def _number(name: str, text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise invalid(f"{name}: Not a valid integer.") from None
    if not least <= number <= most:
        raise invalid(
            f"{name}: Must be greater than or equal to {least} and less than or equal to {most}."
        )
    return number


def _check_values(parameter: Parameter, values: list[str], profile: str) -> None:
    name = parameter.name
    if parameter.most is not None and len(values) > parameter.most:
        raise invalid(f"{name}: Longer than maximum length {parameter.most}.")
    allowed = choices(parameter, profile)
    for position, value in enumerate(values):
        if parameter.kind in {"bools", "bool"}:
            _flag(name, value)
        elif parameter.base.lower().endswith("ids") and parameter.base != "uuids":
            if not value.isdecimal() and parameter.base != "activityUuids":
                raise invalid(f"{name}: {position}: Not a valid Identifier.")
        elif allowed is not None and value not in allowed:
            raise invalid(f'{name}: {position}: "{value}" is not a valid choice.')


def understand(point: Endpoint, query: Query, profile: str) -> Wish:
    """Check every parameter as the console does, and say what is asked."""
    declared = known(point, profile)
    strange = [name for name in query if name not in declared]
    if strange:
        raise invalid(f"dict_values({strange!r}): Unknown field")
    where: list[tuple[str, tuple[str, ...]]] = []
    for name, raw in sorted(query.items()):
        parameter = declared[name]
        if name in _PAGING:
            continue
        many = parameter.kind in {"list", "bools"}
        if profile == "2024" and parameter.base in _ONE_IN_2024:
            many = False
        values = [v for text in raw for v in (text.split(",") if many else [text])]
        _check_values(parameter, values, profile)
        if name not in point.filters:
            raise Refused(501, 5010010, "Not supported", f"{name} is not simulated")
        where.append((name, tuple(sorted(set(values)))))
    first = {name: values[-1] for name, values in query.items()}
    sort = first.get("sortBy", USUAL_SORT.get(point.name, "id"))
    if sort not in point.sorts:
        allowed = declared["sortBy"].choices
        if "sortBy" in first and (allowed is None or sort not in allowed):
            raise invalid("sortBy: Not a valid choice.")
        raise Refused(501, 5010010, "Not supported", f"sortBy={sort} is not simulated")
    order = first.get("sortOrder", "asc")
    if order not in {"asc", "desc"}:
        raise invalid("sortOrder: Not a valid choice.")
    return Wish(
        tuple(where),
        point.sorts[sort],
        order,
        _number("limit", first.get("limit", "10"), 1, largest_page(point.name, profile)),
        _number("skip", first.get("skip", "0"), 0, _MOST_SKIPPED),
        first.get("cursor"),
        _flag("countOnly", first.get("countOnly", "false")),
        _flag("skipCount", first.get("skipCount", "false")),
    )


def _moment(name: str, text: str) -> datetime:
    moment = read(text)
    if moment is None:
        raise invalid(f"{name}: Not a valid datetime.")
    return moment


def _epoch(name: str, milliseconds: str) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds))
    except (ValueError, OverflowError):
        raise invalid(f"{name}: Not a valid datetime range.") from None


def _time_test(name: str, field: str, text: str) -> Callable[[Row], bool]:
    operator = name.rpartition("__")[2]
    if operator == "between":
        first, _, last = text.partition("-")
        low, high = _epoch(name, first), _epoch(name, last)
        return lambda row: (at := read(row[field])) is not None and low <= at <= high
    limit = _moment(name, text)
    tests: dict[str, Callable[[datetime], bool]] = {
        "lt": lambda at: at < limit,
        "lte": lambda at: at <= limit,
        "gt": lambda at: at > limit,
        "gte": lambda at: at >= limit,
    }
    test = tests[operator]
    return lambda row: (at := read(row[field])) is not None and test(at)


def _like(value: object) -> str:
    """How a value is written in a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _test(name: str, spec: Filter, values: tuple[str, ...]) -> Callable[[Row], bool]:
    field = spec.field
    if spec.kind == "time":
        return _time_test(name, field, values[0])
    if spec.kind in {"resolved", "exists"}:
        flag, resolved = _flag(name, values[0]), spec.kind == "resolved"
        return lambda row: (
            (row[field] == "resolved" if resolved else row[field] is not None) is flag
        )
    if spec.kind == "contains":
        return lambda row: any(v.lower() in str(row[field]).lower() for v in values)
    if spec.kind == "ignored":
        return lambda _: True
    return _membership(spec, values)


def _membership(spec: Filter, values: tuple[str, ...]) -> Callable[[Row], bool]:
    field, wanted = spec.field, frozenset(values)
    if field.startswith("_"):
        return lambda row: row[field] is None or not wanted.isdisjoint(row[field])
    if values[0].lower() in _TRUTH and len(wanted) <= 2:
        wanted |= {_like(_TRUTH[v.lower()]) for v in values if v.lower() in _TRUTH}
    if field in _NUMBERS:
        if spec.kind == "not_in":
            return lambda row: _like(row[field]) not in wanted
        return lambda row: _like(row[field]) in wanted
    # Everything else is text, a boolean or nothing, and compares without being written.
    accepted = wanted | {value for value in (True, False) if _like(value) in wanted}
    if spec.kind == "not_in":
        return lambda row: row[field] not in accepted
    return lambda row: row[field] in accepted


def pick(point: Endpoint, rows: Iterable[Row], wish: Wish) -> list[Row]:
    """The rows that match every filter; agents that left only when they are asked for."""
    tests = [_test(name, point.filters[name], values) for name, values in wish.where]
    if point.name == "agents":
        unnamed = {"isDecommissioned", "isUninstalled"} - {name for name, _ in wish.where}
        tests += [_test(field, point.filters[field], ("false",)) for field in unnamed]
    picked = list(rows)
    for test in tests:
        picked = [row for row in picked if test(row)]
    return picked


def sort_key(field: str, value: object) -> tuple[Any, ...]:
    """Something to compare values of one field by; nulls come first."""
    if value is None:
        return (0,)
    if field in TIME_FIELDS:
        moment = read(value)
        return (1, moment.timestamp() if moment else 0.0)
    if field in {"version", "agentVersion"}:
        return (1, *(int(part) for part in str(value).split(".") if part.isdecimal()))
    if field in {"id", "siteId"}:
        return (1, int(str(value)))
    return (1, value) if isinstance(value, int | float) else (1, str(value))


@dataclass(frozen=True, slots=True)
class Selection:
    """Matching rows in order, found by the key of each."""

    rows: list[Row]
    key: Callable[[Row], Key]
    field: str
    order: str

    def position(self, cursor: str, name: str) -> int:
        """Where the page after the cursor begins, whatever has come or gone meanwhile."""
        place = _read_cursor(cursor, name, self.field, self.order)
        if self.order == "asc":
            return bisect_right(self.rows, place, key=self.key)
        return len(self.rows) - bisect_left(self.rows, place, key=self.key)

    def page(self, start: int, count: int) -> list[Row]:
        """Rows in the order asked for."""
        if self.order == "asc":
            return self.rows[start : start + count]
        end = len(self.rows) - start
        return self.rows[max(0, end - count) : max(0, end)][::-1]


def select(point: Endpoint, rows: Iterable[Row], wish: Wish) -> Selection:
    """Pick and order."""
    field = wish.sort

    def key(row: Row) -> Key:
        return sort_key(field, row.get(field)), int(row["id"])

    picked = pick(point, rows, wish)
    if field == "id":
        picked.sort(key=_number_of)  # the same order, told sooner
    else:
        picked.sort(key=key)
    return Selection(picked, key, field, wish.order)


def _number_of(row: Row) -> int:
    return int(row["id"])


def write_cursor(row: Row, name: str, field: str, order: str) -> str:
    """A place in a walk: the key of the last row, nothing about the filters; percent-encoded."""
    place = {
        "id_column": f"{name}.id",
        "id_value": row["id"],
        "id_sort_order": order,
        "sort_by_column": f"{name}.{field}",
        "sort_by_value": row.get(field),
        "sort_order": order,
    }
    return quote(base64.b64encode(msgspec.json.encode(place)).decode(), safe="")


def _read_cursor(text: str, name: str, field: str, order: str) -> Key:
    wrong = invalid("Invalid cursor value received")
    try:
        place = msgspec.json.decode(base64.b64decode(unquote(text), validate=True))
        if place["sort_by_column"] != f"{name}.{field}" or place["sort_order"] != order:
            raise wrong
        return sort_key(field, place["sort_by_value"]), int(place["id_value"])
    except (binascii.Error, msgspec.DecodeError, KeyError, TypeError, ValueError):
        raise wrong from None
