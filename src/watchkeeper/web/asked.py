"""What a URL asks a list for: search, filters, sort, page. The URL is the whole state."""

from collections.abc import Iterable
from dataclasses import replace

from django.http import HttpRequest

from watchkeeper.queries.listing import Asked
from watchkeeper.queries.paging import SIZE, SIZES

_LONGEST = 200
_MOST_PAGES = 1_000_000


def asked(request: HttpRequest, filters: Iterable[str]) -> Asked:
    """The list asked for: `q`, `sort` (`-name` for descending), `page`, `size`, the filters."""
    sort = text(request, "sort")
    return Asked(
        search=text(request, "q"),
        chosen={name: value for name in filters if (value := text(request, name))},
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        number=number(request, "page"),
        size=size(request),
    )


def text(request: HttpRequest, name: str) -> str:
    """A parameter of the URL, bounded; NUL cannot be asked of a database and is dropped."""
    return request.GET.get(name, "").replace("\x00", "")[:_LONGEST].strip()


def number(request: HttpRequest, name: str) -> int:
    """A page number of the URL; what is none is page 1."""
    given = request.GET.get(name, "")
    if not (given.isascii() and given.isdigit()):
        return 1
    return max(1, min(int(given[:9]), _MOST_PAGES))


def size(request: HttpRequest) -> int:
    """The page's length asked for, one of those offered."""
    given = request.GET.get("size", "")
    return next((each for each in SIZES if str(each) == given), SIZE)


def newest_first(wanted: Asked, sorts: Iterable[str], sort: str) -> Asked:
    """The same list, the newest first where no order that exists was asked for."""
    return wanted if wanted.sort in set(sorts) else replace(wanted, sort=sort, descending=True)


def unlisted(wanted: Asked, offered: Iterable[str]) -> list[tuple[str, str]]:
    """Filters in force that the form does not offer: it shows them, so that they can be undone."""
    known = set(offered)
    return [(name, value) for name, value in wanted.chosen.items() if name not in known]
