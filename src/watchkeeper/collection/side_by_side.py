"""Resources of one run read side by side, and told of in one thread.

They begin in their order, so that one which rests on another finds it begun and can wait for it.
"""

import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from watchkeeper.collection.crew import Put, gathered
from watchkeeper.collection.job import Progress, Step
from watchkeeper.model.resource import Resource
from watchkeeper.sentinelone import stopping

OnSealed = Callable[[str, frozenset[str]], None]
# So long those who read may take to leave their collections to the next run, in seconds.
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class _Told:
    """A step on its way to whoever listens; `taken` once he was told."""

    step: Step
    taken: threading.Event = field(default_factory=threading.Event)


def read(
    wanted: Iterable[Resource],
    one: Callable[[Resource, Progress | None], None],
    *,
    at_once: int,
    on_progress: Progress | None,
    on_sealed: OnSealed | None,
) -> None:
    """Does `one` for every resource, several at once; what it or a listener raises ends all.

    `one` is given whom to tell its steps to. A step is waited for until it was told, so that who
    ends a run at a step ends it there; but nobody waits while `on_sealed`, which may judge, is
    under way.
    """
    busy = threading.Event()
    tasks = [partial(_task, each, one, busy, listened=on_progress is not None) for each in wanted]
    coming = {each.name for each in wanted}
    crew = gathered(tasks, workers=at_once, ahead=sys.maxsize, patience=_PATIENCE)
    with closing(crew) as events:
        for event in events:
            if isinstance(event, _Told):
                if on_progress is not None:
                    on_progress(event.step)
                event.taken.set()
                continue
            coming.discard(event)
            if on_sealed is not None:
                busy.set()
                on_sealed(event, frozenset(coming))
                busy.clear()


def _task(
    resource: Resource,
    one: Callable[[Resource, Progress | None], None],
    busy: threading.Event,
    put: Put[_Told | str],
    *,
    listened: bool,
) -> None:
    """One resource, its steps and at the end its name."""

    def tell(step: Step) -> None:
        told = _Told(step)
        put(told)
        stopping.patiently(lambda seconds: busy.is_set() or told.taken.wait(seconds))

    one(resource, tell if listened else None)
    put(resource.name)
