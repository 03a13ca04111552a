"""Detect where Protect is due: which policy, whom it reaches, who changed it last."""

from collections.abc import Iterator
from typing import Any

from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight, named

_COLUMNS = (
    "scope", "scope_id", "scope_name", "site_name", "source", "source_id",
    "mitigation_mode", "mitigation_mode_suspicious", "updated_at", "updated_by",
)  # fmt: skip
# Activities that say that a mode was changed (reference section 5: policy).
_CHANGES = frozenset({69, 116, 5011, 5024, 5044})
_MOST = 10


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """One diagnosis for each policy that does not protect, with the groups it reaches."""
    policies = facts.rows("policies", _COLUMNS)
    own = [each for each in policies if _weak(each) and each["source"] == each["scope"]]
    collection = facts.complete("policies")
    where = collection.id if collection else ""
    for policy in own[:_MOST]:
        yield _one(facts, policy, _heirs(policy, policies), where)
    if len(own) > _MOST:
        rest = [str(each["scope_name"] or each["scope_id"]) for each in own[_MOST:]]
        yield Diagnosis(
            Weight.WRONG,
            f"{len(rest)} more policies do not protect",
            (f"{named(rest)}.",),
            "The control POL-01 lists every group and device they reach.",
            None,
            where,
        )


def _weak(policy: dict[str, Any]) -> bool:
    return policy["mitigation_mode"] is not None and policy["mitigation_mode"] != "protect"


def _heirs(policy: dict[str, Any], policies: list[dict[str, Any]]) -> list[str]:
    return [
        f"{each['site_name']} / {each['scope_name']}"
        for each in policies
        if each["scope"] == "group"
        and each["source"] == policy["scope"]
        and each["source_id"] == policy["scope_id"]
        and each is not policy
    ]


def _one(facts: Facts, policy: dict[str, Any], heirs: list[str], where: str) -> Diagnosis:
    name = policy["scope_name"] or policy["scope_id"] or "the whole console"
    if policy["scope"] == "group" and policy["site_name"]:
        name = f"{policy['site_name']} / {name}"
    told = [
        (
            f"Malicious threats: {policy['mitigation_mode']}; suspicious ones: "
            f"{policy['mitigation_mode_suspicious'] or 'unknown'}. The {policy['scope']} has this "
            "policy of its own."
        )
    ]
    if heirs:
        told.append(f"{len(heirs):,} groups inherit it: {named(heirs)}.")
    if policy["updated_at"] is not None:
        by = f" by {policy['updated_by']}" if policy["updated_by"] else ""
        told.append(
            f"The policy was last changed on {policy['updated_at']:%Y-%m-%d %H:%M} UTC{by}."
        )
    told += _activity(facts, policy)
    return Diagnosis(
        Weight.WRONG,
        f"{name} runs in {str(policy['mitigation_mode']).capitalize()}",
        tuple(told),
        f"In the console open that {policy['scope']}, then Sentinels > Policy, and set Protection "
        "mode for malicious threats to Protect; or let it inherit from a scope that protects.",
        None,
        where,
    )


def _activity(facts: Facts, policy: dict[str, Any]) -> list[str]:
    """What the activities of the newest collection say of a change of this scope's policy."""
    columns = ["activity_type", "created_at", "primary_description", f"{policy['scope']}_id"]
    if policy["scope"] not in {"group", "site", "account"}:
        return []
    found = [
        each
        for each in facts.rows("activities", columns)
        if each["activity_type"] in _CHANGES and each[f"{policy['scope']}_id"] == policy["scope_id"]
    ]
    newest = max(found, key=lambda each: each["created_at"], default=None)
    if newest is None:
        return []
    return [
        f"Activity of {newest['created_at']:%Y-%m-%d %H:%M} UTC: {newest['primary_description']}"
    ]
