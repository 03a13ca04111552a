"""Which keys were seen: exact, and small for a million of them where they are numbers in order."""

import os
import tempfile
import weakref
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from watchkeeper.errors import LockerError

_LARGEST = 2**63
_BYTES = 8
# Numbers in a run, whose place is made at once and filled by and by.
_LONGEST_RUN = 32_768
# Of a run that lies in a file one number in so many is known without reading it.
_BLOCK = 1_024
# So many runs more than needed are looked through for every page; then they are put in order.
_MOST_RUNS = 64


class _Run:
    """Ascending numbers, in memory of Arrow's.

    Where Arrow has a pool of its own, that lies apart from the heap in which pages come and go:
    what stays there keeps the place of a page from being used for the next one.
    """

    __slots__ = ("_buffer", "_length", "_room")

    def __init__(self, numbers: "memoryview[int]") -> None:
        """A copy of at least one and at most `_LONGEST_RUN` numbers."""
        self._buffer = pa.allocate_buffer(_BYTES * _LONGEST_RUN)
        self._room: memoryview[int] = memoryview(self._buffer).cast("q")
        self._length = 0
        self.extend(numbers)

    def __len__(self) -> int:
        return self._length

    @property
    def last(self) -> int:
        """The largest."""
        return self._room[self._length - 1]

    @property
    def numbers(self) -> pa.Int64Array:
        """All of them, where they lie."""
        return pa.Int64Array.from_buffers(pa.int64(), self._length, [None, self._buffer])

    def extend(self, numbers: "memoryview[int]") -> None:
        """Adds numbers that are larger than all that are there; there must be room for them."""
        end = self._length + len(numbers)
        self._room[self._length : end] = numbers
        self._length = end

    def between(self, low: int, high: int) -> pa.Int64Array | None:
        """Those from `low` to `high`, both included; None where there are none."""
        start = bisect_left(self._room, low, 0, self._length)
        end = bisect_right(self._room, high, start, self._length)
        return self.numbers[start:end] if start < end else None


class _Shelf:
    """Where runs lie that are at their end: a temporary file, gone with whoever made it."""

    def __init__(self) -> None:
        """Raises OSError where no file can be made."""
        self._file = tempfile.TemporaryFile(prefix="watchkeeper-", buffering=0)  # noqa: SIM115
        self._end = 0
        weakref.finalize(self, self._file.close)

    def put(self, data: memoryview) -> int:
        """Adds some bytes and says where they lie; raises OSError."""
        place, written = self._end, 0
        while written < len(data):
            written += os.pwrite(self._file.fileno(), data[written:], place + written)
        self._end += written
        return place

    def get(self, place: int, size: int) -> bytes:
        """Bytes that were added; raises LockerError where they can no longer be read."""
        try:
            data = os.pread(self._file.fileno(), size, place)
        except OSError as error:
            raise LockerError(f"A temporary file cannot be read back: {error}.") from error
        if len(data) < size:
            raise LockerError("A temporary file was cut short while it was used.")
        return data

    def clear(self) -> None:
        """Uses the place anew from here on."""
        self._end = 0


class _Shelved:
    """A run that nothing is added to any more, on a shelf."""

    __slots__ = ("_length", "_place", "_shelf", "_some", "last")

    def __init__(self, run: _Run, shelf: _Shelf) -> None:
        """Raises OSError where it finds no place there."""
        numbers = _view(run.numbers)
        self._shelf = shelf
        self._place = shelf.put(numbers.cast("B"))
        self._length = len(numbers)
        self._some = tuple(numbers[::_BLOCK])
        self.last = run.last

    def __len__(self) -> int:
        return self._length

    @property
    def numbers(self) -> pa.Int64Array:
        """All of them, read back."""
        return self._read(0, self._length)

    def between(self, low: int, high: int) -> pa.Int64Array | None:
        """As of a run in memory: nothing but the blocks that these may lie in is read."""
        if low > self.last or high < self._some[0]:
            return None
        start = max(0, bisect_right(self._some, low) - 1) * _BLOCK
        end = min(self._length, bisect_right(self._some, high) * _BLOCK)
        near = self._read(start, end)
        laid = _view(near)
        first = bisect_left(laid, low)
        beyond = bisect_right(laid, high, first)
        return near[first:beyond] if first < beyond else None

    def _read(self, start: int, end: int) -> pa.Int64Array:
        data = self._shelf.get(self._place + start * _BYTES, (end - start) * _BYTES)
        return pa.Int64Array.from_buffers(pa.int64(), end - start, [None, pa.py_buffer(data)])


