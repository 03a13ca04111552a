"""Every check that needs the database, in the order in which faults explain each other."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db import Error

from watchkeeper.doctor import store, work
from watchkeeper.doctor.finding import Finding, unchecked
from watchkeeper.errors import WatchkeeperError
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.keys import KeyRing
from watchkeeper.ledger.models import Connection
from watchkeeper.ledger.rotation import opened
from watchkeeper.locker.locker import Locker
from watchkeeper.resources import catalogue

TOPICS = ("database", "locker", "index", "jobs", "schedule", "clock", "connections")
"""What is examined here: told as not checked where there is no database."""

Check = Callable[[], list[Finding]]


def examine(parts: Installation, ring: KeyRing, missing: Sequence[str]) -> list[Finding]:
    """What the database and the locker tell; `missing`: steps that the tables are behind."""
    found = made("database", lambda: store.database(missing))
    if missing:
        return found + [
            unchecked(topic, "Its tables are not those of this version.")
            for topic in TOPICS
            if topic != "database"
        ]
    now = parts.clock.now()
    checks: dict[str, Check] = {
        "locker": lambda: store.locker(parts.locker()),
        "index": lambda: store.index(parts.locker()),
        "jobs": lambda: work.jobs(now),
        "schedule": lambda: work.schedule(now),
        "clock": lambda: _clock(parts, now),
        "connections": lambda: work.connections(now, opened(ring, parts.vault)),
    }
    for topic, check in checks.items():
        found += made(topic, check)
    return found


def made(topic: str, check: Check) -> list[Finding]:
    """What the check found, or that it could not be made and why."""
    try:
        return check()
    except WatchkeeperError as error:
        return [unchecked(topic, f"It could not be checked: {error.message}", error.hint)]
    except (Error, OSError) as error:
        return [unchecked(topic, f"It could not be checked: {' '.join(str(error).split())}")]


def _clock(parts: Installation, now: datetime) -> list[Finding]:
    return store.clock(now, list(_offsets(parts.locker())))


def _offsets(locker: Locker) -> Iterator[tuple[str, int]]:
    """Each console's clock as the newest collection saw it that asked: milliseconds ahead of here.

    Some ask nothing, as nothing was due; a run has at least one that does.
    """
    for connection in Connection.objects.filter(removed_at=None):
        for found in connection.collections.order_by("-ended")[: len(catalogue())]:
            seen = json.loads(locker.manifest(found.path)[0]).get("time", {}).get("clock_offset_ms")
            if isinstance(seen, int):
                yield connection.console, seen
                break
