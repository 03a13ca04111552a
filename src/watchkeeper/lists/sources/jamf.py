"""Jamf Pro: computers as assets."""

from collections.abc import Mapping
from typing import Any

import msgspec

from watchkeeper.clock import Clock
from watchkeeper.errors import SourceFailed, UsageError
from watchkeeper.lists.sources import Given, Option, Source
from watchkeeper.lists.sources._records import listed, sheet, unlike
from watchkeeper.lists.sources._wire import MOST_PAGES, Expired, Wire, parse_base
from watchkeeper.locker.stated import Document

_TITLE = "Jamf Pro"
_SECTIONS = ("GENERAL", "HARDWARE", "USER_AND_LOCATION")
# Fields of a computer in these sections of computers-inventory.
_FIELDS = (
    "id",
    "general.name",
    "general.lastContactTime",
    "hardware.serialNumber",
    "hardware.macAddress",
    "hardware.altMacAddress",
    "userAndLocation.email",
    "osType",
)
_PAGE = 200
_REMOVED = "***"
_VERSIONS = ("v1", "v2", "v3")  # they have these fields alike


def _read(options: Mapping[str, str], resource: str, clock: Clock) -> Given:
    del resource  # there is one
    found: list[dict[str, Any]] = []
    documents: list[Document] = []
    sections = "&".join(f"section={each}" for each in _SECTIONS)
    if options["version"] not in _VERSIONS:
        raise UsageError("version is not v1, v2 or v3.", hint="Give one of them, or none.")
    path = f"/api/{options['version']}/computers-inventory"
    total = 1
    with Wire(parse_base(options["address"], "address"), _TITLE, clock) as wire:
        token = _token(wire, options)
        while len(found) < total:
            number = len(documents)
            if number >= MOST_PAGES:
                raise SourceFailed(f"{_TITLE} gives a list without an end.")
            url = f"{path}?{sections}&page={number}&page-size={_PAGE}&sort=id%3Aasc"
            try:
                body, page = wire.json(url, {"Authorization": f"Bearer {token}"})
            except Expired:
                if not documents:
                    raise
                token = _token(wire, options)  # some live for a minute
                body, page = wire.json(url, {"Authorization": f"Bearer {token}"})
            records = listed(_TITLE, page, "results")
            total = _total(page)
            facts = {"from": f"{wire.shown}{path}", "page_of_list": number + 1}
            documents.append(_kept(body, page, facts))
            if not records and len(found) < total:
                raise SourceFailed(
                    f"{_TITLE} counts {total:,} computers and gave {len(found):,}.",
                    hint="Load it again.",
                )
            found += records
    unlike(_TITLE, found)
    # The interface lists computers alone, and all of them are Macs.
    macs = [each | {"osType": "macos"} for each in found]
    return Given(sheet(_TITLE, _FIELDS, macs), tuple(documents))


def _kept(body: bytes, page: dict[str, Any], facts: dict[str, Any]) -> Document:
    """A page as it is stored: as it came, but without what a company wrote into its own fields.

    Extension attributes are free text, and some hold passwords and recovery keys.
    """
    removed = 0
    for computer in page["results"]:
        for section in (computer, *computer.values()):
            own = section.get("extensionAttributes") if isinstance(section, dict) else None
            for attribute in own if isinstance(own, list) else ():
                if isinstance(attribute, dict) and attribute.get("values"):
                    attribute["values"] = [_REMOVED]
                    removed += 1
    if not removed:
        return Document(body, facts=facts)
    told = facts | {"removed": {"extensionAttributes": removed}}
    return Document(msgspec.json.encode(page), facts=told)


def _total(page: Mapping[str, Any]) -> int:
    total = page.get("totalCount")
    if not isinstance(total, int):
        raise SourceFailed(f"{_TITLE} does not count its computers.", hint="Look at the address.")
    return total


def _token(wire: Wire, options: Mapping[str, str]) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": options["client_id"],
        "client_secret": options["client_secret"],
    }
    return wire.token("/api/oauth/token", form)


SOURCE = Source(
    name="jamf",
    title=_TITLE,
    options=(
        Option("address", "Your Jamf Pro: https://yourcompany.jamfcloud.com."),
        Option("client_id", "The API client's id."),
        Option("client_secret", "The API client's secret.", secret=True),
        Option("version", "Of computers-inventory: v1 to v3.", required=False, default="v1"),
    ),
    resources=("assets",),
    read=_read,
    live=True,
)
