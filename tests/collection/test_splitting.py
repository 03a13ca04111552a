"""Which parts a list is read in, and when their union is whole."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.collection.splitting import (
    MOST_IDS,
    SMALLEST_LIST,
    Draft,
    Part,
    Place,
    Site,
    Union,
    adapted,
    better,
    between,
    covers,
    draft,
    even,
    moment,
    parts_of,
    still_to_read,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
WALKS = st.integers(2, 20)
COUNTS = st.integers(SMALLEST_LIST, 200_000)


@st.composite
def estates(draw: st.DrawFn) -> list[Site]:
    sites = []
    for number in range(draw(st.integers(0, 60))):
        groups = tuple(
            Place(f"9{number:03}{each}", draw(st.integers(0, 5000)))
            for each in range(draw(st.integers(0, 6)))
        )
        weight = sum(group.weight for group in groups) or draw(st.integers(0, 30_000))
        sites.append(Site(str(number), weight, groups))
    return sites


def cut(drafts: tuple[Draft, ...]) -> tuple[Part, ...]:
    """The parts, where every part can be divided in as many windows as are wanted."""
    moments = {
        each.part: tuple(
            moment(NOW - timedelta(days=each.windows - day)) for day in range(1, each.windows)
        )
        for each in drafts
    }
    return parts_of(drafts, moments)


def test_who_has_most_left_is_the_most_urgent() -> None:
    told: dict[str, dict[str, int | None]] = {
        "begun": {"rows": 0},
        "long": {"rows": 3000, "count_last": 9000},
        "short": {"rows": 3000, "count_last": 4000},
        "no part": {},
        "uncounted": {"rows": 3000, "count_last": None},
    }
    assert sorted(told, key=lambda name: still_to_read(told[name]), reverse=True) == list(told)


@given(estates(), st.integers(0, 200_000), st.integers(1, 20))
def test_every_record_is_in_exactly_one_part(sites: list[Site], count: int, walks: int) -> None:
    parts = cut(draft(sites, count, walks))
    if not parts:
        return
    assert count >= SMALLEST_LIST
    assert covers(parts, sites)
    covered = []
    for part in parts:
        assert len(part.ids) <= MOST_IDS
        assert bool(part.ids) == bool(part.name)
        assert list(part.ids) == sorted(part.ids)
        assert not (part.since and part.until) or part.since < part.until
        covered += [(part.name, identity) for identity in part.ids if not part.since]
    assert len(covered) == len(set(covered))
    if any(part.name for part in parts):
        for site in sites:
            whole = ("siteIds", site.id) in covered
            groups = [("groupIds", group.id) in covered for group in site.groups]
            assert whole or (groups and all(groups))
            assert not (whole and any(groups))


@given(estates(), COUNTS, WALKS)
def test_parts_are_about_even_and_the_longest_begin(
    sites: list[Site], count: int, walks: int
) -> None:
    parts = cut(draft(sites, count, walks))
    if not parts:
        return
    weights = [part.weight for part in parts]
    assert weights == sorted(weights, reverse=True)
    useful = min(walks, count // 2_000)
    share = (sum(site.weight for site in sites) or count) / useful
    # A bin that is filled place by place ends at most one place above the average; one record is
    # not divided.
    assert weights[0] <= max(1, 2.5 * share)


@given(estates(), COUNTS, WALKS)
def test_a_part_is_what_its_filter_says(sites: list[Site], count: int, walks: int) -> None:
    for part in cut(draft(sites, count, walks)):
        assert Part.of(part.filter) == part
        assert all(part.filter.values())


@given(COUNTS, WALKS)
def test_a_list_without_places_is_read_in_windows_of_time(count: int, walks: int) -> None:
    parts = cut(draft([], count, walks))
    assert len(parts) == min(walks, count // 2_000)
    assert covers(parts, [])
    assert [part.since for part in parts if not part.until] == [max(part.since for part in parts)]
    assert parts_of(draft([], count, walks), {}) == (), "what cannot be cut is read in one walk"


def test_a_group_that_is_too_large_is_read_in_windows() -> None:
    groups = (Place("11", 24_600), Place("12", 3_000))
    sites = [Site("1", 27_600, groups), *(Site(str(each), 3_620) for each in range(2, 22))]
    parts = cut(draft(sites, 100_000, 8))
    assert len(parts) == 8
    assert [part.ids for part in parts if part.until or part.since] == [("11",), ("11",)]
    assert parts[0].weight <= 1.25 * 100_000 / 8
    uncut = parts_of(draft(sites, 100_000, 8), {})
    assert covers(uncut, sites)
    assert {"groupIds": "11"} in [part.filter for part in uncut]


@given(estates(), COUNTS, WALKS)
def test_former_parts_are_kept_while_they_cover_the_places_evenly(
    sites: list[Site], count: int, walks: int
) -> None:
    former = cut(draft(sites, count, walks))
    assert not better(former, former)
    if not former:
        return
    level = [Part.of(part.filter, 1000) for part in former]
    if len(former) <= min(walks, count // 2_000):
        assert even(level, sites, count, walks)
    tilted = [*level[:-1], Part.of(former[-1].filter, 1000 * 10 * walks)]
    assert not even(tilted, sites, count, walks)
    assert better(level, tilted)
    if former[0].name:
        assert not even(level, [*sites, Site("77", 5)], count, walks), "a site more"
    assert not even(level[1:], sites, count, walks)


@given(estates(), COUNTS, WALKS, st.integers(0, 100))
def test_a_site_more_or_less_changes_one_part(
    sites: list[Site], count: int, walks: int, gone: int
) -> None:
    former = cut(draft(sites, count, walks))
    assert adapted(former, sites) == former
    groups = (Place("771", 1), Place("772", 2))
    more = adapted(former, [*sites, Site("77", 3, groups)])
    if more and more[0].name:
        assert covers(more, [*sites, Site("77", 3, groups)])
        assert sum(part not in former for part in more) == 1
        assert sum(part.weight for part in more) == 3 + sum(part.weight for part in former)
    if former and former[0].name:
        fewer = sites[: gone % len(sites)] + sites[gone % len(sites) + 1 :]
        left = adapted(former, fewer)
        assert covers(left, fewer) or not fewer
        assert all(len(part.ids) <= MOST_IDS for part in (*more, *left))


def test_parts_that_leave_something_out_or_name_something_else_cover_nothing() -> None:
    sites = [Site("1", 5), Site("2", 5, (Place("21", 2), Place("22", 3)))]
    one, two = Part("siteIds", ("1",)), Part("siteIds", ("2",))
    groups = Part("groupIds", ("21", "22"))
    early, late = Part("siteIds", ("2",), until="b"), Part("siteIds", ("2",), since="b")
    for whole in ([one, two], [one, groups], [one, early, late], [Part()]):
        assert covers(whole, sites)
    gap = Part("siteIds", ("2",), since="c")
    for faulty in (
        [],
        [one],
        [one, Part("groupIds", ("21",))],
        [one, two, groups],
        [one, two, two],
        [one, early],
        [one, early, gap],
        [one, early, late, late],
        [one, two, Part("siteIds", ("3",))],
        [one, two, Part()],
    ):
        assert not covers(faulty, sites)


@given(st.lists(st.integers(0, 1000), min_size=8, max_size=400), st.integers(2, 12))
def test_windows_from_counts_hold_what_the_counts_say(days: list[int], windows: int) -> None:
    created = sorted(NOW - timedelta(days=day) for day in days)
    points = [created[0], *(NOW - timedelta(days=each) for each in (730, 365, 180, 60))]
    known = {point: sum(each < point for each in created) for point in points}
    known[NOW + timedelta(days=1)] = len(created)
    moments = between(known, windows)
    assert list(moments) == sorted(set(moments))
    assert len(moments) < windows
    steps = sorted(known.values())
    wanted = [len(created) * number / windows for number in range(1, windows)]
    for each in moments:
        before = sum(moment(when) < each for when in created)
        between_counts = [(low, high) for low, high in pairwise(steps) if low <= before <= high]
        assert any(low <= share <= high for low, high in between_counts for share in wanted)


def test_evenly_spread_records_make_even_windows() -> None:
    created = [NOW - timedelta(days=day) for day in range(900)]
    known = {NOW - timedelta(days=each): 900 - each - 1 for each in (899, 730, 365, 180, 60)}
    known[NOW + timedelta(days=1)] = 900
    ends = ["", *between(known, 8), "z"]
    held = [sum(low <= moment(when) < high for when in created) for low, high in pairwise(ends)]
    assert sum(held) == 900
    assert max(held) <= 1.05 * 900 / 8


@given(
    there=st.sets(st.integers(0, 40)),
    missed=st.sets(st.integers(0, 40)),
    entered=st.sets(st.integers(41, 50)),
    met_of_entered=st.sets(st.integers(41, 50)),
    new=st.sets(st.integers(51, 60)),
)
def test_a_union_is_not_whole_when_something_that_stayed_is_missing(
    there: set[int],
    missed: set[int],
    entered: set[int],
    met_of_entered: set[int],
    new: set[int],
) -> None:
    """Whatever came meanwhile: new records, and older ones from elsewhere (41 to 50)."""
    met = (there - missed) | (entered & met_of_entered) | new
    union = Union(
        before=len(there),
        after=len(there | entered | new),
        distinct=len(met),
        older=sum(each <= 50 for each in met),
    )
    if union.whole:
        assert there | entered | new == met
    if there | entered | new == met:
        assert union.whole


def test_what_a_union_lacks_is_told() -> None:
    assert Union(10, 10, 10, 10).whole
    assert "no count" in Union(10, None, 10, 10).why_not
    unread = Union(10, 10, 10, 10, changed=False)
    assert not unread.whole
    assert "changed meanwhile was not read" in unread.why_not
    assert "2 of 10" in Union(10, 10, 11, 8).why_not
    # One came from elsewhere and was met, one was missed: the ages agree, the count does not.
    fooled = Union(10, 11, 10, 10)
    assert not fooled.whole
    assert "counts 10 and 11" in fooled.why_not
    # In windows of time nothing moves: as for one walk, and each part for itself.
    windows = Union(10, 11, 10, 0, dated=11, places=False)
    assert windows.whole
    fewer = replace(windows, distinct=9)
    assert not fewer.whole
    assert "9 were met" in fewer.why_not
    short = replace(windows, short=1)
    assert not short.whole
    assert "1 gave fewer" in short.why_not
    undated = replace(windows, dated=10)
    assert not undated.whole
    assert "10 of them with a time" in undated.why_not
