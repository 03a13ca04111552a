"""What is wrong with a connection, worked out: one file per trouble, found here.

Each file has a `diagnose(facts)` that yields what it finds. It reads what was sealed and what the
ledger knows; it never asks a console.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache

from watchkeeper.errors import DeclarationError
from watchkeeper.locker.locker import Locker
from watchkeeper.queries.connections import ConnectionView
from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight
from watchkeeper.queries.freshness import Freshness

__all__ = ["Diagnosis", "Facts", "Weight", "diagnoses"]

Diagnose = Callable[[Facts], Iterable[Diagnosis]]


def diagnoses(
    connection: ConnectionView, fresh: Sequence[Freshness], locker: Locker, now: datetime
) -> tuple[Diagnosis, ...]:
    """Everything that is wrong with a connection, the gravest first; raises LockerError."""
    facts = Facts(connection, {each.resource.name: each for each in fresh}, locker, now)
    found = [each for diagnose in _known() for each in diagnose(facts)]
    return tuple(sorted(found, key=lambda each: each.weight))


@cache
def _known() -> tuple[Diagnose, ...]:
    """Every diagnosis there is, by its file's name; raises DeclarationError for a faulty one."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        diagnose = getattr(importlib.import_module(f"{__name__}.{module.name}"), "diagnose", None)
        if not callable(diagnose):
            raise DeclarationError(f"queries/diagnosis/{module.name}.py has no `diagnose`.")
        found.append(diagnose)
    return tuple(found)
