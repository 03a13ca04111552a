"""Where lists are kept: one file for each kind, found and checked here."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from watchkeeper.clock import Clock
from watchkeeper.errors import DeclarationError, UsageError
from watchkeeper.lists.cells import Sheet
from watchkeeper.locker.stated import Document


@dataclass(frozen=True, slots=True)
class Option:
    """What a source must be told; a secret one is never an argument and never stored readable.

    A `private` one may hold a secret, as an address with a key in it: it is stored as one, and
    `shown` says how much of it may be seen.
    """

    name: str
    help: str
    secret: bool = False
    required: bool = True
    default: str = ""
    shown: Callable[[str], str] | None = None

    @property
    def private(self) -> bool:
        """Whether it is stored so that nobody can read it."""
        return self.secret or self.shown is not None


@dataclass(frozen=True, slots=True)
class Given:
    """A list as a source gave it: its cells, and what they were read from, byte for byte.

    `notes` are what the source left out, in words; `written` is when it was written down (UTC),
    where the place tells it.
    """

    sheet: Sheet
    documents: tuple[Document, ...]
    notes: tuple[str, ...] = ()
    written: datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of place. `resources` are the lists it can give.

    `read` takes the options (all of them, defaults filled in), the name of the resource and the
    clock. It raises UsageError for what the options say, SourceFailed for what the place does.
    `live`: its answer is how things are when it is asked. What others give is how they were when
    somebody wrote it down: unchanged, it grows old.
    """

    name: str
    title: str
    options: tuple[Option, ...]
    resources: tuple[str, ...]
    read: Callable[[Mapping[str, str], str, Clock], Given]
    live: bool = False


@cache
def catalogue() -> dict[str, Source]:
    """The sources by name, sorted. Raises DeclarationError for a file without one."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: _load(name) for name in names if name[0] != "_"}


def _load(name: str) -> Source:
    found = getattr(importlib.import_module(f"{__name__}.{name}"), "SOURCE", None)
    if not isinstance(found, Source):
        raise DeclarationError(f"lists/sources/{name}.py declares no SOURCE.")
    if found.name != name:
        raise DeclarationError(
            f"lists/sources/{name}.py declares {found.name!r}; name it {name!r}."
        )
    return found


def read(kind: str, options: Mapping[str, str], resource: str, clock: Clock) -> Given:
    """The list that a source gives for these options.

    Raises UsageError for a kind, an option or a resource that it does not know, and for an option
    that is missing; SourceFailed when the place does not give the list whole.
    """
    known = catalogue()
    if kind not in known:
        raise UsageError(f"There is no source {kind!r}.", hint=f"There are: {', '.join(known)}.")
    source = known[kind]
    if resource not in source.resources:
        raise UsageError(
            f"{source.title} gives no {resource}.",
            hint=f"It gives: {', '.join(source.resources)}.",
        )
    names = [option.name for option in source.options]
    for name in options:
        if name not in names:
            raise UsageError(
                f"The source {kind} has no option {name!r}.", hint=f"It has: {', '.join(names)}."
            )
    filled = {each.name: options.get(each.name) or each.default for each in source.options}
    missing = [each.name for each in source.options if each.required and not filled[each.name]]
    if missing:
        raise UsageError(
            f"The source {kind} needs: {', '.join(missing)}.",
            hint="See `watchkeeper lists sources`.",
        )
    return told(source.read(filled, resource, clock), kind)


def told(given: Given, kind: str) -> Given:
    """What was given, with the word for where it came from among the facts of its documents."""
    documents = (replace(each, facts={"source": kind, **each.facts}) for each in given.documents)
    return replace(given, documents=tuple(documents))
