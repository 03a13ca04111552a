"""The controls: one Markdown page each, found and checked here; and the words their SQL shares."""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from watchkeeper.controls.page import parse
from watchkeeper.errors import DeclarationError
from watchkeeper.frameworks import identifiers
from watchkeeper.model.control import Control
from watchkeeper.resources import everything as resources

PRELUDE = "prelude.sql"


@cache
def catalogue() -> dict[str, Control]:
    """Every control that comes with the product by id, in the order of ids.

    Raises DeclarationError when a page is faulty.
    """
    pages = sorted(
        (each for each in files(__name__).iterdir() if each.name.endswith(".md")),
        key=lambda each: each.name,
    )
    found = [parse(each.read_bytes(), each.name, resources(), identifiers()) for each in pages]
    return {control.id: control for control in found}


def read_folder(folder: Path) -> dict[str, Control]:
    """The controls a tenant wrote, by id: every `.md` file of a folder but its README.

    Raises DeclarationError when a page is faulty or takes the id of a control of the product.
    """
    found: dict[str, Control] = {}
    for path in sorted(folder.glob("*.md")):
        if path.stem.upper() == "README":
            continue
        control = parse(path.read_bytes(), path.name, resources(), identifiers())
        if control.id in catalogue():
            raise DeclarationError(
                f"{path.name}: the id {control.id} belongs to a control of the product.",
                hint="Give it an id of its own, such as a prefix of your organisation.",
            )
        found[control.id] = control
    return found


@cache
def prelude() -> str:
    """The SQL that defines the words (macros) every control may use."""
    return files(__name__).joinpath(PRELUDE).read_text(encoding="utf-8")


@cache
def prelude_sha256() -> str:
    """The SHA-256 (hex) of the prelude: with page and parameters it fixes what was judged."""
    return hashlib.sha256(prelude().encode()).hexdigest()
