"""A control is one file: a copy of the product with one more page, and nothing else changed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.controls.pages import page

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
NEW = "ZZZ-01"
# All a page of the product shows: each outcome, and that what is missing is unknown.
PAGE = page(
    ("id: TST-01", f"id: {NEW}"),
    ("infected, last_active_at, user_actions_needed, active_threats]", "infected]"),
    ("  roles: [id, name]\noptional: [roles]\nearlier:\n  agents: [id, infected]\n", ""),
    ("lookback_days: 8\n", ""),
    ("Infected machines infect others.", f"Infected machines infect others. {'So it is. ' * 9}"),
    ("  nist-800-53-r5: [SI-3]", "  nist-800-53-r5: [SI-3]\n  iso-27001-2022: [A.8.7]"),
    ("  pci-dss-4-0-1:", "  soc-2: [CC6.8]\n  cis-controls-8-1: ['10.1']\n  pci-dss-4-0-1:"),
    ("| 2 | LT-BEN | true |", "| 2 | LT-BEN | true |\n| 3 | LT-EVA | |"),
    ("| agent:2 | fail | |", "| agent:2 | fail | |\n| agent:3 | unknown | |"),
    ("    infected\nFROM", "    infected,\n    $days AS days\nFROM"),
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources with one more page."""
    sources = tmp_path_factory.mktemp("copied")
    shutil.copytree(
        ROOT / "src/watchkeeper",
        sources / "watchkeeper",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (sources / f"watchkeeper/controls/{NEW}.md").write_text(PAGE, encoding="utf-8")
    return sources


def run(copied: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a module with the copy in place of the product."""
    return subprocess.run(
        [sys.executable, "-P", "-m", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=os.environ | {"PYTHONPATH": f"{copied}{os.pathsep}{ROOT}", "NO_COLOR": "1"},
    )


def test_it_is_on_the_command_line(copied: Path) -> None:
    listed = run(copied, "watchkeeper", "controls")
    assert listed.returncode == 0, listed.stderr
    assert NEW in listed.stdout
    assert run(copied, "watchkeeper", "controls", "show", NEW).stdout == PAGE


def test_the_tests_take_it_up_and_pass(copied: Path) -> None:
    folders = ["tests/controls/test_catalogue.py", "tests/assessment/test_every_control.py"]
    tested = run(copied, "pytest", "-q", "-p", "no:cacheprovider", *folders, "-k", NEW, "-rA")
    assert tested.returncode == 0, tested.stdout
    for name in ("test_every_declared_column_is_read", "test_nothing_passes_of_which_nothing"):
        assert f"{name}" in tested.stdout
    assert tested.stdout.count(f"[{NEW}") >= 8
