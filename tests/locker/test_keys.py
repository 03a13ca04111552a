"""A set of keys that is small and exact."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.locker.keys import Keys

_key = (
    st.integers(0, 2**66).map(str)
    | st.integers(0, 300).map(lambda number: str(number << 40))
    | st.text(max_size=4)
    | st.sampled_from(["0", "00", "007", "-5", "+5", "1e3", "٣", " 7", "9223372036854775807"])
)


@given(st.lists(st.lists(_key | st.none(), max_size=30), max_size=8))
def test_it_is_a_set(pages: list[list[str | None]]) -> None:
    keys, expected = Keys(), set[str]()
    for page in pages:
        new = []
        for position, key in enumerate(page):
            if key is not None and key not in expected:
                expected.add(key)
                new.append(position)
        assert list(keys.add(pa.array(page, pa.string()))) == new
        assert len(keys) == len(expected)


@given(
    st.lists(st.sets(st.integers(1, 60), min_size=1).map(sorted), max_size=12), st.integers(0, 3)
)
def test_ascending_pages_that_lie_between_and_over_each_other_are_a_set(
    pages: list[list[int]], skipped: int
) -> None:
    keys, expected = Keys(), set[int]()
    for page in pages:
        given = page[skipped:]
        new = [position for position, key in enumerate(given) if key not in expected]
        expected |= set(given)
        assert list(keys.add(pa.array(map(str, page), pa.string()).slice(skipped))) == new
        assert len(keys) == len(expected)


@pytest.mark.slow
@given(st.lists(st.integers(1, 400), min_size=100, max_size=300))
def test_any_order_of_single_keys_is_a_set(numbers: list[int]) -> None:
    keys, expected = Keys(), set[int]()
    for number in numbers:
        assert bool(keys.add(pa.array([str(number)]))) == (number not in expected)
        expected.add(number)
    assert len(keys) == len(expected)


def test_it_grows() -> None:
    keys = Keys()
    for start in range(0, 40_000, 1000):
        ids = [str(1150000000000000000 + each * 977) for each in range(start, start + 1000)]
        assert len(keys.add(pa.array(ids))) == 1000
        assert keys.add(pa.array(ids)) == []
    assert len(keys) == 40_000


@pytest.mark.parametrize("step", [1024, 1000])
def test_a_run_is_filled_to_its_end_and_not_beyond(step: int) -> None:
    keys, last = Keys(), 3 * 32_768
    for start in range(1, last + 1, step):
        numbers = range(start, min(start + step, last + 1))
        assert len(keys.add(pa.array(map(str, numbers), pa.string()))) == len(numbers)
    for number in (1, 32_767, 32_768, 32_769, 65_536, last):
        assert keys.add(pa.array([str(number)])) == []
    assert list(keys.add(pa.array([str(last + 1)]))) == [0]
    assert len(keys) == last + 1


def test_a_page_larger_than_a_run_is_kept_in_several() -> None:
    keys, numbers = Keys(), [str(number) for number in range(1, 70_001)]
    assert len(keys.add(pa.array(numbers))) == 70_000
    assert keys.add(pa.array(numbers[::7])) == []


def test_walks_side_by_side_are_one_set() -> None:
    keys = Keys()
    for start in range(0, 70_000, 1000):
        for walk in (5, 1, 3):
            ids = [str((walk << 50) + each) for each in range(start, start + 1000)]
            assert len(keys.add(pa.array(ids))) == 1000
    for number in range(90):
        assert keys.add(pa.array([str((6 << 50) - number * 7)])) == [0]
    assert keys.add(pa.array([str((3 << 50) + 69_999), str((5 << 50) + 32_768)])) == []
    assert len(keys) == 210_090


def test_numbers_are_keys_as_they_are_written() -> None:
    keys = Keys()
    assert keys.add(pa.array([7, 8, 7])) == [0, 1]
