"""The floor for timelines: so many of them, one after another over one connection, nothing kept."""

import json
import sys
from http import HTTPStatus
from pathlib import Path

import urllib3


def main(url: str, token_file: str, _folder: str, many: str) -> None:
    http = urllib3.PoolManager(retries=False, timeout=120)
    headers = {
        "Authorization": f"ApiToken {Path(token_file).read_text(encoding='utf-8')}",
        "Accept-Encoding": "gzip",
    }
    fields = {"limit": str(min(1000, int(many)))}
    listed = http.request("GET", f"{url}/web/api/v2.1/threats", fields=fields, headers=headers)
    events = read = 0
    for threat in listed.json()["data"]:
        path = f"{url}/web/api/v2.1/threats/{threat['id']}/timeline"
        answer = http.request("GET", path, fields={"limit": "1000"}, headers=headers)
        if answer.status != HTTPStatus.OK:
            sys.exit(f"the console answered {answer.status}")
        events += answer.data.count(b'"activityType"')
        read += 1
    print(json.dumps({"rows": None, "timelines": read, "events": events}))


if __name__ == "__main__":
    main(*sys.argv[1:5])
