"""Reading a list in parts at once: which parts, and whether their union is whole. Pure."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

# A list shorter than that is read in one walk: parts would cost more requests than they save time.
SMALLEST_LIST = 5_000
SMALLEST_PART = 2_000
# So many ask for 25 pages a second where a page takes a third of one. More would only be more pages
# that are not full, and more of them in memory.
MOST_PARTS = 8
# Ids named in one filter; an address with more of them is refused by what stands before a console.
MOST_IDS = 100
# A site that holds more than this times an even share is read group by group, and what cannot be
# divided any further in windows of time.
_TOO_LARGE = 1.25
# Parts of before are kept up to that many even shares in the largest of them, and also where new
# ones would not make it smaller by a fifth.
_STILL_EVEN = 1.5
_CLEARLY_LESS = 0.8
# No record is older: with it as its beginning, a window has all records that have a time at all.
EARLIEST = "1970-01-01T00:00:00.000000Z"
_FROM, _UNTIL = "createdAt__gte", "createdAt__lt"


@dataclass(frozen=True, slots=True)
class Place:
    """A site or a group, and how many records of the list are about in it."""

    id: str
    weight: int


@dataclass(frozen=True, slots=True)
class Site(Place):
    """A site with its groups, empty when they are not known."""

    groups: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the list: the places it names, and when its records were created.

    Without a `name` it is of the whole list. `since` is the first moment of its window and
    `until` the first after it, empty where it has no such end. `weight` is about how many
    records it holds.
    """

    name: str = ""
    ids: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    weight: int = field(default=0, compare=False)

    @classmethod
    def of(cls, told: Mapping[str, str], weight: int = 0) -> "Part":
        """The part that a filter asks for."""
        places = {name: ids for name, ids in told.items() if name not in {_FROM, _UNTIL}}
        name, ids = next(iter(places.items()), ("", ""))
        named = tuple(ids.split(",")) if ids else ()
        return cls(name, named, told.get(_FROM, ""), told.get(_UNTIL, ""), weight)

    @property
    def filter(self) -> dict[str, str]:
        """The parameters that ask for this part."""
        told = {self.name: ",".join(self.ids), _FROM: self.since, _UNTIL: self.until}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Draft:
    """A part before its windows of time are known, and how many it should be read in."""

    part: Part
    windows: int = 1


# ---------------------------------------------------------------------- which parts


def draft(sites: Sequence[Site], count: int, walks: int) -> tuple[Draft, ...]:
    """The parts to read a list of `count` records in; empty when one walk is better.

    They are about even, and as many as walks unless more places have to be named. Without sites
    the whole list is read in windows of time.
    """
    walks = useful(count, walks)
    if not walks:
        return ()
    total = sum(site.weight for site in sites)
    if not total:
        return (Draft(Part(weight=count), walks),)
    limit = _TOO_LARGE * total / walks
    piles: dict[str, list[Place]] = {"siteIds": [], "groupIds": []}
    large: list[Part] = []
    for site in sites:
        grouped = site.weight > limit and len(site.groups) > 1
        name = "groupIds" if grouped else "siteIds"
        for place in site.groups if grouped else (site,):
            if place.weight > limit:
                large.append(Part(name, (place.id,), weight=place.weight))
            else:
                piles[name].append(place)
    weights = [part.weight for part in large]
    weights += [sum(place.weight for place in pile) for pile in piles.values()]
    most = [walks] * len(large) + [len(pile) for pile in piles.values()]
    shares = _shared(walks, weights, most)
    drafts = [Draft(part, shares.pop(0)) for part in large]
    for name, pile in piles.items():
        drafts += [Draft(part) for part in _packed(name, pile, shares.pop(0))]
    return tuple(drafts)


def parts_of(drafts: Iterable[Draft], moments: Mapping[Part, Sequence[str]]) -> tuple[Part, ...]:
    """The parts, the longest first; where no moments are known a part is read in one.

    `moments` are in order, and are the ends of all windows of a part but the last.
    """
    parts: list[Part] = []
    for each in drafts:
        ends = ["", *moments.get(each.part, ()), ""]
        weight = each.part.weight // (len(ends) - 1)
        parts += [
            replace(each.part, since=since, until=until, weight=weight)
            for since, until in pairwise(ends)
        ]
    if len(parts) < 2:  # noqa: PLR2004 - parts are two or more
        return ()
    return tuple(sorted(parts, key=lambda part: -part.weight))


