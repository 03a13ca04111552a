"""One policy: its settings beside those of the scope above, who overrides it, what changed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.queries.policy_changes import Explained, explained, parts
from watchkeeper.queries.policy_tree import Node, node, policy_id
from watchkeeper.queries.record import RecordView, newest_values, record
from watchkeeper.queries.registers import POLICIES, USERS

MOST_OVERRIDING = 50
_ABOVE = {"group": ("site", "account", "tenant"), "site": ("account", "tenant"),
          "account": ("tenant",), "tenant": ()}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is in effect, and as it is in the scope above."""

    name: str
    value: Any
    above: Any
    differs: bool


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy: where it comes from, its settings, who below has another, its history.

    `writer` is the scope whose own policy this is, None where that is not known here; `above` is
    the nearest scope above with a policy that could be read. `overriding` are scopes below with
    a policy of their own, `overriding_total` of them; `below` are all there are, of which
    `following` have this policy because it is this scope's own. `people` are names of users of the
    console, by id, who did what the history tells.
    """

    view: RecordView
    writer: Mapping[str, Any] | None
    above: Mapping[str, Any] | None
    settings: tuple[Setting, ...]
    overriding: tuple[Node, ...]
    overriding_total: int
    following: int
    below: int
    history: tuple[Explained, ...]
    people: Mapping[str, str]

    @property
    def own(self) -> bool:
        """Whether the policy is the scope's own."""
        return bool(self.view.values["source"] == self.view.values["scope"])


def policy(locker: Locker, connection: int, identity: str) -> PolicyView | None:
    """The policy of that id; None when no collection looked at has it."""
    view = record(POLICIES, locker, connection, identity)
    if view is None:
        return None
    values = view.values
    chain = _chain(values)
    near = newest_values(POLICIES, locker, connection, [*chain, _writer(values)])
    above = next((near[each] for each in chain if each in near), None)
    overriding, total, following, below = _below(locker, connection, values)
    history = explained(locker, connection, view.changes, values)
    return PolicyView(
        view=view,
        writer=near.get(_writer(values)),
        above=above,
        settings=settings(values, above),
        overriding=overriding,
        overriding_total=total,
        following=following,
        below=below,
        history=history,
        people=_people(locker, connection, history),
    )


def settings(values: Mapping[str, Any], above: Mapping[str, Any] | None) -> tuple[Setting, ...]:
    """Every setting of a policy, in the order they are declared; those in JSON one by one.

    One that the console does not send differs from nothing.
    """
    here, there = parts(values), parts(above or {})
    return tuple(
        Setting(
            name,
            value,
            there.get(name),
            differs=above is not None and value is not None and value != there.get(name),
        )
        for name, value in here.items()
    )


def _chain(values: Mapping[str, Any]) -> list[str]:
    """The ids of the policies above, the nearest first."""
    ids = {"site": values.get("site_id"), "account": values.get("account_id")}
    found = []
    for scope in _ABOVE.get(values["scope"], ()):
        if scope == "tenant":
            found.append("tenant")
        elif ids[scope]:
            found.append(f"{scope}:{ids[scope]}")
    return found


def _writer(values: Mapping[str, Any]) -> str:
    """The id of the policy that is in effect here, as its own scope has it."""
    return policy_id(values.get("source") or "", values.get("source_id"))


def _people(locker: Locker, connection: int, history: tuple[Explained, ...]) -> dict[str, str]:
    """Names of the users, by id, as far as users were collected."""
    ids = {each["user_id"] for change in history for each in change.activities if each["user_id"]}
    found = newest_values(USERS, locker, connection, ids)
    return {key: row["full_name"] or row["email"] or key for key, row in found.items()}


def _below(
    locker: Locker, connection: int, values: Mapping[str, Any]
) -> tuple[tuple[Node, ...], int, int, int]:
    """Scopes below with a policy of their own: some, how many; how many follow this one; all."""
    column = {"site": "site_id", "account": "account_id"}.get(values["scope"])
    if values["scope"] not in {"site", "account", "tenant"}:
        return (), 0, 0, 0
    (collection,) = POLICIES.collections(locker, connection)
    table = POLICIES.table(locker, (collection,))
    within = f"{column} = $scope AND" if column else ""
    parameters: dict[str, Any] = {"id": values["id"]}
    if column:
        parameters["scope"] = values["scope_id"]
    below = f"FROM {table.rows} WHERE {within} id <> $id AND scope <> 'tenant'"
    followed = {"source": values["scope"], "source_id": values.get("scope_id") or ""}
    with table.asked() as ask:
        rows = ask(
            f"SELECT *, count(*) OVER () AS total {below} AND source = scope "
            f"ORDER BY scope = 'group', lower(scope_name), id LIMIT {MOST_OVERRIDING}",
            parameters,
        )
        (counted,) = ask(
            "SELECT count(*) AS n, count(*) FILTER (source = $source "
            f"AND coalesce(source_id, '') = $source_id) AS following {below}",
            parameters | followed,
        )
    total = int(rows[0]["total"]) if rows else 0
    return tuple(map(node, rows)), total, int(counted["following"]), int(counted["n"])
