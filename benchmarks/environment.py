"""Where the other programs live: an environment of their own, and what is in it."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
ROOM = HERE.parent / ".bench"
VENV = ROOM / "venv"


def make() -> Path:
    """The interpreter of the environment, made anew when its list of packages is another."""
    python, made_from = VENV / "bin/python", VENV / "made-from.txt"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if not made_from.exists() or made_from.read_text(encoding="utf-8") != wanted:
        print(f"Making {VENV.relative_to(ROOM.parent)} with the other programs in it", flush=True)
        ROOM.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        install += ["--no-deps", "--require-hashes", "-r", str(REQUIREMENTS)]
        subprocess.run(install, check=True)
        made_from.write_text(wanted, encoding="utf-8")
    return python


def versions(python: Path, *packages: str) -> dict[str, str]:
    """The versions an interpreter has of these packages."""
    program = "import sys, importlib.metadata as m; print(*map(m.version, sys.argv[1:]), sep='\\n')"
    answer = subprocess.run(
        [python, "-c", program, *packages], check=True, capture_output=True, text=True
    )
    return dict(zip(packages, answer.stdout.split(), strict=True))
