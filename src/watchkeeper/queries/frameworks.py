"""Where frameworks stand by what the controls of one connection say now."""

from dataclasses import dataclass
from datetime import datetime

from watchkeeper.controls import catalogue as controls
from watchkeeper.frameworks import catalogue as frameworks
from watchkeeper.frameworks.standing import FrameworkStanding, Judged, RequirementStanding, standing
from watchkeeper.locker import records
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Result
from watchkeeper.queries.standing import standings


@dataclass(frozen=True, slots=True)
class Tally:
    """A framework in numbers: requirements by result, None where nothing was judged yet."""

    standing: FrameworkStanding
    results: dict[Result, int]
    unjudged: int

    @property
    def covered(self) -> int:
        """How many requirements a control contributes to."""
        return len(self.standing.covered)

    @property
    def total(self) -> int:
        """How many requirements the framework's file has."""
        return len(self.standing.requirements)


def all_of(locker: Locker, connection: int, now: datetime) -> tuple[Tally, ...]:
    """Every framework, in the order of their files."""
    judged = _judged(locker, connection, now)
    return tuple(_tally(standing(each, judged)) for each in frameworks().values())


def one(locker: Locker, connection: int, slug: str, now: datetime) -> Tally | None:
    """One framework by its slug; None when there is none."""
    found = frameworks().get(slug)
    return _tally(standing(found, _judged(locker, connection, now))) if found else None


def _tally(found: FrameworkStanding) -> Tally:
    results = dict.fromkeys(Result, 0)
    unjudged = 0
    for each in found.covered:
        if each.result is None:
            unjudged += 1
        else:
            results[each.result] += 1
    return Tally(found, results, unjudged)


def sections(found: FrameworkStanding) -> list[tuple[str, str, list[RequirementStanding]]]:
    """The covered requirements by section: its key, its title where it has one, what is in it."""
    grouped: dict[str, list[RequirementStanding]] = {}
    for each in found.covered:
        grouped.setdefault(each.clause.group, []).append(each)
    titles = found.framework.groups
    return [(key, titles.get(key, ""), held) for key, held in grouped.items()]


def _judged(locker: Locker, connection: int, now: datetime) -> list[Judged]:
    """Every control there is, with what it says now and what it was judged with."""
    said = {each.control: each for each in standings(connection, now)}
    found = []
    for identity, control in controls().items():
        now_says = said.get(identity)
        parameters = dict(control.defaults)
        if now_says is not None:
            sealed = records.assessment(now_says.path, locker.manifest(now_says.path)[0])
            parameters |= sealed.parameters
        result = now_says.result if now_says is not None else None
        found.append(Judged(identity, control.requirements, result, parameters))
    return found
