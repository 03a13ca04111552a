"""`watchkeeper controls`, and a run with controls of one's own beside the product's."""

from pathlib import Path

import pytest

from tests.cli.conftest import give, watchkeeper
from tests.controls.pages import SQL, page
from watchkeeper.controls import built_in
from watchkeeper.locker.locker import Locker
from watchkeeper.simulator import Company, running

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a sound control, and one whose SQL wants out."""
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "TST-01.md").write_text(page(), encoding="utf-8")
    escaping = page(("id: TST-01", "id: TST-02"), (SQL, "COPY agents TO '/tmp/agents.csv'\n"))
    (ours / "TST-02.md").write_text(escaping, encoding="utf-8")
    return ours


def test_lint_says_what_is_wrong_and_test_tries_the_rest(folder: Path) -> None:
    looked = watchkeeper("controls", "lint", folder)
    assert looked.code == 1
    assert "✓ TST-01.md: nothing wrong" in looked.out
    assert "TST-02: the SQL is no SELECT (it is COPY)." in looked.out
    (folder / "TST-02.md").unlink()
    assert watchkeeper("controls", "lint", folder).code == 0
    tried = watchkeeper("controls", "test", folder / "TST-01.md", "--json")
    assert tried.code == 0
    (document,) = tried.document
    assert (document["control"], document["examples"], document["faults"]) == ("TST-01", 1, [])


def test_test_finds_a_control_that_passes_what_it_does_not_know(folder: Path) -> None:
    guessing = page(("WHEN infected IS NULL THEN 'unknown' ", ""))
    (folder / "TST-01.md").write_text(guessing, encoding="utf-8")
    tried = watchkeeper("controls", "test", folder / "TST-01.md")
    assert tried.code == 1
    assert "Where nothing but keys is known, agent:1 passes." in tried.out
    wrong = page(("| agent:2 | fail | |", "| agent:2 | pass | |\n| agent:3 | fail | |"))
    (folder / "TST-01.md").write_text(wrong, encoding="utf-8")
    tried = watchkeeper("controls", "test", folder / "TST-01.md")
    assert "agent:2 is fail (infected is true), expected pass" in tried.out
    assert "agent:3 is not listed" in tried.out


def test_they_are_listed_and_shown(folder: Path) -> None:
    listed = watchkeeper("controls", "--controls", folder, "--json")
    assert listed.code == 0
    assert [each["control"] for each in listed.document] == [*built_in(), "TST-01", "TST-02"]
    assert [each["control"] for each in listed.document if each["tenant"]] == ["TST-01", "TST-02"]
    shown = watchkeeper("controls", "show", "tst-01", WATCHKEEPER_CONTROLS=str(folder))
    assert shown.out == page()
    assert "no control" in watchkeeper("controls", "show", "TST-09").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["controls", "lint"], "Say where your controls are"),
        (["controls", "lint", "nowhere"], "no page and no folder"),
        (["controls", "show"], "Say which control"),
        (["controls", "invent"], "invent"),
    ],
)
def test_wrong_usage_is_one_sentence(words: list[str], said: str) -> None:
    ran = watchkeeper(*words)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_run_judges_them_and_tells_of_pages_that_are_none(
    folder: Path, company: Company, tmp_path: Path, token_file: Path
) -> None:
    (folder / "TST-03.md").write_text("nothing of a page", encoding="utf-8")
    with running(company) as sim:
        options = [*give(sim, token_file), "--locker", tmp_path / "l", "--controls", folder]
        ran = watchkeeper("run", *options, "--only", "tst-01,tst-02,HLT-02", "--json")
    assert ran.code == 3
    results = {each["control"]: each for each in ran.document["results"]}
    assert results["TST-01"]["result"] == "FAIL"
    assert results["TST-01"]["counts"]["pass"] > 0
    assert results["TST-02"]["result"] == "ERROR"
    assert "COPY" in results["TST-02"]["reason"]
    assert results["HLT-02"]["counts"]["fail"] > 0
    assert [each["file"] for each in ran.document["faulty_controls"]] == ["TST-03.md"]
    assert "TST-03.md is no control and was not judged" in ran.err
    # What was sealed knows the page: it can be decided about without the folder.
    locker = Locker.open(tmp_path / "l")
    (judged,) = locker.assessments(control="TST-01")
    asked = watchkeeper(
        "exceptions", "request", "--locker", tmp_path / "l", "--by", "ana", "--control", "TST-01",
        "--subject", locker.items(judged)["subject"][0].as_py(),
        "--reason", "It is wiped every night, and nobody works there.",
        "--risk", "A night of work", "--measure", "No way out",
    )  # fmt: skip
    assert asked.code == 0, asked.err


def test_a_folder_of_controls_that_is_not_there_is_said_before_a_console_is_asked(
    company: Company, tmp_path: Path, token_file: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    with running(company) as sim:
        options = [*give(sim, token_file), "--locker", tmp_path / "l"]
        ran = watchkeeper("run", *options, "--controls", nowhere)
        assert not sim.requests
    assert ran.code == 2
    assert f"No controls can be read from {nowhere}. The folder of your controls is not" in ran.err
    assert not (tmp_path / "l").exists()
    assert watchkeeper("controls", WATCHKEEPER_CONTROLS=str(nowhere)).code == 2
