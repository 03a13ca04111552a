"""A set of keys that is small and exact."""

import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
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


@given(st.integers(1, 7), st.lists(st.integers(0, 300_000), max_size=40))
@settings(max_examples=20)
def test_what_lies_on_disk_is_known_as_well(gap: int, asked: list[int]) -> None:
    keys, there = Keys(), range(gap, 100_000 * gap, gap)
    for start in range(0, len(there), 1_000):
        page = pa.array(map(str, there[start : start + 1_000]), pa.string())
        assert len(keys.add(page)) == len(page)
    assert keys.on_disk > len(there) / 2
    for number in sorted(set(asked) - {0}):
        assert bool(keys.add(pa.array([str(number)]))) == (number not in there)
    assert len(keys) == len(set(there) | set(asked) - {0})


@pytest.mark.slow
def test_walks_that_lie_between_each_other_are_a_set_on_disk() -> None:
    keys, walks, rows = Keys(), 5, 40_000
    for start in range(0, rows, 1_000):
        for walk in range(walks):
            numbers = [1 + walk + walks * each for each in range(start, start + 1_000)]
            page = pa.array(map(str, numbers), pa.string())
            assert len(keys.add(page)) == 1_000
            assert keys.add(page) == []
    assert len(keys) == walks * rows
    assert keys.on_disk > 0
    some = [*range(1, walks * rows + 1, 3), walks * rows + 1]
    every = pa.array(map(str, some), pa.string())
    assert list(keys.add(every)) == [len(every) - 1]


WHERE_NOTHING_CAN_BE_WRITTEN = """
import resource
import pyarrow as pa
from watchkeeper.locker.keys import Keys

keys, numbers = Keys(), list(map(str, range(1, 150_001)))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for start in range(0, len(numbers), 1_000):
    assert len(keys.add(pa.array(numbers[start : start + 1_000]))) == 1_000
assert keys.add(pa.array(numbers)) == []
assert (len(keys), keys.on_disk) == (150_000, 0)
print("a set")
"""


def test_where_nothing_can_be_written_it_is_kept_in_memory() -> None:
    # The limit is that of the whole process.
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", WHERE_NOTHING_CAN_BE_WRITTEN],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (found.stdout, found.stderr) == ("a set\n", "")
