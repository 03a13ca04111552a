"""A simulated console in a process of its own, which no figure includes."""

import contextlib
import http.client
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SERVER = Path(__file__).parent / "server.py"
_PATIENCE = 60  # seconds


@dataclass(frozen=True, slots=True)
class Console:
    """Where it listens, the file with its token, its process, and a folder that goes with it."""

    url: str
    token_file: Path
    process: subprocess.Popen[str]
    folder: Path

    def fresh(self) -> Path:
        """An empty folder, which stays as long as the console.

        A file system that has just removed files takes longer to make new ones (ext4 looks through
        what it removed in the last seconds), so nothing is removed between two rounds.
        """
        return Path(tempfile.mkdtemp(dir=self.folder))

    def tell(self, word: str, number: float) -> None:
        """`latency` in ms, `day` to go to, or percent of threats to `touch`; returns when done."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the simulated console cannot be told anything")
        self.process.stdin.write(f"{word} {number}\n")
        self.process.stdin.flush()
        if self.process.stdout.readline().strip() != "done":
            raise RuntimeError(f"the simulated console did not do this: {word} {number}")

    def seen(self) -> dict[str, Any]:
        """What it was asked since it last forgot."""
        answer: dict[str, Any] = json.loads(self._ask("GET", "/simulator/seen"))
        return answer

    def forget(self) -> None:
        """Counts anew from here."""
        self._ask("POST", "/simulator/forget")

    def _ask(self, method: str, path: str) -> bytes:
        address = urlsplit(self.url)
        asked = http.client.HTTPConnection(address.netloc, timeout=_PATIENCE)
        try:
            asked.request(method, path)
            return asked.getresponse().read()
        finally:
            asked.close()


@contextlib.contextmanager
def serving(**sizes: object) -> Iterator[Console]:
    """A console of a company of these sizes (`simulator.Company` names them), until the end."""
    with tempfile.TemporaryDirectory(prefix="watchkeeper-bench-console-") as name:
        token_file = Path(name) / "token"
        command = [sys.executable, str(SERVER), json.dumps(sizes), str(token_file)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                url = process.stdout.readline().strip() if process.stdout else ""
                if not url:
                    raise RuntimeError("the simulated console did not start")
                yield Console(url, token_file, process, Path(name))
            finally:
                process.kill()
