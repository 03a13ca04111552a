"""The resource catalogue: one file per collection of the console's API, found and checked here."""

import importlib
import pkgutil
from functools import cache

from watchkeeper.errors import DeclarationError
from watchkeeper.model.resource import Resource


@cache
def catalogue() -> dict[str, Resource]:
    """Every declared resource by name, in the order they are collected.

    Raises DeclarationError when a file declares nothing or its name does not match.
    """
    found = [
        _load(module.name) for module in pkgutil.iter_modules(__path__) if module.name[0] != "_"
    ]
    for resource in found:
        _check(resource)
    ordered = sorted(found, key=lambda resource: (resource.order, resource.name))
    return {resource.name: resource for resource in ordered}


def _load(name: str) -> Resource:
    module = importlib.import_module(f"{__name__}.{name}")
    resource = getattr(module, "RESOURCE", None)
    if not isinstance(resource, Resource):
        raise DeclarationError(f"resources/{name}.py declares no RESOURCE.")
    if resource.name != name:
        raise DeclarationError(f"resources/{name}.py declares {resource.name!r}; name it {name!r}.")
    return resource


def _check(resource: Resource) -> None:
    where = f"resources/{resource.name}.py"
    names = [column.name for column in resource.columns]
    if len(names) != len(set(names)):
        raise DeclarationError(f"{where} declares a column twice.")
    for needed in filter(None, (resource.key, resource.created, resource.updated)):
        if needed not in names:
            raise DeclarationError(f"{where} names the column {needed!r} and does not declare it.")
