"""Which parts a list is read in, and when their union is whole."""

from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.collection.splitting import (
    MOST_IDS,
    SMALLEST_LIST,
    Part,
    Place,
    Site,
    Union,
    plan,
)


@st.composite
def estates(draw: st.DrawFn) -> list[Site]:
    sites = []
    for number in range(draw(st.integers(0, 60))):
        groups = tuple(
            Place(f"{number}-{each}", draw(st.integers(0, 5000)))
            for each in range(draw(st.integers(0, 6)))
        )
        weight = sum(group.weight for group in groups) or draw(st.integers(0, 30_000))
        sites.append(Site(str(number), weight, groups))
    return sites


@given(estates(), st.integers(0, 200_000), st.integers(1, 20))
def test_every_place_is_in_exactly_one_part(sites: list[Site], count: int, walks: int) -> None:
    parts = plan(sites, count, walks)
    if not parts:
        return
    assert count >= SMALLEST_LIST
    covered = []
    for part in parts:
        assert 0 < len(part.ids) <= MOST_IDS
        assert list(part.ids) == sorted(part.ids)
        covered += [(part.name, identity) for identity in part.ids]
    assert len(covered) == len(set(covered))
    for site in sites:
        whole = ("siteIds", site.id) in covered
        groups = [("groupIds", group.id) in covered for group in site.groups]
        assert whole or (groups and all(groups))
        assert not (whole and any(groups))


@given(estates(), st.integers(SMALLEST_LIST, 200_000), st.integers(2, 20))
def test_the_same_places_give_the_same_parts_again(
    sites: list[Site], count: int, walks: int
) -> None:
    parts = plan(sites, count, walks)
    assert plan(sites, count, walks, parts) == parts


@given(estates(), st.integers(SMALLEST_LIST, 200_000))
def test_former_parts_of_other_places_are_not_kept(sites: list[Site], count: int) -> None:
    former = (Part("siteIds", ("gone",)), Part("siteIds", ("also gone",)))
    assert plan(sites, count, 8, former) != former


@given(
    st.sets(st.integers(0, 60)),
    st.sets(st.integers(0, 60)),
    st.sets(st.integers(61, 80)),
)
def test_a_union_is_whole_exactly_when_nothing_that_was_there_is_missing(
    there: set[int], read: set[int], created_since: set[int]
) -> None:
    """Whatever is read and was created before is among what was there."""
    met = (there & read) | created_since
    union = Union(counted=len(there), older=len(met & there))
    assert union.whole == (there <= met)
    assert union.missing == len(there - met)
