"""EXC: exclusions are few, owned and reviewed."""

import re
from typing import Final

from watchkeeper.simulator.exclusions import TENANT
from watchkeeper.simulator.truth.view import DAY, FAIL, PASS, UNKNOWN, Items, View
from watchkeeper.simulator.world import Row

_ROOTS: Final = {"/", "/*", "*", "\\"}
_DRIVE: Final = re.compile(r"[A-Za-z]:\\\*?")
_WRITABLE: Final = (
    "\\users\\",
    "\\temp\\",
    "\\tmp\\",
    "\\programdata\\",
    "\\downloads\\",
    "/tmp/",  # noqa: S108 - a place that exclusions name, not one that is written to
    "/home/",
    "/users/",
    "/var/tmp/",  # noqa: S108 - the same
)


def _whole(value: str) -> bool:
    return value in _ROOTS or _DRIVE.fullmatch(value) is not None


def _loose(value: str) -> bool:
    return "*" in value and any(place in value.lower() for place in _WRITABLE)


def _broad(row: Row, conditions: list[tuple[str | None, str | None]], *, newer: bool) -> bool:
    if row["notRecommended"] not in (None, "", "NONE"):
        return True
    for kind, value in conditions:
        if kind == "browser":
            return True
        if kind == "path" and value is not None and (_whole(value) or _loose(value)):
            return True
    mode = row["interactionLevel" if newer else "mode"] or ""
    everywhere = row["scopePath"] == TENANT or (not newer and row["scope"]["tenant"] is True)
    return mode.startswith("disable_all_monitors") and everywhere


def _reviewed(view: View, row: Row) -> str:
    for review in view.attestations("exclusion_review", f"exclusion:{row['id']}"):
        age = view.age(review["decided_at"])
        if age is not None and age <= 180 * DAY:
            return PASS
    age = view.age(row["updatedAt"])
    if age is None:
        return UNKNOWN
    return PASS if age <= 180 * DAY else FAIL


def _judge(view: View, row: Row, *, newer: bool) -> str:
    if newer:
        conditions = [(each["type"], each["value"]) for each in row["conditions"] or ()]
        owner, words = row["user"], row["description"] or row["reason"]
    else:
        conditions = [(row["type"], row["value"])]
        owner, words = row["userName"], row["description"]
    known = bool(conditions) and all(None not in each for each in conditions)
    reviewed = _reviewed(view, row)
    owned = bool(owner or row["userId"]) and bool(words)
    if _broad(row, conditions, newer=newer) or not owned or reviewed == FAIL:
        return FAIL
    return reviewed if known and row["updatedAt"] is not None else UNKNOWN


def reviewed(view: View) -> Items:
    """EXC-01: each exclusion; one that stands in both lists is taken from the newer."""
    for identity, (row, newer) in view.exclusions().items():
        yield f"exclusion:{identity}", _judge(view, row, newer=newer)
