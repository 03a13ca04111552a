"""What a locker holds of the newest agents: complete or not, rows, distinct ids."""

import json
import sys

import pyarrow.compute as pc

from watchkeeper.locker.locker import Locker


def main(_url: str, _token_file: str, _folder: str, kept: str) -> None:
    locker = Locker.open(f"{kept}/locker")
    newest = locker.collections("console", "agents")[-1]
    ids = locker.table(newest, ["id"]).column("id")
    facts = {
        "rows": len(ids),
        "distinct": pc.count_distinct(ids).as_py(),
        "complete": newest.complete,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:5])
