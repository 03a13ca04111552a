"""How long until there is something to see: the help, the first page of an installation."""

import http.client
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.findings import Found, Table

TITLE = "Starting"
_HELP_SECONDS = 0.4
_PAGE_SECONDS = 5.0
_TIMES = 9
_PATIENCE = 90.0


def measure(bench: Bench, found: Found) -> None:
    """`--help` several times; `up` in an empty folder and once more in the same."""
    command = str(bench.ours.parent / "watchkeeper")
    helps = []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        subprocess.run([command, "--help"], check=True, capture_output=True)
        helps.append(time.perf_counter() - begun)
    bench.say(f"--help: {median(helps):.2f} s")
    with bench.folder() as folder:
        folder.chmod(0o755)  # started as root, PostgreSQL has an account of its own
        first, again = (_first_page(command, folder) for _ in range(2))
    bench.say(f"up: first page after {first:.1f} s, in the same folder again {again:.1f} s")
    rows = (
        ("`watchkeeper --help`", f"{median(helps):.2f}"),
        ("`watchkeeper up` in an empty folder, until its first page", f"{first:.1f}"),
        ("`watchkeeper up` in the same folder again", f"{again:.1f}"),
    )
    found.tables.append(Table("From the command to the first answer", ("", "Seconds"), rows))
    found.judge(
        f"`watchkeeper up`: first page within {_PAGE_SECONDS:.0f} s",
        lambda: (f"{first:.1f} s, then {again:.1f} s", max(first, again) <= _PAGE_SECONDS),
    )
    found.judge(
        f"`watchkeeper --help` within {_HELP_SECONDS} s",
        lambda: (f"{median(helps):.2f} s", median(helps) <= _HELP_SECONDS),
    )


def _first_page(command: str, folder: Path) -> float:
    """Seconds from the command to the sign-in page."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("WATCHKEEPER_")
    }
    begun = time.perf_counter()
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [command, "up", "--data", str(folder / "data"), "--port", str(port)],
            stdout=said,
            stderr=said,
            env=environment,
        )
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - begun > _PATIENCE:
                    words = (folder / "said").read_text(encoding="utf-8").splitlines()
                    raise RuntimeError(f"watchkeeper up did not come up: {' / '.join(words[-2:])}")
                time.sleep(0.02)  # noqa: TID251 - a real process is waited for
            return time.perf_counter() - begun
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)


def _answers(port: int) -> bool:
    """Whether the first page of a stranger is there: he is shown where to sign in."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/")
        return asked.getresponse().status in {200, 302}
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
