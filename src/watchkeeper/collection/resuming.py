"""A run that was cut off is gone on with: which one, and what of it still counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watchkeeper.locker.journal import Interrupted
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.resource import Resource
from watchkeeper.sentinelone.client import Console

# Older than that, what was read says too little about now: then everything is read anew.
STILL_GOOD = timedelta(hours=6)


@dataclass(slots=True)
class Unfinished:
    """The run to go on with: its id, its interrupted collections by resource."""

    run: str
    interrupted: dict[str, Interrupted] = field(default_factory=dict)

    def sealed(self, locker: Locker, connection: str, resource: str) -> Collection | None:
        """What that run had sealed whole of a resource; None when it had not come to it."""
        for found in reversed(locker.collections(connection, resource, last=3)):
            if found.manifest.get("run") == self.run and found.complete and not found.subject:
                return found
        return None


def unfinished(
    locker: Locker, connection: str, console: Console, plan: Iterable[Resource]
) -> Unfinished | None:
    """The newest run of this connection that was cut off and can be gone on with.

    Others are given up: what they stored stays, and counts for nothing. Those of resources that
    are not asked for now are left alone.
    """
    wanted = {resource.name: resource for resource in plan}
    now = console.clock.now()
    usable: list[Interrupted] = []
    for found in locker.interrupted(connection):
        resource = wanted.get(found.facts.get("resource", ""))
        if _fits(found, console, now, resource):
            usable.append(found)
        elif resource is None and _age(found, now) < STILL_GOOD and found.claim is not None:
            found.claim.release()
        else:
            locker.discard(found)
    if not usable:
        return None
    newest = Unfinished(max(str(each.facts["run"]) for each in usable))
    for each in usable:
        if each.facts["run"] == newest.run:
            newest.interrupted[each.facts["resource"]] = each
        else:
            locker.discard(each)
    return newest


def _fits(found: Interrupted, console: Console, now: datetime, resource: Resource | None) -> bool:
    """Whether it would be read today with the same eyes: same token, console and questions."""
    facts = found.facts
    return (
        resource is not None
        and not facts.get("subject")
        and facts.get("console") == console.address.url
        and facts.get("token_fingerprint") == console.token.fingerprint
        and facts.get("parameters") == [list(each) for each in resource.parameters]
        and _age(found, now) < STILL_GOOD
    )


def _age(found: Interrupted, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(found.facts["started"])
