"""regscale-cli: its SentinelOne client walks the agents and maps each; no server is written to.

As it comes, or, told `all`, asked for those agents too that it leaves out.
"""

import json
import sys
from pathlib import Path

from regscale.integrations.commercial.sentinelone.models.agents import (  # type: ignore[import-not-found] # only their environment has it
    SentinelOneAgent,
)
from regscale.integrations.commercial.sentinelone.sentinelone_api_client import (  # type: ignore[import-not-found]
    SentinelOneAPIClient,
)

ALL = {"isDecommissioned": "true,false", "isUninstalled": "true,false"}


def main(url: str, token_file: str, _folder: str, told: str = "") -> None:
    token = Path(token_file).read_text(encoding="utf-8")
    filters = ALL if told == "all" else {}
    kept = {}
    with SentinelOneAPIClient(url, token, verify_ssl=False) as client:
        for record in client.iter_agents(page_size=1000, **filters):
            agent = SentinelOneAgent.from_sentinelone_data(record)
            kept[agent.agent_id] = agent
    print(json.dumps({"rows": len(kept)}))


if __name__ == "__main__":
    main(*sys.argv[1:5])