def adapted(former: Sequence[Part], sites: Sequence[Site]) -> tuple[Part, ...]:
    """The parts of the last time without the places that are gone, new ones in the lightest.

    So a site more changes one part, and the pages of all others still resemble those of before.
    """
    named = {(part.name, identity) for part in former for identity in part.ids}
    if not named:
        return tuple(former)
    there: dict[tuple[str, str], int] = {}
    for site in sites:
        groups = {("groupIds", group.id): group.weight for group in site.groups}
        there |= {("siteIds", site.id): site.weight} if named.isdisjoint(groups) else groups
    parts = [
        replace(part, ids=tuple(each for each in part.ids if (part.name, each) in there))
        for part in former
    ]
    parts = [part for part in parts if part.ids]
    for name, identity in sorted(there.keys() - named):
        room = [
            (part.weight, number)
            for number, part in enumerate(parts)
            if part.name == name and len(part.ids) < MOST_IDS and not part.since + part.until
        ]
        if not room:
            return ()
        _, lightest = min(room)
        ids = tuple(sorted((*parts[lightest].ids, identity)))
        weight = parts[lightest].weight + there[name, identity]
        parts[lightest] = replace(parts[lightest], ids=ids, weight=weight)
    return tuple(parts)


def even(former: Sequence[Part], sites: Sequence[Site], count: int, walks: int) -> bool:
    """Whether the parts of the last time still cover the same places, about evenly.

    Then they are kept: pages of the same part resemble each other from day to day, and are
    stored as what differs.
    """
    walks = useful(count, walks)
    if not walks or not covers(former, sites):
        return False
    whole = sum(part.weight for part in former)
    return _heaviest(former) <= _STILL_EVEN * whole / walks


def better(parts: Sequence[Part], former: Sequence[Part]) -> bool:
    """Whether new parts are worth that all pages are stored whole again."""
    return _heaviest(parts) < _CLEARLY_LESS * _heaviest(former)


def covers(parts: Sequence[Part], sites: Sequence[Site]) -> bool:
    """Whether every record of these sites belongs to exactly one part, and no other id is named.

    Parts of the whole list, in windows of time, cover whatever sites there are.
    """
    windows: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for part in parts:
        for identity in part.ids or ("",):
            windows.setdefault((part.name, identity), []).append((part.since, part.until))
    if not windows or not all(_joined(each) for each in windows.values()):
        return False
    if ("", "") in windows:
        return len(windows) == 1
    wanted: set[tuple[str, str]] = set()
    for site in sites:
        if ("siteIds", site.id) in windows or not site.groups:
            wanted.add(("siteIds", site.id))
        else:
            wanted |= {("groupIds", group.id) for group in site.groups}
    return wanted == windows.keys()


def _joined(windows: list[tuple[str, str]]) -> bool:
    """Whether windows follow each other without a gap, from the beginning to the end."""
    windows.sort()
    inner = [(before[1], after[0]) for before, after in pairwise(windows)]
    ends = (windows[0][0], windows[-1][1])
    return ends == ("", "") and all(until == since != "" for until, since in inner)


def _heaviest(parts: Sequence[Part]) -> int:
    return max((part.weight for part in parts), default=0)


