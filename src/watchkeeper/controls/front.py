"""The front matter of a control's page: who it is, what it reads, what a tenant may change."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from watchkeeper.controls import requirements
from watchkeeper.controls.faults import Noted, PageFault, PageFaults
from watchkeeper.controls.parameters import EVERY, out_of_bounds
from watchkeeper.controls.requirements import Known
from watchkeeper.model.control import Cadence, Parameter, Requirement, Severity
from watchkeeper.model.resource import Nature, Resource

_NEEDED = ("id", "version", "title", "severity", "cadence", "reads", "requirements")
_ALLOWED = (*_NEEDED, "optional", "earlier", "lookback_days", "baseline", "parameters")
_PARAMETER_KEYS = {"default", "min", "max", "unit", "why"}
_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = {"now", *EVERY}
_DEFAULT_LOOKBACK = 8
_MOST_LOOKBACK = 400

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Front:
    """The front matter, checked. The names are those of `model.control.Control`."""

    id: str
    version: str
    title: str
    severity: Severity
    cadence: Cadence
    reads: Mapping[str, tuple[str, ...]]
    optional: frozenset[str]
    earlier: Mapping[str, tuple[str, ...]]
    lookback_days: int
    baseline: bool
    parameters: tuple[Parameter, ...]
    requirements: tuple[Requirement, ...]


def read(
    values: Mapping[str, Any], resources: Mapping[str, Resource], known: Known | None
) -> Front:
    """The front matter as typed values; PageFaults names all that is wrong."""
    noted = Noted()
    noted.ask(None, _check_keys, values)
    noted.end()
    reads = noted.ask({}, _reads, values["reads"], resources)
    earlier = noted.ask({}, _earlier, values.get("earlier", {}), reads, resources) if reads else {}
    parameters = noted.ask((), _parameters, values.get("parameters", {}))
    optional = noted.ask(frozenset(), _optional, values.get("optional", []), reads or None)
    needed = noted.ask((), requirements.read, values["requirements"], parameters, known)
    found = Front(
        id=noted.ask("", _matching, values, "id", _ID, "capitals and a number such as HLT-01"),
        version=noted.ask(
            "", _matching, values, "version", _VERSION, "three numbers such as 1.0.0"
        ),
        title=noted.ask("", _text, values, "title"),
        severity=noted.ask(Severity.LOW, _word, values, "severity", Severity),
        cadence=noted.ask(Cadence.DAILY, _word, values, "cadence", Cadence),
        reads=reads,
        optional=optional,
        earlier=earlier,
        lookback_days=noted.ask(0, _lookback, values),
        baseline=noted.ask(False, _baseline, values),  # noqa: FBT003 - the value that is read
        parameters=parameters,
        requirements=needed,
    )
    noted.end()
    return found


def _check_keys(values: Mapping[str, Any]) -> None:
    noted = [
        f"the front matter has an unknown key {key!r}" for key in values if key not in _ALLOWED
    ]
    noted += [f"the front matter has no {key!r}" for key in _NEEDED if key not in values]
    if noted:
        raise PageFaults(noted)


def _reads(value: Any, resources: Mapping[str, Resource]) -> dict[str, tuple[str, ...]]:
    reads = _tables("reads", value, resources)
    if not reads:
        raise PageFault("'reads' names no resource")
    return reads


def _baseline(values: Mapping[str, Any]) -> bool:
    baseline = _flag(values, "baseline")
    if baseline and not values.get("earlier"):
        raise PageFault("'baseline' is true and 'earlier' names no resource")
    return baseline


def _earlier(
    value: Any, reads: Mapping[str, tuple[str, ...]], resources: Mapping[str, Resource]
) -> dict[str, tuple[str, ...]]:
    """`earlier` looks back at states that the control reads."""
    earlier = _tables("earlier", value, resources)
    for name in earlier:
        if resources[name].nature is not Nature.STATE:
            raise PageFault(f"'earlier' names {name!r}, which has no states to look back at")
        if name not in reads:
            raise PageFault(f"'earlier' names {name!r}, which 'reads' does not")
    return earlier


def _tables(key: str, value: Any, resources: Mapping[str, Resource]) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise PageFault(f"{key!r} is not `resource: [columns]`")
    noted = Noted()
    found = {
        name: noted.ask((), _columns, key, name, columns, resources)
        for name, columns in value.items()
    }
    noted.end()
    return found


def _columns(
    key: str, name: Any, columns: Any, resources: Mapping[str, Resource]
) -> tuple[str, ...]:
    if name not in resources:
        raise PageFault(f"{key!r} names {name!r}, which is no resource")
    if not _texts(columns) or not columns:
        raise PageFault(f"{key!r} gives no list of columns for {name!r}")
    known = {column.name for column in resources[name].columns}
    unknown = [column for column in columns if column not in known]
    if unknown:
        raise PageFaults(
            [f"{key!r} names {name}.{each}, a column {name} does not have" for each in unknown]
        )
    if len(set(columns)) != len(columns):
        raise PageFault(f"{key!r} names a column of {name!r} twice")
    return tuple(columns)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _optional(value: Any, reads: Mapping[str, tuple[str, ...]] | None) -> frozenset[str]:
    """The optional ones; without `reads`, which has a fault of its own, they are not looked up."""
    if not _texts(value):
        raise PageFault("'optional' is not a list of resources")
    if reads is None:
        return frozenset(value)
    for name in value:
        if name not in reads:
            raise PageFault(f"'optional' names {name!r}, which 'reads' does not")
    if len(set(value)) == len(reads):
        raise PageFault("'optional' names everything that is read; one resource must be needed")
    return frozenset(value)


def _lookback(values: Mapping[str, Any]) -> int:
    days = values.get("lookback_days", _DEFAULT_LOOKBACK)
    if not isinstance(days, int) or isinstance(days, bool):
        raise PageFault(f"'lookback_days' is {days!r}, not a whole number")
    if not 1 <= days <= _MOST_LOOKBACK:
        raise PageFault(f"'lookback_days' is {days}; it must be 1 to {_MOST_LOOKBACK}")
    return days


def _flag(values: Mapping[str, Any], key: str) -> bool:
    value = values.get(key, False)
    if not isinstance(value, bool):
        raise PageFault(f"{key!r} is {value!r}, not true or false")
    return value


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values[key]
    if not isinstance(value, str) or not value.strip():
        raise PageFault(f"{key!r} is {value!r}, not a text")
    if any(unicodedata.category(each) in {"Cc", "Cf"} for each in value.strip()):
        raise PageFault(f"{key!r} is {value!r}, which holds what cannot be seen")
    return value.strip()


def _matching(values: Mapping[str, Any], key: str, form: re.Pattern[str], like: str) -> str:
    value = values[key]
    if not isinstance(value, str) or not form.fullmatch(value):
        raise PageFault(f"{key!r} is {value!r}, not {like}")
    return value


def _word(values: Mapping[str, Any], key: str, words: type[Word]) -> Word:
    try:
        return words(values[key])
    except ValueError as error:
        known = ", ".join(words)
        raise PageFault(f"{key!r} is {values[key]!r}, not one of {known}") from error


def _parameters(value: Any) -> tuple[Parameter, ...]:
    if not isinstance(value, dict):
        raise PageFault("'parameters' is not `name: {default, min, max, unit, why}`")
    noted = Noted()
    found = [noted.ask(None, _parameter, name, each) for name, each in value.items()]
    noted.end()
    return tuple(each for each in found if each is not None)


def _parameter(name: Any, value: Any) -> Parameter:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _TAKEN:
        raise PageFault(f"the parameter name {name!r} is not lower case words such as laptop_days")
    if not isinstance(value, dict):
        raise PageFault(f"the parameter {name!r} is not {{default, min, max, unit, why}}")
    for key in value:
        if key not in _PARAMETER_KEYS:
            raise PageFault(f"the parameter {name!r} has an unknown key {key!r}")
    default, why = value.get("default"), value.get("why")
    if not isinstance(default, int | float | str | bool):
        raise PageFault(f"the parameter {name!r} has no default")
    if not isinstance(why, str) or not why.strip():
        raise PageFault(f"the parameter {name!r} does not say why its default is what it is")
    low, high = (_bound(name, key, value.get(key)) for key in ("min", "max"))
    if not isinstance(default, str | bool) and (low is None or high is None):
        raise PageFault(f"the parameter {name!r} is a number and lacks its bounds, min and max")
    parameter = Parameter(name, default, why.strip(), str(value.get("unit", "")), low, high)
    fault = out_of_bounds(parameter, default)
    if fault:
        raise PageFault(f"the default of {fault}")
    return parameter


def _bound(name: str, key: str, value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise PageFault(f"the parameter {name!r} has {key} {value!r}, which is not a number")
