"""The parameters a control is judged with: its defaults, a tenant's changes, their bounds."""

from collections.abc import Mapping

from watchkeeper.errors import UsageError
from watchkeeper.model.control import Control, Parameter, Scalar

TOLERANCE = Parameter(
    name="tolerance",
    default=0,
    minimum=0,
    maximum=1_000_000_000,
    unit="items",
    why="How many may fail before the result says FAIL; each stays a finding.",
)
UNKNOWN_PERCENT = Parameter(
    name="unknown_percent",
    default=0.0,
    minimum=0,
    maximum=1,
    unit="percent",
    why="How many may be unknown before the result says ERROR; the reference allows one percent.",
)
FIX_DAYS = Parameter(
    name="due_days",
    default=14,
    minimum=1,
    maximum=365,
    unit="days",
    why="How long a finding may stay open; by its severity where nobody says so.",
)
FIX_WORKING_DAYS = Parameter(
    name="due_working_days",
    default=False,
    why="Whether due days are working days, Monday to Friday.",
)
EVERY = {each.name: each for each in (TOLERANCE, UNKNOWN_PERCENT, FIX_DAYS, FIX_WORKING_DAYS)}
"""What may be set for every control, whatever its page declares."""


def effective(control: Control, given: Mapping[str, Scalar] | None) -> dict[str, Scalar]:
    """The defaults of the page with what the tenant set; UsageError when that cannot be.

    What may be set for every control is among them only where it was.
    """
    chosen = control.defaults
    declared = {parameter.name: parameter for parameter in control.parameters} | EVERY
    for name, value in (given or {}).items():
        if name not in declared:
            known = ", ".join(declared) or "none"
            raise UsageError(f"{control.id} has no parameter {name!r}; it has: {known}.")
        fault = out_of_bounds(declared[name], value)
        if fault:
            raise UsageError(f"{control.id}: {fault}.")
        chosen[name] = value
    return chosen


def out_of_bounds(parameter: Parameter, value: Scalar) -> str:
    """What is wrong with a value of a parameter; empty when it may be used."""
    kind = type(parameter.default)
    fits = type(value) is kind or (kind is float and type(value) is int)
    if not fits:
        return (
            f"{parameter.name} is {value!r}, it must be {_KINDS[kind]} like {parameter.default!r}"
        )
    if isinstance(value, str | bool):
        return ""
    if parameter.minimum is not None and value < parameter.minimum:
        return f"{parameter.name} is {value}, the least is {parameter.minimum:g}"
    if parameter.maximum is not None and value > parameter.maximum:
        return f"{parameter.name} is {value}, the most is {parameter.maximum:g}"
    return ""


_KINDS: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
}
