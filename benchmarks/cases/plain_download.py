"""The floor: the same pages over one connection, followed to the end, nothing kept.

Told `packed` it counts the bytes of the pages as they travelled.
"""

import json
import re
import sys
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

import urllib3

CURSOR = re.compile(rb'"nextCursor": ?"([^"]+)"')
GZIP = 31  # what zlib calls it


def pages(url: str, token: str, *, packed: bool = False) -> Iterator[bytes]:
    """Every page of agents; `packed` as it travelled."""
    http = urllib3.PoolManager(retries=False, timeout=120)
    headers = {"Authorization": f"ApiToken {token}", "Accept-Encoding": "gzip"}
    where = f"{url}/web/api/v2.1/agents"
    fields = {
        "limit": "1000",
        "sortBy": "id",
        "sortOrder": "asc",
        "isDecommissioned": "true,false",
        "isUninstalled": "true,false",
    }
    while True:
        answer = http.request(
            "GET", where, fields=fields, headers=headers, decode_content=not packed
        )
        if answer.status != HTTPStatus.OK:
            sys.exit(f"the console answered {answer.status}")
        yield answer.data
        text = zlib.decompress(answer.data, wbits=GZIP) if packed else answer.data
        found = CURSOR.search(text)
        if found is None:
            return
        fields["cursor"] = unquote(found[1].decode())


def main(url: str, token_file: str, _folder: str, *told: str) -> None:
    many = size = 0
    token = Path(token_file).read_text(encoding="utf-8")
    for page in pages(url, token, packed="packed" in told):
        many += 1
        size += len(page)
    print(json.dumps({"rows": None, "pages": many, "bytes": size}))


if __name__ == "__main__":
    main(*sys.argv[1:])
