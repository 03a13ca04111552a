"""cartography: its own fetch and transform of every account's agents; no graph is written."""

import json
import sys
from pathlib import Path

from cartography.intel.sentinelone.account import get_accounts
from cartography.intel.sentinelone.agent import get_agents, transform_agents


def main(url: str, token_file: str) -> None:
    token = Path(token_file).read_text(encoding="utf-8")
    kept = set()
    for account in get_accounts(url, token):
        for agent in transform_agents(get_agents(url, token, account["id"])):
            kept.add(agent["id"])
    print(json.dumps({"rows": len(kept)}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
