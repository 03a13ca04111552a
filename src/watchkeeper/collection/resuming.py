"""What was cut off is gone on with: which run, which collections, and what of them still counts.

Two things end a collection early. A process that is killed leaves it unsealed, with a journal:
then that same collection goes on. A console that stops answering leaves it sealed as incomplete:
then a new collection takes over the pages that are there, names where they lie, and reads the rest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from watchkeeper.locker.journal import Interrupted
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.sentinelone.client import Console

# Older than that, what was read says too little about now: then everything is read anew.
STILL_GOOD = timedelta(hours=6)
# After these errors the pages that were read are as good as any.
_CUT_SHORT = frozenset(
    {"GoneSilent", "NotReachable", "Unavailable", "Throttled", "TooSlow", "NotJson"}
)


@dataclass(frozen=True, slots=True)
class Before:
    """What a collection can build on.

    `records` are requests as a manifest tells them, each with its page's record if it brought one
    and the `folder` that page lies in; `decided` is what the walk decided once. One of the last
    two says where it comes from: a journal to go on with, or a sealed collection to take over.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    decided: dict[str, Any] = field(default_factory=dict)
    interrupted: Interrupted | None = None
    sealed: Collection | None = None

    @classmethod
    def of_journal(cls, found: Interrupted) -> "Before":
        """A collection whose process is gone."""
        folder = found.facts["folder"]
        records = [
            {"folder": each.get("page", {}).get("in", folder), **each}
            for each in (*found.pages, *found.answers)
        ]
        return cls(records, found.decided, interrupted=found)

    @classmethod
    def of_sealed(cls, found: Collection) -> "Before":
        """A collection that was sealed before its end."""
        manifest = found.manifest
        pages = {page["n"]: page for page in manifest["pages"]}
        records: list[dict[str, Any]] = []
        for request in manifest["requests"]:
            page = pages.get(request.get("page"))
            if page is not None:
                folder = page.get("in", found.path)
                records.append({"folder": folder, "request": request, "page": page})
            elif "total" in request:
                records.append({"folder": found.path, "request": request})
        parts = [
            {"name": name, "ids": ids.split(",")}
            for part in manifest.get("parts", [])
            for name, ids in part["filter"].items()
        ]
        decided: dict[str, Any] = {"parts": parts}
        if "window" in manifest:
            decided["window"] = [manifest["window"]["from"], manifest["window"]["to"]]
        return cls(records, decided, sealed=found)


@dataclass(slots=True)
class Unfinished:
    """The run to go on with: its id (empty when there is none), what was cut off by resource."""

    run: str = ""
    before: dict[str, Before] = field(default_factory=dict)

    def sealed(self, locker: Locker, connection: str, resource: str) -> Collection | None:
        """What that run had sealed whole of a resource; None when it had not come to it."""
        if not self.run:
            return None
        for found in islice(locker.newest_first(connection, resource), 3):
            if found.manifest.get("run") == self.run and found.complete and not found.subject:
                return found
        return None


def unfinished(
    locker: Locker, connection: str, console: Console, plan: Iterable[Resource]
) -> Unfinished:
    """What can be gone on with of the resources in `plan`.

    Interrupted collections that cannot are given up: what they stored stays, and counts for
    nothing. Those of resources that are not asked for now are left alone.
    """
    wanted = {resource.name: resource for resource in plan}
    now = console.clock.now()
    usable: list[Interrupted] = []
    for found in locker.interrupted(connection):
        resource = wanted.get(found.facts.get("resource", ""))
        if resource is not None and _fits(found.facts, console, now, resource):
            usable.append(found)
        elif resource is None and _age(found.facts, now) < STILL_GOOD and found.claim is not None:
            found.claim.release()
        else:
            locker.discard(found)
    left = Unfinished(max((str(each.facts["run"]) for each in usable), default=""))
    for each in usable:
        if each.facts["run"] == left.run:
            left.before[each.facts["resource"]] = Before.of_journal(each)
        else:
            locker.discard(each)
    for name, resource in wanted.items():
        if name not in left.before:
            cut = _cut_short(locker, connection, console, now, resource)
            if cut is not None:
                left.before[name] = Before.of_sealed(cut)
    return left


def facts_of(run: str, console: Console, resource: Resource, subject: str) -> dict[str, Any]:
    """What a collection must have in common with the one that goes on with it."""
    return {
        "run": run,
        "subject": subject,
        "console": console.address.url,
        "token_fingerprint": console.token.fingerprint,
        "parameters": [list(each) for each in resource.parameters],
    }


def _cut_short(
    locker: Locker, connection: str, console: Console, now: datetime, resource: Resource
) -> Collection | None:
    """The newest collection, if the console or the network broke it off in the middle."""
    for found in islice(locker.newest_first(connection, resource.name), 1):
        manifest = found.manifest
        facts = {
            "subject": found.subject,
            "console": found.console,
            "token_fingerprint": manifest.get("collector", {}).get("token_fingerprint"),
            "parameters": manifest.get("parameters"),
            "started": manifest["time"]["started"],
        }
        if (
            found.completeness.verdict is Verdict.INCOMPLETE
            and manifest.get("error", {}).get("kind") in _CUT_SHORT
            and _fits(facts, console, now, resource)
        ):
            return found
    return None


def _fits(facts: Mapping[str, Any], console: Console, now: datetime, resource: Resource) -> bool:
    """Whether it would be read today with the same eyes: same token, console and questions."""
    same = facts_of("", console, resource, "")
    return (
        all(facts.get(name) == value for name, value in same.items() if name != "run")
        and _age(facts, now) < STILL_GOOD
    )


def _age(facts: Mapping[str, Any], now: datetime) -> timedelta:
    return now - datetime.fromisoformat(facts["started"])
