"""Which keys were seen: exact, and small enough for a million of them."""

from array import array
from collections.abc import Sequence

import pyarrow as pa

_FIRST = 1 << 12
_FULLEST = 0.7
_LARGEST = 2**63
# Far from any power of two: ids that differ in their upper bits only spread as well.
_PRIME = 2_860_486_313


class Keys:
    """A set of texts that is only added to.

    A console's ids are decimal numbers below 2^63: those take eight bytes in a table of open
    addresses, where a Python set takes more than a hundred. Every other text, one with a leading
    zero too, is kept as it is.
    """

    def __init__(self) -> None:
        """Empty."""
        self._slots = array("q", bytes(8 * _FIRST))  # 0 is a free one
        self._numbers = 0
        self._texts: set[str] = set()

    def __len__(self) -> int:
        """How many different keys were added."""
        return self._numbers + len(self._texts)

    def add(self, keys: pa.Array) -> list[int]:
        """Adds keys; returns the positions of those that were new, in order. Null is never new."""
        keys = keys.cast(pa.string())
        numbers = _numbers(keys)
        if numbers is not None:
            return self._add_numbers(numbers)
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
        while self._numbers + len(numbers) > _FULLEST * len(self._slots):
            self._grow()
        slots, mask = self._slots, len(self._slots) - 1
        new: list[int] = []
        for position, number in enumerate(numbers):
            slot = number % _PRIME & mask
            while found := slots[slot]:
                if found == number:
                    break
                slot = (slot + 1) & mask
            else:
                slots[slot] = number
                new.append(position)
        self._numbers += len(new)
        return new

    def _grow(self) -> None:
        former = self._slots
        self._slots, self._numbers = array("q", bytes(16 * len(former))), 0
        for start in range(0, len(former), _FIRST):
            self._add_numbers([each for each in former[start : start + _FIRST] if each])


def _numbers(keys: pa.StringArray) -> list[int] | None:
    """The numbers that keys are; None unless each is a positive one, written as numbers are."""
    if keys.null_count:
        return None
    try:
        numbers = keys.cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    if not numbers.cast(pa.string()).equals(keys):
        return None
    found: list[int] = numbers.to_pylist()
    return found if min(found, default=1) > 0 else None


def _number(key: str) -> int | None:
    """As `_numbers`, for one key."""
    if key.isascii() and key.isdecimal() and key[0] != "0" and int(key) < _LARGEST:
        return int(key)
    return None
