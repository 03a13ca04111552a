"""Watchkeeper without its controls: count, fetch, prove whole, seal every page, write Parquet.

The resources are named after the folder, `walks=1` among them for one request at a time; rows are
those of the last. A folder that holds a locker already is gone on with.
"""

import json
import sys
from pathlib import Path

from watchkeeper.collection.engine import collect
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.token import parse_token

_WALKS = "walks="


def main(url: str, token_file: str, folder: str, *told: str) -> None:
    walks = [int(word.removeprefix(_WALKS)) for word in told if word.startswith(_WALKS)]
    resources = [word for word in told if not word.startswith(_WALKS)]
    console = Console(
        parse_address(url),
        parse_token(Path(token_file).read_text(encoding="utf-8")),
        limits=Limits(walks=walks[0]) if walks else None,
    )
    locker = Locker.open(f"{folder}/locker", create=True)
    report = collect(console, locker, "console", only=resources)
    for each in report.collections:
        if not each.complete:
            sys.exit(f"{each.resource} is {each.completeness.verdict}: {each.completeness.reason}")
    rows = {each.resource: each.completeness.distinct for each in report.collections}
    print(json.dumps({"rows": rows[resources[-1]]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
