"""Statements with their whole history: each sealed version, by whom, when, in which collection."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchkeeper.locker import layout, stated
from watchkeeper.locker.locker import Locker
from watchkeeper.model.statement import Decided, ScopeRule, State
from watchkeeper.resources import everything
from watchkeeper.statements.reading import SORTS, Sort, Statement

SETTINGS = "control_settings"
RESOURCES = (*SORTS, SETTINGS)
"""What statements are sealed as."""

_MOST_KEPT = 20_000
_rows: dict[tuple[str, str], tuple[Mapping[str, Any], ...]] = {}  # what is sealed stays so


@dataclass(frozen=True, slots=True)
class Version:
    """One sealed version of a statement. `sealed_at` is UTC, `path` its collection's folder."""

    statement: Statement
    sealed_at: datetime
    path: str

    @property
    def by(self) -> str:
        """Who recorded this version: whoever asked for it, then whoever decided."""
        decided = self.statement.decided
        asked = decided.state is State.REQUESTED
        return decided.requested_by if asked else decided.decided_by

    @property
    def collection(self) -> str:
        """The collection's id."""
        return self.path.rsplit("/id=", 1)[-1]


@dataclass(frozen=True, slots=True)
class Decision:
    """A statement in all its versions, the oldest first; there is at least one."""

    sort: Sort
    versions: tuple[Version, ...]

    @property
    def statement(self) -> Statement:
        """As it counts now."""
        return self.versions[-1].statement

    @property
    def decided(self) -> Decided:
        """Who asked for it, who decided, from when to when."""
        return self.statement.decided

    @property
    def id(self) -> str:
        """EX-, AT- or SC- and ten digits."""
        return self.decided.id


@dataclass(frozen=True, slots=True)
class Setting:
    """One change of a parameter: `value` is JSON, empty for the page's default again."""

    control: str
    parameter: str
    value: str
    reason: str
    by: str
    at: datetime
    path: str

    @property
    def collection(self) -> str:
        """The collection's id."""
        return self.path.rsplit("/id=", 1)[-1]


def of_locker(locker: Locker, connection: str) -> dict[str, Decision]:
    """By id: every statement of a connection, as the locker itself lists them."""
    return gather(
        locker, ((name, path) for name in SORTS for path in _folders(locker, connection, name))
    )


def settings_of_locker(locker: Locker, connection: str) -> list[Setting]:
    """Every change of a parameter, the oldest first, as the locker itself lists them."""
    return settings(locker, _folders(locker, connection, SETTINGS))


def gather(locker: Locker, found: Iterable[tuple[str, str]]) -> dict[str, Decision]:
    """By id: the statements in these (resource, folder), which are in the order of their seals."""
    versions: dict[str, list[Version]] = {}
    sorts: dict[str, Sort] = {}
    for name, path in found:
        for row in rows(locker, name, path):
            version = Version(SORTS[name].read(row), row["recorded_at"], path)
            versions.setdefault(row["id"], []).append(version)
            sorts[row["id"]] = SORTS[name]
    return {name: Decision(sorts[name], tuple(each)) for name, each in versions.items()}


def settings(locker: Locker, folders: Iterable[str]) -> list[Setting]:
    """The changes of parameters in these folders, in their order."""
    return [
        Setting(
            control=row["control"],
            parameter=row["parameter"],
            value=row["value"] if row["value"] not in {None, "null"} else "",
            reason=row["reason"] or "",
            by=row["changed_by"] or "",
            at=row["recorded_at"],
            path=path,
        )
        for path in folders
        for row in rows(locker, SETTINGS, path)
    ]


def known(locker: Locker, path: str) -> bool:
    """Whether the rows of that folder were read before by this process."""
    return (locker.store.where, path) in _rows


def rows(locker: Locker, resource: str, path: str) -> tuple[Mapping[str, Any], ...]:
    """The rows of one sealed statement; raises LockerError when they cannot be read."""
    key = (locker.store.where, path)
    if key not in _rows:
        names = [column.name for column in everything()[resource].columns]
        found = locker.whole_table(path, layout.TABLE).to_pylist()
        if len(_rows) >= _MOST_KEPT:
            _rows.clear()
        _rows[key] = tuple(dict.fromkeys(names) | row for row in found)
    return _rows[key]


def successor(decisions: Mapping[str, Decision], rule: ScopeRule) -> Decision | None:
    """The next version of a scope rule, None where nobody asked for one."""
    for each in decisions.values():
        if isinstance(each.statement, ScopeRule) and each.statement.replaces == rule.decided.id:
            return each
    return None


def _folders(locker: Locker, connection: str, resource: str) -> list[str]:
    return [each.path for each in stated.readable(locker.collections(connection, resource))]
