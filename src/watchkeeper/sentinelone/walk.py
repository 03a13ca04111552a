"""A list from its first page to its last, whoever answers for the pages."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from watchkeeper.errors import Contradiction, UnknownParameter
from watchkeeper.sentinelone import paging
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.exchange import Answer

Ask = Callable[[str, Mapping[str, str]], Answer[Any]]
K = TypeVar("K")


def pages(
    console: Console,
    ask: Ask,
    path: str,
    params: Mapping[str, str],
    *,
    keep: Callable[[Answer[Any]], K],
    limit: int,
    notes: list[str],
    droppable: frozenset[str] = frozenset(),
) -> Iterator[K]:
    """What `keep` makes of every page of a list, in order; what `ask` reads has a `next_cursor`.

    An answer is handed to `keep` and to nobody else: whoever walks cannot hold on to what is to be
    stored of it while the next one is waited for.

    Filters and sort are sent with every page: a cursor holds neither. A parameter in `droppable`
    that the console does not know is dropped and told in `notes`, on the first page only. A page
    that had to be asked for at a smaller size makes the following ones smaller.
    """
    fixed = dict(params)
    size, cursor = console.page_size(path, limit), None
    followed: set[str] = set()
    while True:
        asked = fixed | {"limit": str(size)} | ({"cursor": cursor} if cursor else {})
        try:
            answer = ask(path, asked)
        except UnknownParameter as error:
            if cursor is not None or error.parameter not in droppable & fixed.keys():
                raise
            del fixed[error.parameter]
            note = f"the console does not know {error.parameter}; it was left out"
            if note not in notes:
                notes.append(note)
            continue
        following = answer.value.next_cursor
        given = int(answer.params["limit"])
        kept = keep(answer)
        del answer
        yield kept
        if given < size:
            size = given
            console.learn_page_size(path, size)
        try:
            cursor = paging.following(following, followed)
        except paging.RepeatedCursor as error:
            raise Contradiction(
                f"{path}: the console repeats a cursor, the list has no end.",
                hint="Collect again; if it stays, report it to the vendor.",
                status=200,
            ) from error
        if cursor is None:
            return
