"""Which pages of an earlier collection a new page is stored against."""

from collections.abc import Iterable, Mapping
from typing import Any

from watchkeeper.locker.pages import MOST_REFERENCES, Reference
from watchkeeper.model.collection import Collection

# After that many differences the next collection is whole again: what was sealed long ago should
# not be needed for ever.
MOST_DIFFERENCES = 30


def base(collections: Iterable[Collection]) -> Collection | None:
    """The collection to store differences against; None when the next is to be stored whole.

    `collections` are sealed ones of one resource, newest first; none is held on to, as the manifest
    of a large one takes megabytes. Differences grow with time: when the last took more than a
    collection has cost on average since the base, a new base is cheaper.
    """
    costs: list[int] = []
    for each in collections:
        pages = each.manifest.get("pages")
        if not each.complete or each.subject or not pages:
            continue
        costs.append(sum(page["bytes"] for page in pages))
        if len(costs) > MOST_DIFFERENCES:
            return None
        if not any("against" in page for page in pages):
            return each if costs[0] <= sum(costs) / len(costs) else None
    return None


class Earlier:
    """The pages of a base, by what they hold."""

    def __init__(self, collection: Collection | None) -> None:
        """None: there is nothing to compare with."""
        self._pages: dict[str, list[Reference]] = {}
        if collection is None:
            return
        parts = dict(enumerate(collection.manifest.get("parts", [])))
        for page in collection.manifest["pages"]:
            if "keys" in page and ("part" not in page or page["part"] in parts):
                part = parts[page["part"]]["filter"] if "part" in page else {}
                folder = page.get("in", collection.path)
                reference = Reference(f"{folder}/{page['file']}", page)
                self._pages.setdefault(_name(part), []).append(reference)
        for references in self._pages.values():
            references.sort(key=lambda each: _order(each.page["keys"][0]))

    def like(self, part: Mapping[str, str], first: str, last: str) -> list[Reference]:
        """The pages of the same part that hold keys between the two, few at most."""
        low, high = _order(first), _order(last)
        found = [
            each
            for each in self._pages.get(_name(part), [])
            if _order(each.page["keys"][0]) <= high and _order(each.page["keys"][1]) >= low
        ]
        return found if len(found) <= MOST_REFERENCES else []


def _order(key: Any) -> tuple[int, str]:
    """Keys in the console's order: ids are numbers of any length."""
    return len(str(key)), str(key)


def _name(part: Mapping[str, str]) -> str:
    return "&".join(f"{name}={part[name]}" for name in sorted(part))
