"""`watchkeeper thresholds`: the parameters of controls as a company sets them."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchkeeper.cli import _statements as shared
from watchkeeper.cli._console import AsJson, Connection, output, print_json, visible
from watchkeeper.cli._installation import DataFolderOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from watchkeeper.statements.versions import Setting


class Action(StrEnum):
    """What to do about parameters."""

    LIST = "list"
    SET = "set"
    RESET = "reset"


def command(
    action: Annotated[Action, typer.Argument(help="list, set or reset.")] = Action.LIST,
    control: Annotated[str, typer.Argument(metavar="[CONTROL]", help="Such as HLT-01.")] = "",
    parameter: Annotated[
        str, typer.Argument(metavar="[PARAMETER]", help="Such as laptop_days.")
    ] = "",
    value: Annotated[str, typer.Argument(metavar="[VALUE]", help="To set.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is changed.")] = "",
    locker: shared.PlainLocker = None,
    connection: Connection = None,
    by: shared.By = "",
    data: DataFolderOption = None,
    as_json: AsJson = False,
) -> None:
    """List what was set, set a parameter of a control, give its default back.

    Each change is sealed with its reason and holds from the next assessment on.

    JSON: a list of {"control", "parameter", "value", "by", "at", "reason", "collection"}, every
    change, the oldest first; `value` is null where the default was given back.
    """
    from watchkeeper.controls.parameters import EVERY
    from watchkeeper.errors import UsageError
    from watchkeeper.statements.settings import typed
    from watchkeeper.statements.versions import settings_of_locker

    needed = {Action.LIST: 0, Action.SET: 3, Action.RESET: 2}[action]
    if len([each for each in (control, parameter, value) if each]) < needed:
        raise UsageError(
            f"`watchkeeper thresholds {action.value}` needs a control, a parameter"
            + (" and a value." if action is Action.SET else "."),
            hint="As in: watchkeeper thresholds set HLT-01 laptop_days 7",
        )
    with shared.desk(locker, connection, by, data) as here:
        if action is not Action.LIST:
            declared = shared.control_of(control, here)
            known = {each.name: each for each in declared.parameters}
            known |= {name: each for name, each in EVERY.items() if name not in known}
            if parameter not in known:
                raise UsageError(
                    f"{declared.id} has no parameter {parameter!r}.",
                    hint=f"It has: {', '.join(known)}.",
                )
            wanted = typed(value, known[parameter].default) if action is Action.SET else None
            here.set_parameter(declared, parameter, wanted, reason)
        found = [
            each
            for each in settings_of_locker(here.locker, here.connection)
            if control.upper() in {"", each.control} and parameter in {"", each.parameter}
        ]
    _tell(found, as_json=as_json)


def _tell(found: "Iterable[Setting]", *, as_json: bool) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    told = [_document(each) for each in found]
    if as_json:
        print_json(told)
        return
    if not told:
        print("Nothing was set: every control is judged with the defaults of its page.")
        return
    table = Table(header_style="bold", box=box.SIMPLE_HEAD)
    for heading in ("Control", "Parameter", "Set to", "By", "When (UTC)", "Reason"):
        table.add_column(heading, overflow="fold")
    for each in told:
        shown = "its default" if each["value"] is None else str(each["value"])
        cells = (each["control"], each["parameter"], shown, each["by"], each["at"], each["reason"])
        table.add_row(*(Text(visible(cell)) for cell in cells))
    output().print(table)


def _document(setting: "Setting") -> dict[str, Any]:
    import json

    from watchkeeper.clock import rfc3339

    return {
        "control": setting.control,
        "parameter": setting.parameter,
        "value": json.loads(setting.value) if setting.value else None,
        "by": setting.by,
        "at": rfc3339(setting.at),
        "reason": setting.reason,
        "collection": setting.path,
    }
