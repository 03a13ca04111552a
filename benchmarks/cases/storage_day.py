"""A day of agents kept twice: in a locker that is gone on with, and as plain Parquet.

The plain Parquet has the locker's columns, written as pyarrow writes when it is told nothing.
"""

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq

from watchkeeper.collection.engine import collect
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.token import parse_token


def main(url: str, token_file: str, folder: str, kept: str) -> None:
    token = Path(token_file).read_text(encoding="utf-8")
    locker = Locker.open(f"{kept}/locker", create=True)
    report = collect(
        Console(parse_address(url), parse_token(token)), locker, "console", only=["agents"]
    )
    agents = next(each for each in report.collections if each.resource == "agents")
    if not agents.complete:
        sys.exit(f"agents are {agents.completeness.verdict}: {agents.completeness.reason}")
    plain = Path(folder) / "plain.parquet"
    pq.write_table(locker.table(agents), plain)
    facts = {
        "rows": agents.completeness.distinct,
        "plain_parquet": plain.stat().st_size,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:5])
