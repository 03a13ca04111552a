"""Controls that a tenant wrote: pages of a folder, beside those of the product."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controls.pages import page
from watchkeeper.controls import built_in, catalogue, ids, tenant
from watchkeeper.controls.page import LARGEST


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in use for one test."""
    tenant.use(tmp_path, ids())
    yield tmp_path
    tenant.use(None, ids())


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(folder: Path, text: str, name: str = "TST-01.md") -> tuple[str, ...]:
    found = tenant.read_page(write(folder, name, text), ids())
    assert isinstance(found, tenant.Faulty)
    return found.faults


def test_a_folder_adds_controls_and_a_readme_is_none(folder: Path) -> None:
    write(folder, "TST-01.md", page())
    write(folder, "README.md", "Ours.")
    write(folder, ".TST-02.md", "An editor's own.")
    assert list(catalogue()) == [*built_in(), "TST-01"]
    assert catalogue()["TST-01"].tenant
    assert not any(each.tenant for each in built_in().values())
    assert not tenant.in_use().faulty


def test_a_page_that_changes_is_read_again_and_one_that_goes_is_gone(folder: Path) -> None:
    path = write(folder, "TST-01.md", page())
    before = catalogue()["TST-01"]
    assert catalogue()["TST-01"] is before  # nothing changed: nothing is read
    path.write_text(page(("version: 1.0.0", "version: 1.0.1")), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert catalogue()["TST-01"].version == "1.0.1"
    path.unlink()
    assert "TST-01" not in catalogue()


def test_a_control_of_the_product_is_not_replaced(folder: Path) -> None:
    write(folder, "HLT-01.md", built_in()["HLT-01"].page)
    (found,) = tenant.in_use().faulty
    assert found.file == "HLT-01.md"
    assert "belongs to a control of the product" in found.faults[0]
    assert not catalogue()["HLT-01"].tenant


def test_a_faulty_page_is_told_and_the_others_go_on(folder: Path) -> None:
    write(folder, "TST-01.md", page())
    write(folder, "TST-02.md", "no front matter")
    assert "TST-01" in catalogue()
    assert [each.file for each in tenant.in_use().faulty] == ["TST-02.md"]


def test_every_fault_of_a_page_is_a_sentence(folder: Path) -> None:
    text = page(
        ("severity: high", "severity: huge"),
        ("cadence: daily", "cadence: sometimes"),
        ("  agents: [id, computer_name,", "  agents: [id, colour, computer_name,"),
        ("nist-800-53-r5: [SI-3]", "nist-800-53-r5: [SI-3, SI-9999]"),
        ("default: 14", "default: 140"),
        ("## Remedy\n\n1. Clean them.\n", ""),
        ("| agent:2 | fail | |", "| agent:2 | failed | |"),
    )
    found = faults(folder, text)
    for words in (
        "'severity' is 'huge'",
        "'cadence' is 'sometimes'",
        "agents.colour",
        "'SI-9999'",
        "the most is 90",
        "no section 'Remedy'",
    ):
        assert sum(words in each for each in found) == 1, words
    assert all(each.endswith(".") for each in found)
    # The examples are looked at once it is known what the page reads.
    assert any("'failed'" in each for each in faults(folder, page(("| fail |", "| failed |"))))


HOSTILE = {
    "an alias": ("id: TST-01\n", "a: &a [x, x]\nb: &b [*a, *a]\nid: TST-01\n"),
    "which holds what cannot be seen": ("Agents are clean", '"Agents \\u202e are clean"'),
    "not YAML": ("version: 1.0.0", "version: !!python/object/apply:os.system [id]"),
}


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_page_is_refused(words: str, folder: Path) -> None:
    assert any(words in each for each in faults(folder, page(HOSTILE[words])))


def test_a_page_has_an_end(folder: Path) -> None:
    found = faults(folder, page() + "x" * LARGEST)
    assert found == (f"The page is larger than {LARGEST // 1024} KiB.",)


def test_what_a_fault_quotes_has_an_end_too(folder: Path) -> None:
    (found,) = faults(folder, page(("severity: high", f"severity: {'x' * 5000}")))
    assert len(found) < 500


def test_a_page_that_cannot_be_read_is_faulty(folder: Path) -> None:
    (folder / "TST-01.md").symlink_to(folder / "nowhere")
    (found,) = tenant.in_use().faulty
    assert found.faults == ("It cannot be read (No such file or directory).",)


def test_a_folder_that_is_missing_is_told_only_where_it_was_named(tmp_path: Path) -> None:
    try:
        assert tenant.use(tmp_path / "none", ids(), needed=False) == tenant.Pages()
        (found,) = tenant.use(tmp_path / "none", ids()).faulty
        assert found.faults == ("The folder of your controls is not there.",)
    finally:
        tenant.use(None, ids())
