"""What the collections of one run share, and what they wait for of each other."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import uuid_utils

from watchkeeper.errors import ConsoleError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.sentinelone import stopping
from watchkeeper.sentinelone.client import Console

# The resource that is read before all others.
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Step:
    """How far a resource is: `expected` is None while unknown; `verdict` is set at its end."""

    resource: Resource
    pages: int
    rows: int
    expected: int | None
    verdict: Verdict | None = None
    reason: str = ""


Progress = Callable[[Step], None]


class RunEnded(Exception):
    """Nothing was read as nothing could be, any more: `Job.fatal` says why."""


@dataclass(slots=True)
class Job:
    """What the collections of one run share, as they are read side by side.

    `run` is the run's own id; `due` says by resource when a schedule wanted it. `ends` tells, of
    each resource of the run in its order, when it is done. `fatal` is the first error after which
    nothing more can be read in this run, None while there is none.
    """

    console: Console
    locker: Locker
    connection: str
    trigger: str = "command line"
    system_version: str = ""
    run: str = field(default_factory=lambda: str(uuid_utils.uuid7()))
    collected: dict[str, Collection] = field(default_factory=dict)
    due: Mapping[str, datetime] = field(default_factory=dict)
    ends: Mapping[str, threading.Event] = field(default_factory=dict)
    fatal: ConsoleError | None = None

    def await_end(self, resource: str, reader: str) -> None:
        """Waits until a resource is done that the run begins before `reader`; raises Stopped.

        Who waited for one that is begun later might wait for somebody who waits for him.
        """
        order = list(self.ends)
        if resource in order and order.index(resource) < order.index(reader):
            stopping.patiently(self.ends[resource].wait)

    def check(self) -> None:
        """Raises RunEnded where nothing more can be read."""
        if self.fatal is not None:
            raise RunEnded

    def end_with(self, error: ConsoleError) -> None:
        """Nothing more can be read in this run; the first to find that out says why."""
        self.fatal = self.fatal or error

    def rests_on(self, resource: str) -> bool:
        """Whether there is a collection of it for others to rest on, or may be by their turn."""
        return resource in self.ends or self.newest(resource) is not None

    def newest(self, resource: str) -> Collection | None:
        """This run's collection of a resource, else the newest complete one in the locker."""
        if resource in self.collected:
            return self.collected[resource]
        found = self.locker.newest_first(self.connection, resource)
        return next((each for each in found if each.complete and not each.subject), None)
