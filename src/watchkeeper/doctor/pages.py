"""The web server: it answers, or its port is free."""

import http.client
import socket
from urllib.parse import urlsplit

from watchkeeper.doctor.finding import Finding, note, right, wrong

_PATIENCE = 5.0


def pages(address: str) -> list[Finding]:
    """`address` is where a browser on this machine finds the pages."""
    found = urlsplit(address)
    host, port = found.hostname or "", found.port or 0
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError:
        return [note("web", f"Nobody listens at {address}: no pages are served from here.")]
    asked = http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    try:
        asked.request("GET", "/alive/")
        answer = asked.getresponse()
        said, server = answer.read(3), answer.status
    except (OSError, http.client.HTTPException) as error:
        return [_strange(address, str(error) or type(error).__name__)]
    finally:
        asked.close()
    return answered(address, server, said)


def answered(address: str, status: int, said: bytes) -> list[Finding]:
    """What an answer to `/alive/` tells."""
    if status == http.client.OK and said.startswith(b"ok"):
        return [right("web", f"The pages answer at {address}")]
    if status >= http.client.INTERNAL_SERVER_ERROR:
        text = f"The pages at {address} cannot be shown ({status})."
        return [wrong("web", text, "See what is said of the database, and the server's own words.")]
    return [_strange(address, f"it answers {status}")]


def _strange(address: str, why: str) -> Finding:
    text = f"Something else than Watchkeeper listens at {address} ({why})."
    return wrong("web", text, "Give another port: --port, or WATCHKEEPER_PORT.")
