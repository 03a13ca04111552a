"""An address that answers with a CSV or XLSX file."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from watchkeeper.clock import Clock
from watchkeeper.errors import UsageError
from watchkeeper.lists.sources import Given, Option, Source
from watchkeeper.lists.sources._wire import Wire, parse_base
from watchkeeper.lists.sources.file import RESOURCES, SHEET, given


def _read(options: Mapping[str, str], resource: str, clock: Clock) -> Given:
    del resource  # any of them
    url = options["url"].strip()
    shown = parse_base(url, "url")  # what follows the path may be a secret
    headers = {}
    if options["header_value"]:
        if not options["header_value"].isprintable() or not options["header_value"].isascii():
            raise UsageError("header_value cannot be sent as a header.", hint="Give one line.")
        headers = {options["header"]: options["header_value"]}
    with Wire(shown, "The address", clock) as wire:
        data = wire.get(url.partition("#")[0], headers)
    name = urlsplit(shown).path.rpartition("/")[2] or shown
    return given(data, name, options["sheet"], shown)


SOURCE = Source(
    name="url",
    title="An address",
    options=(
        Option(
            "url",
            "The address, https://…; it may be given as a secret as well.",
            shown=lambda text: parse_base(text, "url"),
        ),
        Option("header", "A header to send.", required=False, default="Authorization"),
        Option("header_value", "What it says, such as Bearer ….", secret=True, required=False),
        SHEET,
    ),
    resources=RESOURCES,
    read=_read,
)
