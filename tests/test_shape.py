"""The shape of the tree: what no other tool looks after."""

import ast
import fnmatch
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
LARGEST_FILE = 1 << 20

# `module.py` or `module.py:function`, and why it may be longer.
MAY_BE_LONGER: dict[str, str] = {}

# In brackets, so that this file does not hold what it looks for.
REGISTRY_HOSTS = re.compile(
    r"pyp[i]\.org|pythonhoste[d]\.org|npm[j]s\.(?:org|com)|deb\.debia[n]|crate[s]\.io|conda\.anacond[a]"
)
PRETENDING = re.compile(r"unittest[.]mock|Magic[M]ock|monkeypatch[.]setattr|\bmocker[.]")
LEFT_FOR_LATER = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X]|NotImplemented[E]rror)\b")
BROAD = {"Exception", "BaseException"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, without what .gitignore leaves out."""
    patterns = [".git", *(line.strip("/") for line in read(ROOT / ".gitignore").split())]

    def kept(names: Iterable[str]) -> list[str]:
        return [name for name in names if not any(fnmatch.fnmatch(name, p) for p in patterns)]

    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = kept(folders)
        found += [Path(folder, name) for name in kept(names)]
    return tuple(sorted(found))


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """Every Python file: its name, its text and its tree; what Django wrote is left out."""
    for path in files():
        if path.suffix == ".py" and path.parent.name != "migrations":
            text = read(path)
            yield str(path.relative_to(ROOT)), text, ast.parse(text)


def read(path: Path) -> str:
    """The text, or nothing where it is none."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Where the pattern stands, as `file:line: text`."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in files()
        for number, line in enumerate(read(path).splitlines(), 1)
        if pattern.search(line)
    ]


def test_every_module_says_what_it_is_for() -> None:
    assert [name for name, _, tree in modules() if not ast.get_docstring(tree)] == []


def test_modules_and_functions_are_short() -> None:
    long = {}
    for name, text, tree in modules():
        if (length := len(text.splitlines())) > LONGEST_MODULE:
            long[name] = length
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # Without its arguments: a command has one for each of its options.
                length = (node.end_lineno or 0) - node.body[0].lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{name}:{node.name}"] = length
    assert {name: length for name, length in long.items() if name not in MAY_BE_LONGER} == {}
    assert set(MAY_BE_LONGER) <= set(long), "an exception that is not needed any more"


def test_no_handler_swallows_everything() -> None:
    assert [
        f"{name}:{node.lineno}"
        for name, _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in BROAD))
        and all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
    ] == []


def test_nothing_pretends() -> None:
    assert lines_with(PRETENDING) == []


def test_nothing_is_left_for_later() -> None:
    assert lines_with(LEFT_FOR_LATER) == []


def test_no_file_names_a_package_registry() -> None:
    assert lines_with(REGISTRY_HOSTS) == []


def test_no_file_is_large() -> None:
    sizes = {str(path.relative_to(ROOT)): path.stat().st_size for path in files()}
    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE} == {}
