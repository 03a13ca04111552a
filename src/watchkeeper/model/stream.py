"""Collections that add up: how far each reaches, and which of them are the current state.

The current state of an incremental resource is its newest whole collection and every complete one
after it, the newest version of each key. Each says from when to when it has what was changed;
where one begins after the end of all before it, something may be missing, and nothing is judged.
A collection from before this was told is whole.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from watchkeeper.model.collection import Collection


class Kind(StrEnum):
    """What a collection holds of its resource."""

    WHOLE = "whole"  # every record
    OPEN = "open"  # every one that is open, and what was changed since
    CHANGED = "changed"  # what was changed since


@dataclass(frozen=True, slots=True)
class Reach:
    """From when to when a collection has what was changed, by the console's clock (UTC).

    `since` is None for a whole one; `until`, a moment before its first question, is None where the
    console told no time. `base` is the folder of the whole collection it builds on, for a whole
    one of the one before, empty where there is none. `why` says why it is of this kind.
    """

    kind: Kind
    since: datetime | None
    until: datetime | None
    base: str = ""
    why: str = ""

    def as_json(self) -> dict[str, Any]:
        """As a manifest tells it."""
        return {
            "kind": self.kind.value,
            "since": _written(self.since) if self.since else None,
            "until": _written(self.until) if self.until else None,
            "base": self.base,
            "why": self.why,
        }

    @classmethod
    def of_json(cls, told: Any) -> "Reach":
        """Raises KeyError, TypeError or ValueError for what is none."""
        since, until = (
            datetime.fromisoformat(told[name]) if told[name] else None
            for name in ("since", "until")
        )
        kind = Kind(told["kind"])
        if kind is not Kind.WHOLE and (since is None or until is None):
            raise ValueError(f"{kind} from {since} to {until}")
        return cls(kind, since, until, str(told["base"]), str(told["why"]))

    @classmethod
    def of(cls, collection: Collection) -> "Reach":
        """As a sealed collection tells it; raises as `of_json`."""
        told = collection.manifest.get("reach")
        return cls(Kind.WHOLE, None, None) if told is None else cls.of_json(told)


@dataclass(frozen=True, slots=True)
class Current:
    """What the current state is made of, oldest first: a whole collection, then those after it.

    `gap` says why something may be missing between them, and is empty when nothing can be.
    `until` is up to when what was changed is known, `opened` when every open record was read last;
    both are None where that is not known.
    """

    collections: tuple[Collection, ...] = ()
    gap: str = ""
    until: datetime | None = None
    opened: datetime | None = None

    @property
    def whole(self) -> Collection | None:
        """The whole collection that the others build on, None when nothing was read whole yet."""
        return self.collections[0] if self.collections else None


def current(newest_first: Iterable[Collection]) -> Current:
    """The current state, from sealed collections of one resource; nothing older is looked at."""
    after: list[tuple[Collection, Reach]] = []
    for found in newest_first:
        if not found.complete or found.subject:
            continue
        try:
            reach = Reach.of(found)
        except (KeyError, TypeError, ValueError) as error:
            return Current(gap=f"what {found.path} reaches cannot be read: {error!r}")
        after.append((found, reach))
        if reach.kind is Kind.WHOLE:
            return _joined(after[::-1])
    if after:
        return Current(gap="the whole collection that the newest one builds on is not there")
    return Current()


def hole(collections: Iterable[Collection]) -> str:
    """Why something may be missing of collections that add up, oldest first; else empty.

    What a damaged one held counts still, unless those after it begin where those before it end.
    """
    until: datetime | None = None
    for found in collections:
        if found.damaged and until is None:
            return f"{found.path} cannot be read; bring it back from a backup"
        window = found.manifest.get("window")
        if found.complete and window:
            since = datetime.fromisoformat(window["from"])
            if until is not None and since > until:
                between = f"what happened between {_written(until)} and {_written(since)}"
                return f"{between} is in no complete collection, before {found.path}"
            reached = datetime.fromisoformat(window["to"])
            until = reached if until is None else max(until, reached)
    return ""


def _joined(found: list[tuple[Collection, Reach]]) -> Current:
    """A whole collection and those after it; whether each begins where what is before it ends."""
    until = opened = found[0][1].until
    for collection, reach in found[1:]:
        if until is None or reach.since is None or reach.since > until:
            reached = _written(until) if until else "an unknown moment"
            begins = _written(reach.since) if reach.since else "an unknown one"
            gap = f"what was changed between {reached} and {begins} is in no complete collection"
            return Current((found[0][0],), f"{gap}, before {collection.path}")
        if reach.until is not None:
            until = max(until, reach.until)
            if reach.kind is Kind.OPEN:
                opened = reach.until
    return Current(tuple(each for each, _ in found), "", until, opened)


def _written(moment: datetime) -> str:
    """As `clock.rfc3339` writes it, which this layer does not know: it asks no machine."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