def useful(count: int, walks: int) -> int:
    """How many walks at once are worth it; none when one walk is better."""
    walks = min(walks, count // SMALLEST_PART)
    return walks if count >= SMALLEST_LIST and walks > 1 else 0


def _shared(walks: int, weights: Sequence[int], most: Sequence[int]) -> list[int]:
    """How many walks each pile gets: one at least, then one by one who has most per walk."""
    shares = [min(1, each) for each in most]
    for _ in range(walks - sum(shares)):
        open_ones = [pile for pile, limit in enumerate(most) if shares[pile] < limit]
        if not open_ones:
            break
        shares[max(open_ones, key=lambda pile: weights[pile] / shares[pile])] += 1
    return shares


def _packed(name: str, places: Sequence[Place], walks: int) -> list[Part]:
    """Places in one bin for each walk: the heaviest first, each into the emptiest."""
    number = max(walks, -(-len(places) // MOST_IDS))
    bins: list[list[str]] = [[] for _ in range(number)]
    filled = [0] * number
    for place in sorted(places, key=lambda each: (-each.weight, each.id)):
        open_ones = [each for each in range(number) if len(bins[each]) < MOST_IDS]
        emptiest = min(open_ones, key=lambda each: (filled[each], len(bins[each])))
        bins[emptiest].append(place.id)
        filled[emptiest] += place.weight
    return [
        Part(name, tuple(sorted(ids)), weight=weight)
        for ids, weight in zip(bins, filled, strict=True)
    ]


def reweighed(sites: Sequence[Site], weights: Mapping[str, Counter[str]]) -> list[Site]:
    """The same sites with other weights, by `siteIds` and `groupIds`; those of now where empty."""
    if not weights:
        return list(sites)
    return [
        Site(
            site.id,
            weights["siteIds"][site.id],
            tuple(Place(group.id, weights["groupIds"][group.id]) for group in site.groups),
        )
        for site in sites
    ]


def still_to_read(told: Mapping[str, Any]) -> int:
    """About how many records a part has yet to give, from what its manifest will tell of it.

    Who has most to go asks first: then all end at about the same time, where otherwise the
    longest would go on alone. Nothing is told of what is no part.
    """
    if told.get("rows") == 0:
        return sys.maxsize  # how many there are is told by its first page
    counted, read = told.get("count_last"), told.get("rows", 0)
    return int(counted or 0) - int(read)


# ---------------------------------------------------------------------- windows of time


def moment(when: datetime) -> str:
    """A moment as a filter names it: always as long, so that the texts are in order of time."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def between(known: Mapping[datetime, int], windows: int) -> tuple[str, ...]:
    """The moments that divide records into about even windows.

    `known`: how many records were created before a moment; between two of them they are taken to
    be spread evenly. Fewer moments where that many cannot be told apart.
    """
    points = sorted(known.items())
    found: list[str] = []
    for number in range(1, windows):
        wanted = points[-1][1] * number / windows
        for (start, before), (end, after) in pairwise(points):
            if before <= wanted < after:
                when = start + (end - start) * ((wanted - before) / (after - before))
                found.append(moment(when))
                break
    return tuple(sorted(set(found)))


# ---------------------------------------------------------------------- the proof


@dataclass(frozen=True, slots=True)
class Union:
    """What the parts together gave, and what was looked at afterwards.

    `before` and `after` are the console's counts of the whole list, `dated` that of the records
    with a time of creation, asked for with `after`; None where it gives none. `distinct` is how
    many different records were read, `older` how many of them were created before the first
    count; `short` how many parts gave fewer than the console counted in them. `places` says that
    a part names places: then a record can have moved from part to part, and `changed` says that
    all that was changed meanwhile was read.
    """

    before: int
    after: int | None
    distinct: int
    older: int
    dated: int | None = None
    short: int = 0
    places: bool = True
    changed: bool = True

    @property
    def whole(self) -> bool:
        """Whether everything that was there all the time was read.

        Nothing moves between windows of time, so there the same is asked for as of one walk, of
        each and of all, and that no record is in none of them.
        """
        if self.after is None:
            return False
        if self.places:
            met = self.older >= self.before and self.distinct >= max(self.before, self.after)
            return self.changed and met
        windows = self.dated == self.after and not self.short
        return windows and self.distinct >= min(self.before, self.after)

    @property
    def why_not(self) -> str:
        """In words, why it is not proved whole."""
        if self.after is None:
            return "the console gives no count afterwards"
        if self.places and not self.changed:
            return "what was changed meanwhile was not read"
        if not self.places and self.dated != self.after:
            return f"{self.after} are there, {self.dated} of them with a time of creation"
        if not self.places and self.short:
            return f"{self.short} gave fewer than the console counts in them"
        if self.places and self.older < self.before:
            return f"{self.before - self.older} of {self.before} were not met"
        return f"{self.distinct} were met, the console counts {self.before} and {self.after}"
