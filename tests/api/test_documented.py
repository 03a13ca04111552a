"""docs/api.md names what there is."""

import re
from pathlib import Path

from watchkeeper.api.application import make
from watchkeeper.resources import everything

NAMED = re.compile(r"`(GET|POST|PATCH|DELETE) (/[^`? ]*)`")


def documented() -> set[tuple[str, str]]:
    """What the document names, as (method, address)."""
    text = Path("docs/api.md").read_text("utf-8")
    return {(method, re.sub(r"{\w+}", "{}", path)) for method, path in NAMED.findall(text)}


def there() -> set[tuple[str, str]]:
    """What there is, the resources as if there were agents alone."""
    others = set(everything()) - {"agents"}
    paths = make().get_openapi_schema(path_prefix="")["paths"]
    return {
        (method.upper(), re.sub(r"{\w+}", "{}", path))
        for path, methods in paths.items()
        for method in methods
        if not others & set(path.split("/")[3:4])
    }


def test_every_address_is_named_and_every_name_is_there() -> None:
    assert documented() == there()
