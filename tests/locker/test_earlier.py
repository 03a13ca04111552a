"""Which earlier collection a new one is stored against."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import told
from watchkeeper.locker.earlier import MOST_DIFFERENCES, base
from watchkeeper.model.collection import Collection, Verdict

_MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


def collection(
    name: str, cost: int, *, whole: bool = False, complete: bool = True, subject: str = ""
) -> Collection:
    verdict = Verdict.COMPLETE if complete else Verdict.INCOMPLETE
    page = {"bytes": cost} if whole else {"bytes": cost, "against": ["a page"]}
    found = told(name, "agents", _MOMENT, verdict, pages=[page] if cost else [])
    return replace(found, subject=subject)


def chosen(*newest_first: Collection) -> str | None:
    found = base(newest_first)
    return found.id if found is not None else None


def test_the_newest_whole_one_is_built_on_until_differences_are_dear() -> None:
    whole = collection("whole", 100, whole=True)
    assert chosen() is None
    assert chosen(whole) == "whole"
    assert chosen(collection("day 2", 10), collection("day 1", 8), whole) == "whole"
    assert chosen(collection("day 2", 90), collection("day 1", 8), whole) is None
    assert chosen(collection("day 1", 8), whole, collection("older", 90, whole=True)) == "whole"


def test_what_is_not_all_there_is_counts_for_nothing() -> None:
    whole = collection("whole", 100, whole=True)
    others = (
        collection("cut short", 70, whole=True, complete=False),
        collection("one device", 1, whole=True, subject="17"),
        collection("empty", 0, whole=True),
    )
    assert chosen(*others) is None
    assert chosen(*others, whole) == "whole"


def test_what_was_sealed_long_ago_is_not_built_on() -> None:
    whole = collection("whole", 100, whole=True)
    days = [collection(f"day {number}", 5) for number in range(MOST_DIFFERENCES)]
    assert chosen(*days[1:], whole) == "whole"
    assert chosen(*days, whole) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=2 * MOST_DIFFERENCES))
def test_no_more_is_read_than_decides(days: list[tuple[int, bool]]) -> None:
    read: list[str] = []

    def newest_first() -> Iterator[Collection]:
        for number, (cost, whole) in enumerate(days):
            read.append(str(number))
            yield collection(str(number), cost, whole=whole)

    found = base(newest_first())
    assert (found.id if found is not None else None) == _in_other_words(days)
    if found is not None:
        assert found.id == read[-1]
    assert len([each for each in read if days[int(each)][0]]) <= MOST_DIFFERENCES + 1


def _in_other_words(days: list[tuple[int, bool]]) -> str | None:
    """The same rule from the oldest day to the newest; one without cost is empty."""
    since: list[int] = []
    name = None
    for number, (cost, whole) in reversed(list(enumerate(days))):
        if cost and whole:
            name, since = str(number), [cost]
        elif cost:
            since.append(cost)
    dear = len(since) > 1 and since[-1] * len(since) > sum(since)
    return None if dear or len(since) > MOST_DIFFERENCES else name
