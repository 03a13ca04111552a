"""The list of every resource: as declared, else made from the resource's own declaration."""

from collections.abc import Mapping
from functools import cache

from watchkeeper.model.resource import ColumnType, Resource, Walk
from watchkeeper.queries import registers
from watchkeeper.queries.devices import DEVICES
from watchkeeper.queries.register import Register
from watchkeeper.queries.threats import THREATS
from watchkeeper.resources import everything

_DECLARED = (DEVICES, THREATS, registers.TIMELINES, *registers.ALL)
_COMPARED = frozenset({ColumnType.TEXT, ColumnType.INTEGER, ColumnType.BOOLEAN})
_RESERVED = frozenset({"page", "size", "q", "sort", "collection"})  # what every list is asked


@cache
def every() -> Mapping[str, Register]:
    """By resource, in the order they are collected, then the stated: its list."""
    declared = {register.resource: register for register in _DECLARED}
    return {
        name: declared.get(name) or _made(resource)
        for name, resource in everything().items()
        if resource.walk is not Walk.OWN  # made when a control is judged; no list to look into
    }


def _made(resource: Resource) -> Register:
    """All columns but those that hold JSON; searched by text, filtered by equality."""
    shown = tuple(each.name for each in resource.columns if each.type is not ColumnType.JSON)
    names = [each.name for each in resource.columns]
    key = resource.key if resource.key in names else names[0]
    return Register(
        resource=resource.name,
        shown=shown,
        searched=tuple(each.name for each in resource.columns if each.type is ColumnType.TEXT),
        filters={
            each.name: f"CAST({each.name} AS VARCHAR)"
            for each in resource.columns
            if each.type in _COMPARED and each.name not in _RESERVED
        },
        closed={
            each.name: ("true", "false")
            for each in resource.columns
            if each.type is ColumnType.BOOLEAN
        },
        offered=(),
        sorts={"id": key},
        default_sort="id",
        order=key,
    )
