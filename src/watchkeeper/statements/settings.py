"""The thresholds that a company chooses for its controls."""

import json
from datetime import datetime
from typing import Any

from watchkeeper.controls.parameters import EVERY, effective
from watchkeeper.errors import UsageError
from watchkeeper.locker import stated
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.stated import Document
from watchkeeper.model.control import Control, Scalar
from watchkeeper.resources import everything


def set_parameter(
    locker: Locker,
    connection: str,
    control: Control,
    parameter: str,
    value: Scalar | None,
    *,
    by: str,
    reason: str,
) -> None:
    """Sets a parameter of a control from the next assessment on; None gives the default back.

    Raises UsageError for a parameter that the control does not have, and outside its bounds.
    """
    if value is not None or parameter not in {**control.defaults, **EVERY}:
        effective(control, {parameter: value if value is not None else 0})
    if not by.strip() or not reason.strip():
        raise UsageError("A threshold is changed by somebody, for a reason.", hint="Say both.")
    now: datetime = locker.clock.now()
    row: dict[str, Any] = {
        "id": f"{control.id}/{parameter}",
        "control": control.id,
        "parameter": parameter,
        "value": json.dumps(value),
        "reason": reason.strip(),
        "changed_by": by.strip(),
        "recorded_at": now,
    }
    stated.seal(
        locker,
        connection,
        everything()["control_settings"],
        stated.Statement(rows=[row], documents=[Document(stated.document(row))], by=by.strip()),
    )


def typed(text: str, default: Scalar) -> Scalar:
    """A value as typed, of the type of the default; raises UsageError."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(default, int):
            return int(text)
        return float(text) if isinstance(default, float) else text
    except (ValueError, KeyError):
        what = "true or false" if isinstance(default, bool) else "a number"
        raise UsageError(f"{text[:40]!r} is not {what}.") from None
