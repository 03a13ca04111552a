"""regscale-cli: its SentinelOne client walks the agents and maps each; no server is written to."""

import json
import sys
from pathlib import Path

from regscale.integrations.commercial.sentinelone.models.agents import (  # type: ignore[import-not-found] # only their environment has it
    SentinelOneAgent,
)
from regscale.integrations.commercial.sentinelone.sentinelone_api_client import (  # type: ignore[import-not-found]
    SentinelOneAPIClient,
)


def main(url: str, token_file: str) -> None:
    token = Path(token_file).read_text(encoding="utf-8")
    kept = {}
    with SentinelOneAPIClient(url, token, verify_ssl=False) as client:
        for record in client.iter_agents(page_size=1000):
            agent = SentinelOneAgent.from_sentinelone_data(record)
            kept[agent.agent_id] = agent
    print(json.dumps({"rows": len(kept)}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
