"""A framework: the requirements somebody else wrote, by the identifiers they gave them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """A requirement as its framework numbers it, whether or not a control names it.

    `title` is empty where the framework has none or its licence permits none; `group` is the
    section it stands in, a key of the framework's `groups` where that section has a title.
    """

    id: str
    title: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework as its file declares it.

    `slug` is the name of the file and what a control's page calls it. `titles` says whether the
    licence permits titles; without, no clause and no group has one. `complete` is True when every
    requirement of what `coverage` describes is among `requirements`; `source` says where their
    identifiers were taken from.
    """

    slug: str
    title: str
    publisher: str
    version: str
    url: str
    licence: str
    titles: bool
    source: str
    complete: bool
    coverage: str
    requirements: tuple[Clause, ...]
    groups: Mapping[str, str]
    order: int
