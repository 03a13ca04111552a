"""Bringing a list in: what was given becomes rows, with the mapping of last time, and is sealed."""

from dataclasses import dataclass

from watchkeeper.errors import UsageError
from watchkeeper.lists import load as loads
from watchkeeper.lists.mapping import Mapping, proposed, settle
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

    @property
    def came_from(self) -> str:
        """The file or address it came from, without secrets; empty where nothing tells it."""
        return next((str(each.facts.get("from", "")) for each in self.given.documents), "")


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


@dataclass(frozen=True, slots=True)
class Look:
    """A list as a person looks at it before it is loaded: what each header is taken for.

    `understood` is what it gives; None where it cannot be used so, and `fault` says why.
    `before` is the list of that name as it stands, None for a new one.
    """

    mapping: Mapping
    understood: Understood | None
    before: loads.Held | None
    fault: str = ""

    @property
    def shrinks(self) -> bool:
        """Whether loading it takes somebody who says that it is meant to be that short."""
        if self.understood is None:
            return False
        return loads.shrinks(
            len(self.understood.applied.rows), self.before.rows if self.before else 0
        )


def look(
    locker: Locker,
    connection: str,
    resource: str,
    name: str,
    given: Given,
    chosen: Mapping | None = None,
) -> Look:
    """What a list would give; nothing is sealed.

    With `chosen` every header is as a person chose it, else as remembered or guessed. Raises
    UsageError for what no choice mends.
    """
    kind = loads.resource(resource)
    check_list_name(name)
    standing = {each.name: each for each in loads.held(locker, connection, resource)}
    before = standing.get(name)
    known = before.mapping if before and chosen is None else None
    try:
        mapping = settle(kind, given.sheet.headers, chosen or Mapping(), known)
        applied = apply(kind, name, given.sheet, mapping, locker.clock.now())
    except UsageError as error:
        mapping = proposed(kind, given.sheet.headers, chosen, known)
        return Look(mapping, None, before, error.message)
    return Look(applied.mapping, Understood(resource, name, given, applied), before)


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
