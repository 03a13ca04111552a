"""A page of a longer list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

SIZES = (25, 50, 100, 200)
SIZE = 25


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of `total`; pages are counted from 1."""

    rows: tuple[T, ...]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are: one even when there are no rows."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The position of the first row shown, counted from 1; 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """The position of the last row shown."""
        return (self.number - 1) * self.size + len(self.rows)

    @property
    def previous(self) -> int | None:
        """The page before, None on the first."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page after, None on the last."""
        return self.number + 1 if self.number < self.pages else None

    def map(self, make: Callable[[T], U]) -> "Page[U]":
        """The same page with every row made into something else."""
        return Page(tuple(make(row) for row in self.rows), self.number, self.size, self.total)


def clamp(number: int, size: int, total: int) -> int:
    """The page that exists nearest to the one asked for."""
    return max(1, min(number, -(-total // size)))


def page_of(rows: Sequence[T], number: int, size: int) -> Page[T]:
    """A page of rows that are all at hand."""
    number = clamp(number, size, len(rows))
    return Page(tuple(rows[(number - 1) * size : number * size]), number, size, len(rows))
