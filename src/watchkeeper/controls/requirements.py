"""What a control contributes evidence to: `framework: [clauses]` in the front matter."""

import re
from collections.abc import Mapping
from typing import Any

from watchkeeper.controls.faults import Noted, PageFault
from watchkeeper.model.control import Guardrail, Parameter, Relation, Requirement, Scalar
from watchkeeper.model.guardrail import OPERATORS

Known = Mapping[str, frozenset[str]]
"""The identifiers that a page may refer to, by framework."""

_KEYS = ("id", "guardrail", "relation", "source")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_GUARDRAIL = re.compile(r"([a-z][a-z0-9_]*)\s*(<=|>=|<|>|==)\s*(\d+(?:\.\d+)?)")


def read(
    value: Any, parameters: tuple[Parameter, ...], known: Known | None
) -> tuple[Requirement, ...]:
    """The requirements; PageFaults names all that is wrong. Without `known` none is looked up."""
    if not isinstance(value, dict):
        raise PageFault("'requirements' is not `framework: [clauses]`")
    defaults = {parameter.name: parameter.default for parameter in parameters}
    noted = Noted()
    found: list[Requirement] = []
    for framework, clauses in value.items():
        found += noted.ask([], _of_framework, framework, clauses, defaults)
    named = [(each.framework, each.id) for each in found]
    for each in dict.fromkeys(named):
        noted.ask(None, _check, each, named.count(each), known)
    noted.end()
    return tuple(found)


def _of_framework(
    framework: Any, clauses: Any, defaults: Mapping[str, Scalar]
) -> list[Requirement]:
    if not isinstance(framework, str) or not _SLUG.fullmatch(framework):
        raise PageFault(f"the framework {framework!r} is not named like nist-800-53-r5")
    if not isinstance(clauses, list) or not clauses:
        raise PageFault(f"the framework {framework!r} has no list of clauses")
    noted = Noted()
    found = [noted.ask(None, _requirement, framework, clause, defaults) for clause in clauses]
    noted.end()
    return [each for each in found if each is not None]


def _check(named: tuple[str, str], count: int, known: Known | None) -> None:
    if count > 1:
        raise PageFault(f"it names {named[0]} {named[1]} twice")
    if known is not None:
        _look_up(*named, known)


def _look_up(framework: str, clause: str, known: Known) -> None:
    if framework not in known:
        raise PageFault(f"there is no framework {framework!r}; there are {', '.join(known)}")
    if clause not in known[framework]:
        raise PageFault(f"{framework} has no requirement {clause!r}")


def _requirement(framework: str, clause: Any, defaults: Mapping[str, Scalar]) -> Requirement:
    if isinstance(clause, str) and clause:
        return Requirement(framework, clause)
    if not isinstance(clause, dict):
        raise PageFault(f"{framework} has the clause {clause!r}; write it in quotes")
    for key in clause:
        if key not in _KEYS:
            raise PageFault(f"{framework} has a clause with an unknown key {key!r}")
    identity = clause.get("id")
    if not isinstance(identity, str) or not identity:
        raise PageFault(f"{framework} has a clause whose id is no text: {clause!r}")
    where = f"{framework} {identity}"
    relation, source = _relation(where, clause)
    guardrail = _guardrail(where, clause["guardrail"], defaults) if "guardrail" in clause else None
    return Requirement(framework, identity, guardrail, relation, source)


def _relation(where: str, clause: Mapping[str, Any]) -> tuple[Relation, str]:
    """The relation and who states it; only evidence may be contributed on our own word."""
    word = clause.get("relation", Relation.CONTRIBUTES)
    source = clause.get("source", "")
    try:
        relation = Relation(word)
    except ValueError as error:
        raise PageFault(
            f"{where} has the relation {word!r}, not one of {', '.join(Relation)}"
        ) from error
    if not isinstance(source, str):
        raise PageFault(f"{where} has the source {source!r}, which is not a text")
    source = source.strip()
    if relation is not Relation.CONTRIBUTES and not source:
        raise PageFault(f"{where} has the relation {word!r} and names no source for it")
    if relation is Relation.CONTRIBUTES and source:
        raise PageFault(f"{where} names a source and no relation that it states")
    return relation, source


def _guardrail(where: str, value: Any, defaults: Mapping[str, Scalar]) -> Guardrail:
    match = _GUARDRAIL.fullmatch(str(value))
    if match is None or match.group(2) not in OPERATORS:
        raise PageFault(f"{where} has the guardrail {value!r}, not one such as `laptop_days <= 14`")
    name, op, number = match.groups()
    if not isinstance(defaults.get(name), int | float):
        raise PageFault(f"{where} guards {name!r}, which is no number parameter")
    return Guardrail(name, op, float(number))
