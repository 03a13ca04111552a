"""How far a collection of an incremental list reaches: decided, nothing read. Pure.

What was changed is asked for from where the last complete collection reached, less an overlap; so
one that failed moves nothing, and an outage of any length is caught up. Nothing is built on that
was seen with other eyes or not wholly read: then everything is read anew.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from watchkeeper.clock import rfc3339
from watchkeeper.collection.resuming import told_by
from watchkeeper.model.collection import Collection
from watchkeeper.model.resource import Incremental, Resource
from watchkeeper.model.stream import Current, Kind, Reach

# The console's clocks may differ by so much from answer to answer.
_SKEW = timedelta(seconds=5)
# A turn comes some minutes early or late, after one that was late or early: what is due each day
# would else wait for the turn after, and be due a day after that. It is the shortest interval.
_EARLY = timedelta(minutes=15)


def decide(rules: Incremental, known: Current, now: datetime | None, fault: str = "") -> Reach:
    """The reach of the next collection; `now` is the console's clock, None where it tells none.

    `fault` says why what is known cannot be built on, and is empty when it can.
    """
    base = known.whole.path if known.whole is not None else ""
    why = fault or _why_whole(rules, known, now)
    if why or now is None or known.until is None or known.opened is None:
        return Reach(Kind.WHOLE, None, now, base, why)
    since = known.until - rules.overlap
    if now - known.opened >= rules.open_every - _EARLY:
        why = f"every open one was read last up to {rfc3339(known.opened)}"
        return Reach(Kind.OPEN, since, now, base, why)
    return Reach(Kind.CHANGED, since, now, base, f"all is known up to {rfc3339(known.until)}")


def _why_whole(rules: Incremental, known: Current, now: datetime | None) -> str:
    """Why the whole list is read; empty when what changed is enough."""
    if known.gap:
        return f"not all can be built on: {known.gap}"
    if known.whole is None:
        return "it was never read whole"
    begun = Reach.of(known.whole).until
    if now is None or begun is None or known.until is None:
        when = "now" if now is None else "when it was read whole last"
        return f"the console tells no time that can be believed {when}"
    if known.until > now + _SKEW:
        return f"the console's clock was at {rfc3339(known.until)} already"
    if now - begun >= rules.whole_every - _EARLY:
        return f"it was read whole last at {rfc3339(begun)}"
    return ""


def fault(known: Current, resource: Resource, eyes: Mapping[str, Any]) -> str:
    """Why nothing can be built on what is known; empty when something can.

    `eyes` is what a collection must have in common with those it builds on (`facts_of`).
    """
    for found in known.collections:
        told = told_by(found)
        for name, words in _EYES.items():
            if told[name] != eyes[name]:
                return f"{words} since {rfc3339(found.started)}"
        lost = _lost(found, resource)
        if lost:
            return lost
    return ""


def put_right(rules: Incremental, known: Current, offset: int | None) -> str:
    """Why the console's clock of then cannot be gone by now; empty when it can.

    `offset` is how far it is ahead of ours in ms. Who put either right meanwhile may have left
    between what was read then and what would be read now more than the overlap covers.
    """
    told = known.collections[-1].manifest.get("time", {}) if known.collections else {}
    before = told.get("clock_offset_ms")
    if offset is None or before is None:
        return ""
    moved = abs(timedelta(milliseconds=offset - before))
    if moved <= rules.overlap / 2:
        return ""
    return f"the console's clock and ours have moved against each other by {moved}"


_EYES = {
    "console": "the console's address is another",
    "token_fingerprint": "the token is another",
    "parameters": "what is asked for is different",
}


def _lost(found: Collection, resource: Resource) -> str:
    """Why the rows of a collection do not say all that is wanted today."""
    table = found.manifest.get("table", {})
    held = table.get("columns")
    missing = [each.name for each in resource.columns if held is not None and each.name not in held]
    if missing:
        return f"it was read without {', '.join(missing)} last"
    unreadable = table.get("unparsable")
    if unreadable:
        return f"values of {', '.join(unreadable)} could not be read"
    return ""
