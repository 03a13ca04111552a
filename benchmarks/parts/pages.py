"""How long the server takes for its pages over a large fleet: the demo, filled and then asked."""

import http.cookiejar
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from benchmarks.bench import Bench
from benchmarks.findings import Found, Table

TITLE = "Pages over a large fleet"
AGENTS = 1_000_000
_SECONDS = 0.5
_TIMES = 3
_PATIENCE = 1800.0
_SIGN_IN = "/sign-in/"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_WHO = re.compile(r"Name: (\S+)\s+Password: (\S+)")
_LISTS = (
    "devices", "threats", "policies", "sites", "accounts", "groups", "users", "service-users",
    "activities", "collections",
)  # fmt: skip
_LINK = re.compile(rf'href="(/(?:{"|".join(_LISTS)}|controls|connections)/[^"#]*)"')
_NAME = re.compile(r'href="/connections/(?!new/)([^"/]+)/"')
_API = ("agents?size=500", "agents?q=eu&sort=-seen&size=500", "threats?size=500", "controls")
_MOST = 80


class Visitor:
    """Somebody signed in, who counts seconds."""

    def __init__(self, address: str, name: str, password: str) -> None:
        """Signs in; raises RuntimeError when that is refused."""
        self._address = address.rstrip("/")
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        found = _TOKEN.search(self.get(_SIGN_IN))
        fields = {"username": name, "password": password, "next": "/"}
        fields["csrfmiddlewaretoken"] = found[1] if found else ""
        request = urllib.request.Request(  # noqa: S310 - our own server
            self._address + _SIGN_IN,
            urlencode(fields).encode(),
            {"Referer": self._address + _SIGN_IN},
        )
        with self._opener.open(request) as answer:
            if _SIGN_IN in answer.url:
                raise RuntimeError("the demo did not let us in")

    def get(self, path: str) -> str:
        """A page."""
        with self._opener.open(self._address + path) as answer:
            text: str = answer.read().decode()
        return text

    def seconds(self, path: str) -> float:
        """How long a page takes, the middle of a few times."""
        taken = []
        for _ in range(_TIMES):
            begun = time.perf_counter()
            self.get(path)
            taken.append(time.perf_counter() - begun)
        return median(taken)


def measure(bench: Bench, found: Found) -> None:
    """Starts a demo of that many agents, signs in, asks for every kind of page."""
    agents = bench.size(AGENTS)
    with bench.folder() as folder:
        folder.chmod(0o755)  # started as root, PostgreSQL has an account of its own
        process = _start(bench, folder, agents)
        try:
            visitor = _visitor(folder / "said", process, min(_PATIENCE, bench.left))
            bench.say(f"a demo with {agents:,} agents is filled")
            seconds = {path: visitor.seconds(path) for path in _pages(visitor)}
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    rows = tuple((f"`{path}`", f"{taken:.2f}") for path, taken in seconds.items())
    found.tables.append(Table(f"Pages over {agents:,} agents", ("Page", "Seconds"), rows))
    slowest = max(seconds, key=lambda path: seconds[path])
    found.judge(
        f"{agents:,} agents: every page within {_SECONDS} s at the server",
        lambda: (f"{seconds[slowest]:.2f} s for `{slowest}`", seconds[slowest] <= _SECONDS),
    )


def _start(bench: Bench, folder: Path, agents: int) -> subprocess.Popen[bytes]:
    command = [str(bench.ours.parent / "watchkeeper"), "demo", "--port", "0"]
    command += ["--data", str(folder / "data"), "--agents", str(agents)]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(command, stdout=said, stderr=said, env=environment)


def _visitor(said: Path, process: subprocess.Popen[bytes], patience: float) -> Visitor:
    """Waits until the demo has told its address, and signs in there."""
    begun = time.monotonic()
    while time.monotonic() - begun < patience:
        lines = said.read_text(encoding="utf-8").splitlines()
        if process.poll() is not None:
            raise RuntimeError(f"the demo ended: {' / '.join(lines[-2:])}")
        who = _WHO.search("\n".join(lines))
        if who and lines[-1].startswith("http"):
            return Visitor(lines[-1], who[1], who[2])
        time.sleep(0.2)  # noqa: TID251 - a real process is waited for
    raise RuntimeError("the demo was not filled in time")


def _pages(visitor: Visitor) -> list[str]:
    """The first page, every list and what they lead to, one of a kind; and what programs ask."""
    pages = ["/", "/policies/tree/", "/connections/", *(f"/{name}/" for name in _LISTS)]
    pages += [f"/{name}/?q=a" for name in _LISTS if name != "collections"]
    kinds = {_kind(page) for page in pages}
    for page in tuple(pages):
        for link in _LINK.findall(visitor.get(page)):
            path = link.replace("&amp;", "&")
            if _kind(path) not in kinds and len(pages) < _MOST:
                kinds.add(_kind(path))
                pages.append(path)
    connected = _NAME.search(visitor.get("/connections/"))
    if connected is None:
        raise RuntimeError("the demo shows no connection")
    return pages + [f"/api/v1/connections/{connected[1]}/{path}" for path in _API]


def _kind(path: str) -> str:
    """Paths that show the same kind of page have the same."""
    place, _, query = path.partition("?")
    parts = place.strip("/").split("/")
    names = sorted(each.partition("=")[0] for each in query.split("&") if each)
    return f"{parts[0]}/{len(parts)}?{'&'.join(names)}"
