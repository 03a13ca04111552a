"""Which collections a control is judged on, and what keeps it from being judged. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from watchkeeper.controls.values import EARLIER
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.control import Control
from watchkeeper.model.resource import Nature, Resource, Walk
from watchkeeper.model.stream import current, hole

BASELINE = "baseline; judged from the next collection on"
"""Why a control that compares collections has nothing to judge on the first one (reference C.4)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a control is judged on.

    `sources` maps each table to its collections, oldest first; `newest` maps each resource that
    could be read to its newest collection, `dated` are those of the console; `unread` maps what
    could not be read (a resource, or `resource.column`) to the reason. With anything `missing` the
    control is not judged; with `doubts` it is, and cannot pass. `baseline` says why there is
    nothing to judge yet, or is empty.
    """

    sources: Mapping[str, tuple[Collection, ...]] = field(default_factory=dict)
    newest: Mapping[str, Collection] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    dated: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    baseline: str = ""

    @property
    def as_of(self) -> datetime | None:
        """When the oldest of the newest collections was read: how old the answer is.

        What the company states is as old as it says itself: statements expire, lists have a date.
        """
        return self.oldest.as_of if self.oldest else None

    @property
    def oldest(self) -> Collection | None:
        """The one that `as_of` is of."""
        dated = (found for name, found in self.newest.items() if name in self.dated)
        return min(dated, key=lambda found: (found.as_of, found.resource), default=None)

    @property
    def collections(self) -> tuple[Collection, ...]:
        """Every collection used, each once, oldest first."""
        used = {each.path: each for group in self.sources.values() for each in group}
        return tuple(sorted(used.values(), key=lambda each: (each.ended, each.id)))


def plan(
    control: Control, collections: Iterable[Collection], resources: Mapping[str, Resource]
) -> Plan:
    """What the control is judged on, given every sealed collection of one connection."""
    by_resource = _sorted_by_resource(collections)
    sources: dict[str, tuple[Collection, ...]] = {}
    newest: dict[str, Collection] = {}
    unread: dict[str, str] = {}
    missing: list[str] = []
    doubts: list[str] = []
    for name in control.reads:
        resource = resources[name]
        found = by_resource.get(name, ())
        if resource.walk is Walk.OWN or (resource.presumed_empty and not found):
            continue
        used, gap = _used(resource, found)
        fault = unreadable(resource, found) or gap
        if fault and name in control.optional:
            unread[name] = fault
        elif fault:
            missing.append(fault)
        else:
            newest[name] = found[-1]
            sources[name] = used
            for column, reason in _lost(resource, control.reads[name], used).items():
                unread[f"{name}.{column}"] = reason
                if name not in control.optional:
                    doubts.append(reason)
    baseline = ""
    for name in control.earlier or {}:
        before = _earlier(control, by_resource.get(name, ()), newest.get(name))
        sources[name + EARLIER] = before
        if control.baseline and not before:
            baseline = BASELINE
    dated = frozenset(name for name in control.reads if resources[name].of_console)
    return Plan(sources, newest, unread, dated, tuple(missing), tuple(doubts), baseline)


def _sorted_by_resource(
    collections: Iterable[Collection],
) -> dict[str, tuple[Collection, ...]]:
    """Collections of whole resources (not of one subject), oldest first."""
    found: dict[str, list[Collection]] = {}
    for each in sorted(collections, key=lambda each: (each.ended, each.id)):
        if not each.subject:
            found.setdefault(each.resource, []).append(each)
    return {name: tuple(group) for name, group in found.items()}


def unreadable(resource: Resource, found: Sequence[Collection]) -> str:
    """Why a resource cannot be judged on; empty when its newest attempt is complete."""
    if not found:
        never = "never loaded" if resource.walk is Walk.STATED else "never collected"
        return f"{resource.title}: {never}"
    newest = found[-1]
    if newest.complete:
        return ""
    reason = newest.completeness.reason.rstrip(".")
    if newest.completeness.verdict is Verdict.UNLICENSED:
        return f"{resource.title}: not licensed on this console, or not part of its version" + (
            f" ({reason})" if reason else ""
        )
    if newest.completeness.verdict is Verdict.DENIED:
        words = f"{resource.title}: the token may not read this"
        if resource.permission and resource.permission not in reason:
            words += f", it needs the permission {resource.permission}"
        return words + (f" ({reason})" if reason else "")
    return f"{resource.title}: the newest collection is {newest.completeness.verdict}" + (
        f" ({reason})" if reason else ""
    )


def _used(resource: Resource, found: Sequence[Collection]) -> tuple[tuple[Collection, ...], str]:
    """The collections to judge on, and why something may be missing between them, or nothing.

    A state is its newest collection; a stream every complete one, which add up; one that is read
    whole now and then, what its current state is made of.
    """
    if resource.nature is Nature.STATE:
        return tuple(found[-1:]), ""
    if resource.incremental is None:
        complete = tuple(each for each in found if each.complete)
        gap = hole(found)
        return complete, f"{resource.title}: {gap}" if gap else ""
    state = current(reversed(found))
    return state.collections, f"{resource.title}: {state.gap}" if state.gap else ""


def _earlier(
    control: Control, found: Sequence[Collection], judged: Collection | None
) -> tuple[Collection, ...]:
    """Complete collections before the judged one, of the lookback; always the newest of them."""
    if judged is None:
        return ()
    before = [each for each in found if each.complete and each.id != judged.id]
    recent = [each for each in before if judged.ended - each.ended <= control.lookback]
    return tuple(recent or before[-1:])


def _lost(resource: Resource, columns: Sequence[str], used: Sequence[Collection]) -> dict[str, str]:
    """The same of all collections that count as they are: the newest, or a current state's."""
    of_state = used if resource.incremental is not None else used[-1:]
    lost: dict[str, str] = {}
    for each in of_state:
        lost |= _values_lost(resource, columns, each)
    return lost


def _values_lost(resource: Resource, columns: Sequence[str], found: Collection) -> dict[str, str]:
    """Columns that are read of a collection in which some value could not be, with the words."""
    table = found.manifest.get("table", {})
    unparsable: Mapping[str, int] = table.get("unparsable") or {}
    held = table.get("columns")
    lost: dict[str, str] = {}
    for column in columns:
        if held is not None and column not in held:
            lost[column] = f"{resource.title}: the newest collection has no column {column}"
        elif unparsable.get(column):
            number = unparsable[column]
            values = "1 value of" if number == 1 else f"{number} values of"
            lost[column] = f"{resource.title}: {values} {column} cannot be read"
    return lost
