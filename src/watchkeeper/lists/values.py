"""Cells as values: moments, booleans, systems; strict, because a wrong guess judges wrongly."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

from watchkeeper.lists.cells import Cell

DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
DATE_ORDERS = (DAY_FIRST, MONTH_FIRST)

_TIME = (
    r"(?:(?:,?\s+|T)(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<a>\d{1,2})(?P=mark)(?P<b>\d{1,2})" + _TIME
)
_YEAR_LAST = re.compile(
    r"(?P<a>\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})(?P=mark)(?P<year>\d{4})" + _TIME
)
_MONTHS = 12
_NOON = 12
# Directories write the year 1 or 1601 where they mean never.
_NEVER = datetime(1970, 1, 2, tzinfo=UTC)
_NO_DATE = frozenset({"-", "–", "never", "nie", "n/a", "none", "null"})

_YES = frozenset("yes y ja j true wahr 1 x active aktiv enabled aktiviert employed current".split())
_NO = frozenset(
    "no n nein false falsch 0 inactive inaktiv disabled deaktiviert terminated left former "
    "ausgetreten ausgeschieden gesperrt".split()
)
# By what a name of a system begins with: how agents name it.
_SYSTEMS = (
    ("windows", "windows"),
    ("microsoft windows", "windows"),
    ("macos", "macos"),
    ("mac os", "macos"),
    ("macmdm", "macos"),
    ("os x", "macos"),
    ("darwin", "macos"),
    ("linux_k8s", "linux_k8s"),
    ("linux", "linux"),
    ("ubuntu", "linux"),
    ("debian", "linux"),
    ("red hat", "linux"),
    ("rhel", "linux"),
    ("centos", "linux"),
    ("rocky", "linux"),
    ("suse", "linux"),
    ("opensuse", "linux"),
    ("fedora", "linux"),
)


class Ambiguous(ValueError):
    """A date whose day and month cannot be told apart."""


class Unfitting(ValueError):
    """A date that the given order does not fit."""


def moment(cell: Cell, order: str = "") -> datetime | None:
    """The UTC moment in a cell; None where nothing, `never` or a directory's zero stands.

    ISO 8601 and day.month.year need no order; with `/` or `-` between day and month, `order`
    says which comes first. A date is its midnight, a time without a zone is UTC. Raises Ambiguous,
    Unfitting, or another ValueError for what is no date.
    """
    if cell is None or (isinstance(cell, str) and cell.casefold() in _NO_DATE):
        return None
    found = cell if isinstance(cell, datetime) else _parsed(cell, order)
    return found if found >= _NEVER else None


def _parsed(text: str, order: str) -> datetime:
    if match := _YEAR_FIRST.fullmatch(text):
        month, day = int(match["a"]), int(match["b"])
    elif match := _YEAR_LAST.fullmatch(text):
        first, second = int(match["a"]), int(match["b"])
        if match["mark"] == "." or first == second:
            used = DAY_FIRST
        elif not (used := order or _evident(first, second)):
            raise Ambiguous(text)
        day, month = (first, second) if used == DAY_FIRST else (second, first)
        if month > _MONTHS >= day and match["mark"] != ".":
            raise Unfitting(text)
    else:
        raise ValueError(text)
    hour = int(match["hour"] or 0)
    if half := (match["half"] or "").lower():
        if not 1 <= hour <= _NOON:
            raise ValueError(text)
        hour = hour % _NOON + (_NOON if half.startswith("p") else 0)
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    zone = _zone(match["zone"] or "")
    return datetime(
        int(match["year"]), month, day,
        hour, int(match["minute"] or 0), int(match["second"] or 0), int(fraction),
        tzinfo=zone,
    ).astimezone(UTC)  # fmt: skip


def _zone(text: str) -> timezone:
    if text in {"", "Z", "UTC", "GMT"}:
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _evident(first: int, second: int) -> str:
    if first > _MONTHS >= second:
        return DAY_FIRST
    return MONTH_FIRST if second > _MONTHS >= first else ""


def order_of(cells: Iterable[Cell]) -> str:
    """The order of day and month that the dates of a list show; empty where none shows it.

    Raises Ambiguous when some show the one and some the other.
    """
    found: dict[str, str] = {}
    for cell in cells:
        match = _YEAR_LAST.fullmatch(cell) if isinstance(cell, str) else None
        if match and match["mark"] != ".":
            evident = _evident(int(match["a"]), int(match["b"]))
            found.setdefault(evident, match.string)
    found.pop("", None)
    if len(found) > 1:
        raise Ambiguous(" and ".join(found.values()))
    return next(iter(found), "")


def boolean(cell: Cell) -> bool | None:
    """Yes or no in English or German; None where nothing stands. Raises ValueError."""
    if cell is None:
        return None
    word = str(cell).casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError(word)


def system(text: str) -> str:
    """An operating system as agents name it: windows, macos, linux; what is unknown as it is."""
    folded = text.casefold()
    return next((name for start, name in _SYSTEMS if folded.startswith(start)), text)


def status(text: str) -> str:
    """A status; of a directory that only tells whether a device is enabled: active, inactive."""
    return {"true": "active", "false": "inactive"}.get(text.casefold(), text)
