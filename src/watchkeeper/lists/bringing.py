"""Bringing a list in: what was given becomes rows, with the mapping of last time, and is sealed."""

from dataclasses import dataclass

from watchkeeper.lists import load as loads
from watchkeeper.lists.mapping import Mapping, settle
from watchkeeper.lists.rows import Applied, apply, check_list_name
from watchkeeper.lists.sources import Given
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection


@dataclass(frozen=True, slots=True)
class Understood:
    """A list that was read and not sealed yet: for which resource, its name, what it gives."""

    resource: str
    name: str
    given: Given
    applied: Applied

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know: of the source, then of the lines."""
        return (*self.given.notes, *self.applied.notes)


def understand(
    locker: Locker,
    connection: str,
    resource: str,
    name: str,
    given: Given,
    asked: Mapping,
    *,
    guess_again: bool = False,
) -> Understood:
    """What a list gives, by the mapping that was asked for, remembered or guessed.

    Nothing is sealed; raises UsageError as `settle` and `apply` do. With `guess_again` what was
    remembered does not count.
    """
    kind = loads.resource(resource)
    check_list_name(name)
    known = None if guess_again else loads.remembered(locker, connection, resource, name)
    mapping = settle(kind, given.sheet.headers, asked, known)
    return Understood(
        resource, name, given, apply(kind, name, given.sheet, mapping, locker.clock.now())
    )


def bring_in(
    locker: Locker, connection: str, understood: Understood, *, by: str, allow_shrink: bool = False
) -> Collection:
    """Seals it; returns the collection with all lists of the resource. Raises as `load` does."""
    applied = understood.applied
    return loads.load(
        locker,
        connection,
        understood.resource,
        understood.name,
        applied.rows,
        understood.given.documents,
        by=by,
        mapping=applied.mapping,
        notes=understood.notes,
        allow_shrink=allow_shrink,
    )
