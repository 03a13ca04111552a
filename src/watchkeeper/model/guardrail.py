"""When the parameters of a control are too loose for a requirement it contributes evidence to."""

import operator
from collections.abc import Mapping

from watchkeeper.model.assessment import Result
from watchkeeper.model.control import Requirement, Scalar

OPERATORS = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
}
_PASSING = {Result.PASS, Result.PASS_WITH_EXCEPTIONS}


def not_strict_enough(requirement: Requirement, parameters: Mapping[str, Scalar]) -> str:
    """Why the parameters are too loose for a requirement; empty when they are not.

    The control keeps its own result; this mapping alone shows the failure (reference C.1).
    """
    guardrail = requirement.guardrail
    if guardrail is None:
        return ""
    value = parameters[guardrail.parameter]
    if isinstance(value, str) or OPERATORS[guardrail.op](value, guardrail.value):
        return ""
    return (
        f"configuration not strict enough: {guardrail.parameter} is {value}, "
        f"{requirement.framework} {requirement.id} asks for {guardrail.op} {guardrail.value:g}"
    )


def for_requirement(result: Result | None, too_loose: str) -> Result | None:
    """What a control's result says for one requirement; None while it was never judged.

    A pass under a guardrail that is broken is a FAIL. What did not pass stays what it is: a
    failure is none the less, and what could not be judged or had nothing to judge is no failure.
    """
    return Result.FAIL if too_loose and result in _PASSING else result
