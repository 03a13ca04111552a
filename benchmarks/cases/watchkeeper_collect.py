"""Watchkeeper without its controls: count, fetch, prove whole, seal every page, write Parquet.

The resources are named after the folder, and among them how it asks: `walks=1` is one request at a
time, `rates=none` as fast as it can, which is what a real console must not be asked at. Rows are
those of the last resource. A folder that holds a locker already is gone on with.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from watchkeeper.collection.engine import collect
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.token import parse_token

_UNLIMITED = (("/", 1_000_000.0, 1_000_000),)


def main(url: str, token_file: str, folder: str, *told: str) -> None:
    resources = [word for word in told if "=" not in word]
    console = Console(
        parse_address(url),
        parse_token(Path(token_file).read_text(encoding="utf-8")),
        limits=limits(dict(word.split("=") for word in told if "=" in word)),
    )
    locker = Locker.open(f"{folder}/locker", create=True)
    report = collect(console, locker, "console", only=resources)
    for each in report.collections:
        if not each.complete:
            sys.exit(f"{each.resource} is {each.completeness.verdict}: {each.completeness.reason}")
    rows = {each.resource: each.completeness.distinct for each in report.collections}
    print(json.dumps({"rows": rows[resources[-1]]}))


def limits(told: dict[str, str]) -> Limits:
    """The product's own unless it is told otherwise."""
    found = Limits()
    if "walks" in told:
        found = replace(found, walks=int(told["walks"]))
    if told.get("rates") == "none":
        found = replace(found, rates=_UNLIMITED)
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
