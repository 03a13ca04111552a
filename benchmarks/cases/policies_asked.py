"""Every group's policy in effect as the console itself gives it, beside what the locker holds.

Asks once for every group, which is what Watchkeeper saves itself.
"""

import json
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3

from watchkeeper.locker.locker import Locker

# Our column, and where the console's own answer has it.
JUDGED = {
    "mitigation_mode": "mitigationMode",
    "mitigation_mode_suspicious": "mitigationModeSuspicious",
    "auto_mitigation_action": "autoMitigationAction",
    "anti_tampering_on": "antiTamperingOn",
    "snapshots_on": "snapshotsOn",
    "scan_new_agents": "scanNewAgents",
    "agent_logging_on": "agentLoggingOn",
    "network_quarantine_on": "networkQuarantineOn",
    "auto_decommission_on": "autoDecommissionOn",
    "auto_decommission_days": "autoDecommissionDays",
    "allow_remote_shell": "allowRemoteShell",
    "monitor_on_write": "monitorOnWrite",
    "monitor_on_execute": "monitorOnExecute",
}


class Asked:
    """One connection to the console."""

    def __init__(self, url: str, token_file: str) -> None:
        self._http = urllib3.PoolManager(retries=False, timeout=120)
        self._root = f"{url}/web/api/v2.1"
        token = Path(token_file).read_text(encoding="utf-8")
        self._headers = {"Authorization": f"ApiToken {token}", "Accept-Encoding": "gzip"}

    def get(self, path: str, **fields: str) -> Any:
        answer = self._http.request("GET", self._root + path, fields=fields, headers=self._headers)
        if answer.status != HTTPStatus.OK:
            sys.exit(f"{path}: the console answered {answer.status}")
        return answer.json()

    def groups(self) -> list[str]:
        found: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get("/groups", limit="200", **cursor)
            found += [group["id"] for group in page["data"]]
            if not page["pagination"]["nextCursor"]:
                return found
            cursor = {"cursor": page["pagination"]["nextCursor"]}


def main(url: str, token_file: str, _folder: str, kept: str) -> None:
    console = Asked(url, token_file)
    locker = Locker.open(f"{kept}/locker")
    newest = locker.collections("console", "policies")[-1]
    table = locker.table(newest, ["scope", "scope_id", *JUDGED])
    ours = {row["scope_id"]: row for row in table.to_pylist() if row["scope"] == "group"}
    same, differing = 0, []
    for group in console.groups():
        policy = console.get(f"/groups/{group}/policy")["data"]
        row = ours.pop(group, None)
        if row is not None and all(row[ours_] == policy[name] for ours_, name in JUDGED.items()):
            same += 1
        else:
            differing.append(group)
    facts = {"rows": same, "differing": differing[:10], "beyond": sorted(ours)[:10]}
    print(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:5])
