"""Reading a list in parts at once: which parts, and whether their union is whole. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# A list shorter than that is read in one walk: parts would cost more requests than they save time.
SMALLEST_LIST = 5_000
SMALLEST_PART = 2_000
# Ids named in one filter; an address with more of them is refused by what stands before a console.
MOST_IDS = 100
# A site that holds more than this times an even share is read group by group.
_TOO_LARGE = 1.25


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
    """A share of the list: one filter, the ids it names in their order."""

    name: str
    ids: tuple[str, ...]

    @property
    def filter(self) -> dict[str, str]:
        """The parameters that ask for this part."""
        return {self.name: ",".join(self.ids)}


def plan(
    sites: Sequence[Site], count: int, walks: int, former: Sequence[Part] = ()
) -> tuple[Part, ...]:
    """The parts to read a list of `count` records in; empty when it is better read in one walk.

    Parts are about even. Those of the last time (`former`) are kept where they still are: pages
    of the same part resemble each other from day to day, and are stored as what differs.
    """
    walks = min(walks, count // SMALLEST_PART)
    if count < SMALLEST_LIST or walks < 2 or not sites:  # noqa: PLR2004 - parts are two or more
        return ()
    share = max(1, sum(site.weight for site in sites) // walks)
    whole: list[Place] = []
    grouped: list[Place] = []
    for site in sites:
        if site.weight > _TOO_LARGE * share and len(site.groups) > 1:
            grouped += site.groups
        else:
            whole.append(site)
    shares = _shared(
        walks, sum(each.weight for each in whole), sum(each.weight for each in grouped)
    )
    parts = (*_packed("siteIds", whole, shares[0]), *_packed("groupIds", grouped, shares[1]))
    if len(parts) < 2:  # noqa: PLR2004 - as above
        return ()
    weights = {place.id: place.weight for place in (*whole, *grouped)}
    return tuple(former) if _still(former, parts, weights, share) else parts


def _shared(walks: int, whole: int, grouped: int) -> tuple[int, int]:
    """How many of the walks go to whole sites and how many to groups, by their weight."""
    for_groups = round(walks * grouped / max(1, whole + grouped))
    for_groups = min(max(for_groups, 1 if grouped else 0), walks - 1)
    return walks - for_groups, for_groups


def _packed(name: str, places: Sequence[Place], walks: int) -> list[Part]:
    """Places in one bin for each walk: the heaviest first, each into the emptiest."""
    if not places:
        return []
    number = min(len(places), max(walks, -(-len(places) // MOST_IDS), 1))
    bins: list[list[str]] = [[] for _ in range(number)]
    filled = [0] * number
    for place in sorted(places, key=lambda each: (-each.weight, each.id)):
        open_ones = [each for each in range(number) if len(bins[each]) < MOST_IDS]
        emptiest = min(open_ones, key=lambda each: (filled[each], len(bins[each])))
        bins[emptiest].append(place.id)
        filled[emptiest] += place.weight
    return [Part(name, tuple(sorted(ids))) for ids in bins if ids]


def _still(
    former: Sequence[Part], parts: Sequence[Part], weights: Mapping[str, int], share: int
) -> bool:
    """Whether the parts of the last time name the same places and are still about even."""

    def named(some: Sequence[Part]) -> list[tuple[str, str]]:
        return sorted((part.name, place) for part in some for place in part.ids)

    heaviest = max((sum(weights.get(each, 0) for each in part.ids) for part in former), default=0)
    return named(former) == named(parts) and heaviest <= 2 * share


@dataclass(frozen=True, slots=True)
class Union:
    """What the parts together gave.

    `counted` is the console's count of the whole list before the first page; `older` is how many
    different records were read that were created before that moment.
    """

    counted: int
    older: int

    @property
    def whole(self) -> bool:
        """Whether everything that was there at the start was read.

        Whatever was in the list when it was counted was created before; if as many different
        ones were read, they are the same ones, wherever each was met. A record that moved out
        of a part not yet read into one already passed makes this false, even where a new record
        makes up for it in the number of rows.
        """
        return self.older >= self.counted

    @property
    def missing(self) -> int:
        """How many of those that were there were not met."""
        return max(0, self.counted - self.older)
