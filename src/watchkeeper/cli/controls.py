"""`watchkeeper controls`: which there are, a page, and trying those you wrote."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchkeeper.cli._console import AsJson, ControlsFolder, output, print_json, visible
from watchkeeper.errors import UsageError

if TYPE_CHECKING:
    from watchkeeper.model.control import Control


class Action(StrEnum):
    """What to do about controls."""

    LIST = "list"
    SHOW = "show"
    LINT = "lint"
    TEST = "test"


@dataclass(frozen=True)
class Looked:
    """A page that was looked at; `control` is empty where it is none."""

    file: str
    control: str
    examples: int
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()


def command(
    action: Annotated[Action, typer.Argument(help="list, show, lint or test.")] = Action.LIST,
    what: Annotated[
        str,
        typer.Argument(
            metavar="[ID|PATH]",
            help="To show: a control's id. To lint and test: a page or a folder of pages.",
        ),
    ] = "",
    controls: ControlsFolder = None,
    as_json: AsJson = False,
) -> None:
    """List the controls, show a page; check the pages you wrote, and try them.

    `lint` says what keeps a page from being a control, a sentence for each fault: its parts, what
    it names, its SQL. `test` judges its examples too, and what no control may do: pass where
    nothing is known. Your SQL runs as it would in earnest, in a process of its own without files,
    network or settings, for so long and with so much memory and no more.

    Your pages are those of --controls, else of WATCHKEEPER_CONTROLS.

    Exit code of lint and test: 0 nothing is wrong; 1 something is; 2 there is nothing to look at.

    JSON: of list [{"control", "title", "severity", "version", "tenant"}]; of show {"control",
    "page", "sha256"}; of lint and test [{"file", "control", "examples", "faults", "notes"}].
    """
    from watchkeeper.cli._report import use_controls

    if action in {Action.LINT, Action.TEST}:
        looked = list(_looked(what, controls, tried=action is Action.TEST))
        _tell(looked, tried=action is Action.TEST, as_json=as_json)
        raise typer.Exit(1 if any(each.faults for each in looked) else 0)
    use_controls(controls)
    if action is Action.SHOW:
        _show(what, as_json=as_json)
    else:
        _list(as_json=as_json)


def _list(*, as_json: bool) -> None:
    from rich import box
    from rich.table import Table

    from watchkeeper.cli._report import tell_of_faulty
    from watchkeeper.controls import catalogue

    found = list(catalogue().values())
    if as_json:
        print_json(
            [
                {
                    "control": each.id,
                    "title": each.title,
                    "severity": each.severity.value,
                    "version": each.version,
                    "tenant": each.tenant,
                }
                for each in found
            ]
        )
    else:
        table = Table(header_style="bold", box=box.SIMPLE_HEAD)
        for heading in ("Control", "Severity", "Version", "Title"):
            table.add_column(heading)
        for each in found:
            yours = " (yours)" if each.tenant else ""
            table.add_row(each.id, each.severity.value, each.version, visible(each.title) + yours)
        output().print(table)
    if tell_of_faulty():
        raise typer.Exit(1)


def _show(identity: str, *, as_json: bool) -> None:
    from watchkeeper.cli._statements import control_of

    if not identity:
        raise UsageError("Say which control to show.", hint="`watchkeeper controls` lists them.")
    control = control_of(identity)
    if as_json:
        told = {"control": control.id, "page": control.page, "sha256": control.sha256}
        print_json(told)
    else:
        print("\n".join(visible(line) for line in control.page.splitlines()))


def _looked(what: str, controls: Path | None, *, tried: bool) -> Iterator[Looked]:
    """Every page that was named, looked at; raises UsageError where there is none."""
    from watchkeeper.controls import ids, tenant

    place = Path(what).expanduser() if what else controls
    if place is None:
        raise UsageError(
            "Say where your controls are.", hint="Name a page or a folder, or set --controls."
        )
    try:
        pages = [place / name for name in tenant.listed(place)] if place.is_dir() else [place]
    except OSError as error:
        raise UsageError(f"{place} cannot be listed ({error.strerror}).") from error
    if not pages:
        raise UsageError(f"{place} holds no page (*.md).", hint="One page is one control.")
    if not place.is_dir() and not place.is_file():
        raise UsageError(f"There is no page and no folder {place}.")
    for page in pages:
        found = tenant.read_page(page, ids())
        if isinstance(found, tenant.Faulty):
            yield Looked(found.file, "", 0, found.faults)
        else:
            yield _tried(page, found, tried=tried)


def _tried(page: Path, control: "Control", *, tried: bool) -> Looked:
    from watchkeeper.assessment import confined
    from watchkeeper.assessment.faulty import ControlFaulty

    ask = confined.try_out if tried else confined.look_at
    try:
        found = ask(control)
    except ControlFaulty as fault:
        words = f"{fault.message} {fault.hint}".strip()
        return Looked(page.name, control.id, len(control.examples), (words,))
    return Looked(page.name, control.id, len(control.examples), *found)


def _tell(looked: Iterable[Looked], *, tried: bool, as_json: bool) -> None:
    if as_json:
        print_json([_as_document(each) for each in looked])
        return
    for each in looked:
        if each.faults:
            many = "1 fault" if len(each.faults) == 1 else f"{len(each.faults)} faults"
            print(f"✗ {visible(each.file)}: {many}")
        else:
            examples = f", {each.examples} examples" if tried else ""
            print(f"✓ {visible(each.file)}: nothing wrong{examples}")
        for fault in each.faults:
            print(f"  {visible(fault)}")
        for note in each.notes:
            print(f"  · {visible(note)}")


def _as_document(each: Looked) -> dict[str, Any]:
    return {
        "file": each.file,
        "control": each.control or None,
        "examples": each.examples,
        "faults": list(each.faults),
        "notes": list(each.notes),
    }
