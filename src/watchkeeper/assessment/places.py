"""Where subjects are: the site, group, tags and machine type that rules and selectors name.

Made from the newest complete collections; a subject that none of them places is in no site and in
no group, so no rule takes it out of scope.
"""

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from watchkeeper.locker import stream
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.resource import Nature
from watchkeeper.model.statement import Selector
from watchkeeper.resources import everything

SCHEMA = pa.schema(
    [
        ("subject", pa.string()),
        ("site_id", pa.string()),
        ("group_id", pa.string()),
        ("machine_type", pa.string()),
        ("tags", pa.list_(pa.string())),
    ]
)

# The console's tags: {"sentinelone": [{"key": "owner", "value": "finance", …}], …}.
_TAGS = """list_distinct(flatten(list_transform(
    from_json(json_extract(tags, '$.*[*]'), '[{"key":"VARCHAR","value":"VARCHAR"}]'),
    lambda tag: [tag.key, tag.key || '=' || tag.value])))"""

_AGENTS = f"""SELECT id, site_id, group_id, machine_type,
    CASE WHEN json_valid(tags) THEN {_TAGS} END AS tags FROM agents"""  # noqa: S608 - our own text

_RELATIONS = {
    "agents": (
        ("id", "site_id", "group_id", "machine_type", "tags"),
        f"SELECT 'agent:' || id, * EXCLUDE (id) FROM ({_AGENTS})",  # noqa: S608 - our own text
    ),
    "threats": (
        ("id", "site_id", "group_id", "agent_id"),
        f"""SELECT 'threat:' || threats.id, threats.site_id, threats.group_id, machine_type, tags
        FROM threats LEFT JOIN ({_AGENTS}) AS agents ON agents.id = threats.agent_id""",  # noqa: S608
    ),
    "groups": (("id", "site_id"), "SELECT 'group:' || id, site_id, id, NULL, NULL FROM groups"),
    "sites": (("id",), "SELECT 'site:' || id, id, NULL, NULL, NULL FROM sites"),
    "rogues": (("id", "site_id"), "SELECT 'rogue:' || id, site_id, NULL, NULL, NULL FROM rogues"),
    "alerts": (("id", "site_id"), "SELECT 'alert:' || id, site_id, NULL, NULL, NULL FROM alerts"),
}

RESOURCES = tuple(_RELATIONS)
"""Whose collections place subjects."""


def table(locker: Locker, collections: Sequence[Collection]) -> pa.Table:
    """Every subject that has a place, once, with SCHEMA."""
    with duckdb.connect(":memory:") as engine:
        for name, (columns, _) in _RELATIONS.items():
            resource = everything()[name]
            found = [
                each
                for each in collections
                if each.resource == name and each.complete and not each.subject
            ]
            used = found[-1:] if resource.nature is Nature.STATE else found
            engine.register(name, stream.newest(locker, resource, columns, used))
        parts = [
            engine.sql(sql).to_arrow_table().rename_columns(SCHEMA.names).cast(SCHEMA)
            for _, sql in _RELATIONS.values()
        ]
    return pa.concat_tables(parts)


def matching(places: pa.Table, selector: Selector) -> pa.Array:
    """The subjects that the selector names; an empty selector names none."""
    if not selector:
        return pa.array([], pa.string())
    conditions: list[str] = []
    given: dict[str, Any] = {}
    parts: tuple[tuple[str, tuple[str, ...], Callable[[str], str]], ...] = (
        ("sites", selector.sites, lambda name: f"list_contains({name}, site_id)"),
        ("groups", selector.groups, lambda name: f"list_contains({name}, group_id)"),
        ("tags", selector.tags, lambda name: f"list_has_any(tags, {name})"),
        ("types", selector.machine_types, lambda name: f"list_contains({name}, machine_type)"),
    )
    for name, values, condition in parts:
        if values:
            given[name] = list(values)
            conditions.append(condition(f"${name}::VARCHAR[]"))
    with duckdb.connect(":memory:") as engine:
        engine.register("places", places)
        where = " AND ".join(conditions)
        found = engine.sql(f"SELECT subject FROM places WHERE {where}", params=given)  # noqa: S608
        return found.to_arrow_table()["subject"].combine_chunks()


def first_of_each(subjects: pa.Table) -> pa.Table:
    """One row for each subject, the first."""
    if not subjects.num_rows:
        return subjects
    with duckdb.connect(":memory:") as engine:
        engine.register("subjects", subjects)
        return engine.sql(
            "SELECT subject, first(words) AS words FROM subjects GROUP BY subject"
        ).to_arrow_table()
