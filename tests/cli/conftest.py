"""The command line as a person uses it: a process of its own, its output, its exit code."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.simulator import Company, Running


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON on stdout."""
        return json.loads(self.out)


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: ours, without a token of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHKEEPER")}
    return kept | {"COLUMNS": "200", "NO_COLOR": "1"} | more


def command(*words: str | Path) -> list[str]:
    """The words of a command line."""
    return [sys.executable, "-m", "watchkeeper", *map(str, words)]


def watchkeeper(*words: str | Path, timeout: float = 120, **env: str) -> Ran:
    """Runs a command to its end."""
    done = subprocess.run(
        command(*words),
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(**env),
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def company() -> Company:
    """A small company with something wrong in it."""
    return Company(agents=600, threats=60, activities=800, users=40, now=datetime.now(UTC))


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    """Where a test keeps its token; write it with `give`."""
    return tmp_path / "token"


def give(sim: Running, token_file: Path) -> list[str | Path]:
    """The options that point a command at a running simulator."""
    token_file.write_text(sim.token + "\n")
    return ["--console", sim.url, "--token-file", token_file]
