"""A framework's file: TOML → Framework. Every fault is one sentence that names file and fault."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from watchkeeper.errors import DeclarationError
from watchkeeper.model.framework import Clause, Framework

SUFFIX = ".toml"
_TEXTS = ("title", "publisher", "version", "url", "licence", "source", "coverage")
_FLAGS = ("titles", "complete")
_NEEDED = ("order", *_TEXTS, *_FLAGS, "requirement")
_CLAUSE = ("id", "title", "group")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HINT = "Compare it with a framework that is there; docs/frameworks.md says what each key is for."


class _Fault(Exception):
    """One fault in words, without the file and without a full stop."""


def read(data: bytes, file: str) -> Framework:
    """The framework a file declares; `file` is its name (`soc-2.toml`).

    Raises DeclarationError when it cannot be one.
    """
    try:
        return _framework(data, file.removesuffix(SUFFIX))
    except _Fault as fault:
        raise DeclarationError(f"frameworks/{file}: {fault}.", hint=_HINT) from fault


def _framework(data: bytes, slug: str) -> Framework:
    if not _SLUG.fullmatch(slug):
        raise _Fault("its name is not lower case words and numbers such as nist-800-53-r5")
    values = _toml(data)
    for key in values:
        if key not in (*_NEEDED, "groups"):
            raise _Fault(f"it has an unknown key {key!r}")
    for key in _NEEDED:
        if key not in values:
            raise _Fault(f"it has no {key!r}")
    titles, complete = (_flag(values, key) for key in _FLAGS)
    texts = {key: _text(values, key) for key in _TEXTS}
    if not texts["url"].startswith("https://"):
        raise _Fault(f"'url' is {texts['url']!r}, not an https:// address")
    groups = _groups(values.get("groups", {}), titles=titles)
    requirements = _requirements(values["requirement"], titles=titles)
    used = {each.group for each in requirements}
    for group in groups:
        if group not in used:
            raise _Fault(f"no requirement stands in the group {group!r}")
    return Framework(
        slug=slug,
        titles=titles,
        complete=complete,
        requirements=requirements,
        groups=groups,
        order=_order(values["order"]),
        **texts,
    )


def _toml(data: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _Fault(f"it is not UTF-8 (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise _Fault(f"it is not TOML ({' '.join(str(error).split())})") from error


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values[key]
    if not isinstance(value, str) or not value.strip():
        raise _Fault(f"{key!r} is {value!r}, not a text")
    return value.strip()


def _flag(values: Mapping[str, Any], key: str) -> bool:
    value = values[key]
    if not isinstance(value, bool):
        raise _Fault(f"{key!r} is {value!r}, not true or false")
    return value


def _order(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Fault(f"'order' is {value!r}, not a whole number")
    return value


def _groups(value: Any, *, titles: bool) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _Fault("'groups' is not `groups.key = title`")
    if value and not titles:
        raise _Fault("'titles' is false and its groups have titles")
    return {key: _text(value, key) for key in value}


def _requirements(value: Any, *, titles: bool) -> tuple[Clause, ...]:
    if not isinstance(value, list) or not value:
        raise _Fault("'requirement' is not a list of {id, title, group} with one at least")
    found: dict[str, Clause] = {}
    for each in value:
        clause = _clause(each)
        if clause.id in found:
            raise _Fault(f"it has the requirement {clause.id!r} twice")
        if clause.title and not titles:
            raise _Fault(f"'titles' is false and the requirement {clause.id!r} has one")
        found[clause.id] = clause
    return tuple(found.values())


def _clause(value: Any) -> Clause:
    if not isinstance(value, dict) or "id" not in value:
        raise _Fault(f"it has a requirement without an id: {value!r}")
    for key, text in value.items():
        if key not in _CLAUSE:
            raise _Fault(f"the requirement {value['id']!r} has an unknown key {key!r}")
        if not isinstance(text, str) or not text.strip() or text != text.strip():
            raise _Fault(f"the requirement {value['id']!r} has the {key} {text!r}")
    return Clause(**value)
