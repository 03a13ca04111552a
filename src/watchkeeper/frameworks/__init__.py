"""The frameworks: one file each, found and checked here."""

from functools import cache
from importlib.resources import files

from watchkeeper.errors import DeclarationError
from watchkeeper.frameworks.file import SUFFIX, read
from watchkeeper.model.framework import Framework


@cache
def catalogue() -> dict[str, Framework]:
    """Every framework by slug, in the order their files give.

    Raises DeclarationError when a file is faulty or two give the same place.
    """
    found = [
        read(each.read_bytes(), each.name)
        for each in files(__name__).iterdir()
        if each.name.endswith(SUFFIX)
    ]
    placed: dict[int, Framework] = {}
    for framework in sorted(found, key=lambda each: each.slug):
        first = placed.setdefault(framework.order, framework)
        if first is not framework:
            raise DeclarationError(
                f"frameworks/{framework.slug}{SUFFIX}: 'order' is {framework.order}, "
                f"as in {first.slug}{SUFFIX}."
            )
    return {placed[order].slug: placed[order] for order in sorted(placed)}


@cache
def identifiers() -> dict[str, frozenset[str]]:
    """The identifiers of every framework's requirements: what a control may refer to, by slug."""
    return {
        slug: frozenset(each.id for each in framework.requirements)
        for slug, framework in catalogue().items()
    }
