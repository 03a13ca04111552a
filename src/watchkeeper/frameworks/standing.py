"""Where a framework stands: each requirement, the controls that contribute to it, the worst."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from watchkeeper.model.assessment import Result
from watchkeeper.model.control import Requirement, Scalar
from watchkeeper.model.framework import Clause, Framework
from watchkeeper.model.guardrail import for_requirement, not_strict_enough


@dataclass(frozen=True, slots=True)
class Judged:
    """A control as last judged over one connection.

    `result` is the one it shows now (STALE where its data is old), None when it was never judged;
    `parameters` are all it was, or would be, judged with.
    """

    control: str
    requirements: tuple[Requirement, ...]
    result: Result | None
    parameters: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one control says for one requirement.

    `result` is the control's own, or FAIL where that passes and `too_loose` says why the
    parameters are not strict enough for this requirement; None when it was never judged.
    """

    control: str
    requirement: Requirement
    result: Result | None
    too_loose: str


@dataclass(frozen=True, slots=True)
class RequirementStanding:
    """One requirement of a framework and every control that contributes evidence to it."""

    clause: Clause
    contributions: tuple[Contribution, ...]

    @property
    def covered(self) -> bool:
        """True when a control names it; one that has not been judged yet names it too."""
        return bool(self.contributions)

    @property
    def result(self) -> Result | None:
        """The worst of its contributions; None when it is not covered or not judged.

        A control that was never judged keeps what others pass from speaking for all of them;
        what is worse than a pass stands.
        """
        results = [each.result for each in self.contributions]
        known = [each for each in results if each is not None]
        worst = min(known, key=lambda each: each.rank, default=None)
        if worst is not None and worst.rank > Result.FAIL.rank and None in results:
            return None
        return worst


@dataclass(frozen=True, slots=True)
class FrameworkStanding:
    """All requirements of a framework, in its own order.

    `unknown` are contributions to identifiers that the framework's file does not have: a page
    that was sealed before the file changed may name one.
    """

    framework: Framework
    requirements: tuple[RequirementStanding, ...]
    unknown: tuple[Contribution, ...]

    @property
    def covered(self) -> tuple[RequirementStanding, ...]:
        """The requirements that a control names."""
        return tuple(each for each in self.requirements if each.covered)

    @property
    def not_covered(self) -> tuple[Clause, ...]:
        """The requirements that no control names: no evidence comes from here for them."""
        return tuple(each.clause for each in self.requirements if not each.covered)


def standing(framework: Framework, controls: Iterable[Judged]) -> FrameworkStanding:
    """Where a framework stands by the results of one connection's controls."""
    known = {clause.id for clause in framework.requirements}
    found: dict[str, list[Contribution]] = {}
    unknown: list[Contribution] = []
    for judged in sorted(controls, key=lambda each: each.control):
        for requirement in judged.requirements:
            if requirement.framework != framework.slug:
                continue
            contribution = _contribution(judged, requirement)
            if requirement.id in known:
                found.setdefault(requirement.id, []).append(contribution)
            else:
                unknown.append(contribution)
    return FrameworkStanding(
        framework=framework,
        requirements=tuple(
            RequirementStanding(clause, tuple(found.get(clause.id, ())))
            for clause in framework.requirements
        ),
        unknown=tuple(unknown),
    )


def _contribution(judged: Judged, requirement: Requirement) -> Contribution:
    too_loose = not_strict_enough(requirement, judged.parameters)
    return Contribution(
        control=judged.control,
        requirement=requirement,
        result=for_requirement(judged.result, too_loose),
        too_loose=too_loose,
    )