class Keys:
    """A set of texts that is only added to.

    A console's ids are decimal numbers below 2^63, and its pages are in their order: those are
    kept as ascending runs of eight bytes each, one for every walk, where a Python set would take
    more than a hundred for each; a run that a page no longer fits in lies in a temporary file,
    where one can be written. Every other text, one with a leading zero too, is kept as it is.
    """

    def __init__(self) -> None:
        """Empty."""
        self._runs: list[_Run | _Shelved] = []
        self._shelf: _Shelf | None = None
        self._numbers = 0
        self._texts: set[str] = set()

    def __len__(self) -> int:
        """How many different keys were added."""
        return self._numbers + len(self._texts)

    @property
    def on_disk(self) -> int:
        """How many of them lie in a temporary file."""
        return sum(len(run) for run in self._runs if isinstance(run, _Shelved))

    def add(self, keys: pa.Array) -> Sequence[int]:
        """Adds keys; returns the positions of those that were new, in order. Null is never new."""
        keys = keys.cast(pa.string())
        numbers = _numbers(keys)
        if numbers is not None:
            ascending = _ascending(numbers)
            if ascending is not None and not len(self._known(numbers, ascending[0], ascending[-1])):
                self._append(ascending)
                self._numbers += len(ascending)
                return range(len(ascending))
            return self._add_numbers(numbers.to_pylist())
        new: list[int] = []
        for position, key in enumerate(keys.to_pylist()):
            if key is None:
                continue
            number = _number(key)
            if number is not None:
                new += [position] * len(self._add_numbers([number]))
            elif key not in self._texts:
                self._texts.add(key)
                new.append(position)
        return new

    def _add_numbers(self, numbers: Sequence[int]) -> list[int]:
        """Adds numbers in any order; returns the positions of the new ones."""
        if not numbers:
            return []
        first: dict[int, int] = {}
        for position, number in enumerate(numbers):
            first.setdefault(number, position)
        ascending = pa.array(sorted(first), pa.int64())
        known = self._known(ascending, ascending[0].as_py(), ascending[-1].as_py())
        for number in known.to_pylist():
            del first[number]
        if first:
            self._append(_view(pa.array(sorted(first), pa.int64())))
            self._numbers += len(first)
        return list(first.values())

    def _known(self, numbers: pa.Int64Array, low: int, high: int) -> pa.Int64Array:
        """Which of the numbers, all between `low` and `high`, are there."""
        between = (run.between(low, high) for run in self._runs)
        lie_there = [found for found in between if found is not None]
        if not lie_there:
            return numbers[:0]
        joined = pa.concat_arrays(lie_there)
        return joined.filter(pc.is_in(joined, value_set=numbers))

    def _append(self, ascending: "memoryview[int]") -> None:
        """Adds new numbers to the run that they continue best, or as a run of their own."""
        below = [run for run in self._runs if run.last < ascending[0]]
        if below:
            best = max(below, key=lambda run: run.last)
            if isinstance(best, _Run) and len(best) + len(ascending) <= _LONGEST_RUN:
                best.extend(ascending)
                return
            self._runs[self._runs.index(best)] = self._shelved(best)
        self._runs += _runs(ascending)
        if len(self._runs) > _MOST_RUNS + 2 * self._numbers // _LONGEST_RUN:
            joined = pa.concat_arrays([run.numbers for run in self._runs])
            self._runs = []
            if self._shelf is not None:
                self._shelf.clear()
            for run in _runs(_view(joined.take(pc.sort_indices(joined)))):
                self._runs[-1:] = [*map(self._shelved, self._runs[-1:]), run]

    def _shelved(self, run: _Run | _Shelved) -> _Run | _Shelved:
        """A run at its end, where it will lie from now on: in memory where no disk takes it."""
        if isinstance(run, _Shelved):
            return run
        try:
            self._shelf = self._shelf or _Shelf()
            return _Shelved(run, self._shelf)
        except OSError:
            return run


def _runs(ascending: "memoryview[int]") -> Iterator[_Run]:
    """Numbers in runs of their own."""
    for start in range(0, len(ascending), _LONGEST_RUN):
        yield _Run(ascending[start : start + _LONGEST_RUN])


def _view(numbers: pa.Int64Array) -> "memoryview[int]":
    """The numbers, none of them null, as they lie in memory."""
    laid = memoryview(numbers.buffers()[1]).cast("q")
    return laid[numbers.offset : numbers.offset + len(numbers)]


def _numbers(keys: pa.StringArray) -> pa.Int64Array | None:
    """The numbers that keys are; None unless each is a positive one, written as numbers are."""
    if keys.null_count:
        return None
    try:
        numbers = keys.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    if not numbers.cast(pa.string()).equals(keys):
        return None
    smallest = pc.min(numbers).as_py()
    return numbers if smallest is None or smallest > 0 else None


def _ascending(numbers: pa.Int64Array) -> "memoryview[int] | None":
    """The numbers where each is larger than the one before, as those of a page are; else None."""
    if not len(numbers) or not pc.all(pc.greater(numbers[1:], numbers[:-1])).as_py():
        return None
    return _view(numbers)


def _number(key: str) -> int | None:
    """As `_numbers`, for one key."""
    if key.isascii() and key.isdecimal() and key[0] != "0" and int(key) < _LARGEST:
        return int(key)
    return None
