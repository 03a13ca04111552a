"""Statements as they are now: the newest version of each, from the locker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from watchkeeper.errors import UsageError
from watchkeeper.locker import stated
from watchkeeper.locker.locker import Locker
from watchkeeper.model.control import Scalar
from watchkeeper.model.statement import Attestation, Decided, ExceptionRecord, ScopeRule
from watchkeeper.model.statement_rows import (
    attestation_of,
    exception_of,
    scope_rule_of,
    settings_of,
)
from watchkeeper.resources import everything

Statement = ExceptionRecord | Attestation | ScopeRule
One = TypeVar("One", bound=Statement)


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of statement: its resource, how its ids begin, what people call one."""

    resource: str
    prefix: str
    word: str
    read: Callable[[Mapping[str, Any]], Statement]


EXCEPTIONS = Sort("exceptions", "EX", "exception", exception_of)
ATTESTATIONS = Sort("attestations", "AT", "attestation", attestation_of)
SCOPE_RULES = Sort("scope_rules", "SC", "scope rule", scope_rule_of)
SORTS = {each.resource: each for each in (EXCEPTIONS, ATTESTATIONS, SCOPE_RULES)}


def exceptions(locker: Locker, connection: str) -> list[ExceptionRecord]:
    """Every exception of a connection in its newest version, the newest asked for first."""
    return _newest_first([exception_of(row) for row in _rows(locker, connection, EXCEPTIONS)])


def attestations(locker: Locker, connection: str) -> list[Attestation]:
    """Every attestation of a connection in its newest version, the newest asked for first."""
    return _newest_first([attestation_of(row) for row in _rows(locker, connection, ATTESTATIONS)])


def scope_rules(locker: Locker, connection: str) -> list[ScopeRule]:
    """Every scope rule of a connection in its newest version, the newest asked for first."""
    return _newest_first([scope_rule_of(row) for row in _rows(locker, connection, SCOPE_RULES)])


def settings(locker: Locker, connection: str) -> dict[str, dict[str, Scalar]]:
    """By control: the parameters that the company set."""
    return settings_of(stated.newest(locker, connection, everything()["control_settings"]))


def one(locker: Locker, connection: str, identity: str) -> tuple[Sort, Statement]:
    """The statement of that id with its sort; raises UsageError when there is none."""
    prefix = identity.strip().upper().partition("-")[0]
    for sort in SORTS.values():
        if sort.prefix == prefix:
            for row in _rows(locker, connection, sort):
                if row["id"] == identity.strip().upper():
                    return sort, sort.read(row)
    raise UsageError(
        f"There is no statement {identity!r} for {connection}.",
        hint="Exceptions begin with EX-, attestations with AT-, scope rules with SC-.",
    )


def _rows(locker: Locker, connection: str, sort: Sort) -> list[dict[str, Any]]:
    return stated.newest(locker, connection, everything()[sort.resource])


def _newest_first(found: list[One]) -> list[One]:
    def moment(each: One) -> tuple[Any, str]:
        decided: Decided = each.decided
        return decided.requested_at, decided.id

    return sorted(found, key=moment, reverse=True)
