"""The controls: one Markdown page each, found and checked here; and the words their SQL shares."""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from watchkeeper.controls import tenant
from watchkeeper.controls.page import parse
from watchkeeper.frameworks import identifiers
from watchkeeper.model.control import Control
from watchkeeper.resources import everything as resources

PRELUDE = "prelude.sql"


def catalogue() -> dict[str, Control]:
    """Every control by id: the product's in the order of their ids, then the tenant's.

    A page of the tenant's that is faulty is not among them: `tenant.in_use` tells of it. Raises
    DeclarationError when a page of the product is faulty.
    """
    return built_in() | tenant.in_use().controls


@cache
def ids() -> frozenset[str]:
    """The ids of the product's controls: their files' names."""
    return frozenset(each.stem for each in _pages())


@cache
def built_in() -> dict[str, Control]:
    """Those that come with the product; raises DeclarationError when a page is faulty."""
    found = [parse(each.read_bytes(), each.name, resources(), identifiers()) for each in _pages()]
    return {control.id: control for control in found}


def _pages() -> list[Path]:
    return sorted(Path(str(files(__name__))).glob("*.md"))


@cache
def prelude() -> str:
    """The SQL that defines the words (macros) every control may use."""
    return files(__name__).joinpath(PRELUDE).read_text(encoding="utf-8")


@cache
def prelude_sha256() -> str:
    """The SHA-256 (hex) of the prelude: with page and parameters it fixes what was judged."""
    return hashlib.sha256(prelude().encode()).hexdigest()
