"""What the documents name is there, and what is there is named."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import typer

from watchkeeper.cli import _command, _commands
from watchkeeper.cli._console import TOKEN_VARIABLE
from watchkeeper.model.resource import Walk
from watchkeeper.resources import everything
from watchkeeper.settings import SETTINGS

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"^```\n(.*?)^```$|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
CALL = re.compile(r"(?<![\w-])watchkeeper ([a-z][a-z-]*)([^\n|&;]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
ROLE = re.compile(r"if it may view (.+?) and (.+?)\.")
VARIABLE = re.compile(r"WATCHKEEPER_[A-Z_]+")


@cache
def documents() -> dict[str, str]:
    """The text of every document, by name."""
    paths = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def calls() -> Iterator[tuple[str, str, str]]:
    """Every `watchkeeper …` in code: the document, the command, the rest of the line."""
    for name, text in documents().items():
        for block, span in CODE.findall(text):
            for command, rest in CALL.findall(block or span):
                yield name, command, rest


@cache
def options(command: str) -> frozenset[str]:
    """The options of a command, hidden ones left out."""
    app = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]})
    app.command(command)(_command(_commands()[command]))
    found = {"--help"}
    for parameter in typer.main.get_command(app).params:
        if not getattr(parameter, "hidden", False):
            found |= {*parameter.opts, *parameter.secondary_opts}
    return frozenset(found)


def test_every_command_that_is_named_exists_with_its_options() -> None:
    wrong = []
    for name, command, rest in calls():
        if command not in _commands():
            wrong.append(f"{name}: watchkeeper {command}")
        else:
            unknown = set(OPTION.findall(rest)) - options(command)
            wrong += [f"{name}: watchkeeper {command} {option}" for option in sorted(unknown)]
    assert wrong == []


def test_every_command_is_named() -> None:
    named = {command for _, command, _ in calls()}

    assert sorted(set(_commands()) - named) == []


def test_every_variable_that_is_named_is_a_setting_and_every_setting_is_named() -> None:
    named = {found for text in documents().values() for found in VARIABLE.findall(text)}

    assert named == {*SETTINGS, TOKEN_VARIABLE}


def test_the_role_that_a_token_needs_may_view_what_is_read_and_nothing_else() -> None:
    (told,) = ROLE.findall(documents()["docs/connecting.md"])
    named = {f"{name}.view" for name in (*told[0].split(", "), told[1])}

    assert named == {each.permission for each in everything().values() if each.permission}


def test_what_is_complete_without_a_count_is_named() -> None:
    (told,) = re.findall(r"without pages \((.+?)\)", documents()["docs/evidence.md"])
    single = {name for name, each in everything().items() if each.walk is Walk.SINGLE}

    assert set(re.findall(r"`(\w+)`", told)) == single
