"""The resources: one file each, found and checked here.

Those in this folder are collections of the console's API. `stated` holds what the company says
itself (asset lists, attestations, exceptions), `own` what the locker tells of Watchkeeper. All of
them are tables that a control may read.
"""

import importlib
import pkgutil
from functools import cache

from watchkeeper.errors import DeclarationError
from watchkeeper.model.resource import Resource, Walk

_FOLDERS = {"stated": Walk.STATED, "own": Walk.OWN}


@cache
def catalogue() -> dict[str, Resource]:
    """What is collected from a console, by name, in the order it is collected.

    Raises DeclarationError when a file declares nothing or its name does not match.
    """
    return {name: each for name, each in everything().items() if each.of_console}


@cache
def everything() -> dict[str, Resource]:
    """All that a control may read, by name: the console's resources, the stated, our own."""
    found = [_load(name) for name in _modules(__name__)]
    for folder, walk in _FOLDERS.items():
        for name in _modules(f"{__name__}.{folder}"):
            resource = _load(f"{folder}.{name}")
            if resource.walk is not walk:
                raise DeclarationError(f"resources/{folder}/{name}.py must have Walk.{walk.name}.")
            found.append(resource)
    for resource in found:
        _check(resource)
    ordered = sorted(found, key=lambda each: (not each.of_console, each.order, each.name))
    names = [resource.name for resource in ordered]
    for name in names:
        if names.count(name) > 1:
            raise DeclarationError(f"Two files below resources/ declare {name!r}.")
    return {resource.name: resource for resource in ordered}


def _modules(package: str) -> list[str]:
    path = importlib.import_module(package).__path__
    return [
        module.name
        for module in pkgutil.iter_modules(path)
        if not module.ispkg and module.name[0] != "_"
    ]


def _load(name: str) -> Resource:
    where = f"resources/{name.replace('.', '/')}.py"
    resource = getattr(importlib.import_module(f"{__name__}.{name}"), "RESOURCE", None)
    if not isinstance(resource, Resource):
        raise DeclarationError(f"{where} declares no RESOURCE.")
    own = name.rpartition(".")[2]
    if resource.name != own:
        raise DeclarationError(f"{where} declares {resource.name!r}; name it {own!r}.")
    return resource


def _check(resource: Resource) -> None:
    where = f"The file of the resource {resource.name}"
    names = [column.name for column in resource.columns]
    if len(names) != len(set(names)):
        raise DeclarationError(f"{where} declares a column twice.")
    for needed in filter(None, (resource.key, resource.created, resource.updated)):
        if needed not in names:
            raise DeclarationError(f"{where} names the column {needed!r} and does not declare it.")
