"""Exceptions, attestations, scope rules and parameters as a program sends and gets them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from watchkeeper.api.problems import unusable
from watchkeeper.controls import catalogue
from watchkeeper.model.control import Control
from watchkeeper.model.statement import KINDS, ExceptionRecord, Selector
from watchkeeper.queries.thresholds import Threshold
from watchkeeper.statements.asking import Asked
from watchkeeper.statements.telling import about
from watchkeeper.statements.versions import Decision

Short = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]
Words = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]

SORTS = {"exception": "exceptions", "attestation": "attestations", "scope_rule": "scope_rules"}
"""What an address calls a sort of statement, and the resource it is sealed as."""


class Who(Schema):
    """Many subjects at once: all that is named must hold; an empty part does not narrow."""

    model_config = ConfigDict(extra="forbid")
    sites: list[Short] = Field(default_factory=list, max_length=500, description="Ids.")
    groups: list[Short] = Field(default_factory=list, max_length=500, description="Ids.")
    tags: list[Short] = Field(
        default_factory=list, max_length=100, description="Each `key` or `key=value`."
    )
    machine_types: list[Short] = Field(default_factory=list, max_length=100)


class Terms(Schema):
    """When it holds, and where it was talked about."""

    model_config = ConfigDict(extra="forbid")
    ticket: Short = ""
    valid_from: AwareDatetime | None = Field(None, description="Null: once it is approved.")
    expires_at: AwareDatetime | None = Field(None, description="Null: as long as is usual.")


class NewException(Terms):
    """An exception to ask for: of one subject, or of those a selector names."""

    control: Short
    subject: Short = Field("", description="As items name it: `agent:123`.")
    selector: Who = Field(default_factory=Who)
    reason: Words
    risk: Words
    measure: Words = Field(description="What keeps the risk bearable.")


class NewAttestation(Terms):
    """An attestation to ask for."""

    kind: Literal[tuple(KINDS)]  # type: ignore[valid-type]
    subject: Short = Field("", description="What it is about; empty: all of it.")
    statement: Words
    data: dict[Short, Short] = Field(
        default_factory=dict, max_length=20, description="Values that the kind asks for."
    )


class NewScopeRule(Terms):
    """A scope rule to ask for, or with `replaces` its next version."""

    name: Short
    selector: Who
    controls: list[Short] = Field(
        default_factory=list, max_length=500, description="Ids; empty: all."
    )
    reason: Words
    replaces: Short = Field("", description="The id of the version before.")


class Remark(Schema):
    """Why; rejecting and revoking need one."""

    model_config = ConfigDict(extra="forbid")
    remark: Words = ""


class NewValue(Schema):
    """What a parameter is to be."""

    model_config = ConfigDict(extra="forbid")
    value: bool | int | float | Short | None = Field(
        description="Null: the default of the control's page again."
    )
    reason: Words
    anyway: bool = Field(
        default=False, description="Set it though the control then meets fewer requirements."
    )


class Version(Schema):
    """One sealed version of a statement."""

    state: str
    by: str
    sealed_at: datetime
    remark: str
    expires_at: datetime | None
    collection: str = Field(description="The id of the collection it was sealed as.")


class Told(Schema):
    """An exception, attestation or scope rule as it counts now."""

    id: str
    sort: Literal[tuple(SORTS)] = Field(  # type: ignore[valid-type]
        description="What it is."
    )
    standing: str = Field(
        description="`requested`, `in force`, `not yet valid`, `expired`, `rejected`, `revoked`."
    )
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    remark: str
    ticket: str
    valid_from: datetime | None
    expires_at: datetime | None
    about: dict[str, Any] = Field(description="What was asked for, as it was sent.")
    covers: int | None = Field(
        description="Of an exception: failing items of the newest assessment that it covers."
    )


class ToldWhole(Told):
    """With its whole history, the newest version first."""

    versions: list[Version]


class Guard(Schema):
    """A requirement that asks something of a parameter."""

    framework: str
    id: str
    asks: str = Field(description="As `<= 45`.")
    met: bool


class ParameterSet(Schema):
    """A parameter of a control, what it is set to, and by whom."""

    name: str
    value: Any
    default: Any
    unit: str
    why: str
    minimum: float | None
    maximum: float | None
    general: bool = Field(description="Every control has it.")
    set_by: str
    set_at: datetime | None
    reason: str
    requirements: list[Guard]


def control(identity: str) -> Control:
    """The control of that id; raises Declined."""
    found = catalogue().get(identity)
    if found is None:
        raise unusable({"body control": "There is no such control."})
    return found


def controls(identities: list[str]) -> list[str]:
    """These ids; raises Declined for one that is none."""
    unknown = [each for each in identities if each not in catalogue()]
    if unknown:
        raise unusable({f"body controls {each}": "There is no such control." for each in unknown})
    return identities


def selector(who: Who) -> Selector:
    """As the core has it."""
    return Selector.of_json(who.model_dump())


def terms(wanted: Terms, by: str) -> Asked:
    """As the core has them."""
    return Asked(by, wanted.ticket, wanted.valid_from, wanted.expires_at)


def told(decision: Decision, now: datetime, covered: Mapping[str, int]) -> dict[str, Any]:
    """A statement, as `Told` has it."""
    decided = decision.decided
    names = {resource: name for name, resource in SORTS.items()}
    plain = set(Told.model_fields) - {"sort", "standing", "about", "covers"}
    exception = isinstance(decision.statement, ExceptionRecord)
    return {name: getattr(decided, name) for name in plain} | {
        "sort": names[decision.sort.resource],
        "standing": decided.standing(now),
        "about": about(decision.statement),
        "covers": covered.get(decision.id, 0) if exception else None,
    }


def whole(decision: Decision, now: datetime, covered: Mapping[str, int]) -> dict[str, Any]:
    """A statement, as `ToldWhole` has it."""
    return told(decision, now, covered) | {
        "versions": [
            {
                "state": each.statement.decided.state.value,
                "by": each.by,
                "sealed_at": each.sealed_at,
                "remark": each.statement.decided.remark,
                "expires_at": each.statement.decided.expires_at,
                "collection": each.collection,
            }
            for each in reversed(decision.versions)
        ]
    }


def parameter(found: Threshold) -> dict[str, Any]:
    """A parameter, as `ParameterSet` has it."""
    declared, setting = found.parameter, found.setting
    broken = found.broken_now
    plain = ("name", "default", "unit", "why", "minimum", "maximum")
    return {name: getattr(declared, name) for name in plain} | {
        "value": found.value,
        "general": found.general,
        "set_by": setting.by if setting else "",
        "set_at": setting.at if setting else None,
        "reason": setting.reason if setting else "",
        "requirements": [
            {
                "framework": each.framework,
                "id": each.id,
                "asks": f"{each.guardrail.op} {each.guardrail.value:g}" if each.guardrail else "",
                "met": each not in broken,
            }
            for each in found.requirements
        ],
    }
