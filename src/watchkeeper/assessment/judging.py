"""Judging: the product's controls here, a tenant's in a process of its own."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Unpack

import pyarrow as pa

from watchkeeper.assessment import confined, engine
from watchkeeper.assessment.engine import Judged, Terms
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.model.control import Control

__all__ = ["Judged", "judge", "judging"]


def judging(
    control: Control, tables: dict[str, pa.Table], sandbox: Sandbox, **terms: Unpack[Terms]
) -> AbstractContextManager[Judged]:
    """As `engine.judging`, where the control belongs."""
    place = confined.judging if control.tenant else engine.judging
    return place(control, tables, sandbox, **terms)


def judge(
    control: Control,
    tables: Mapping[str, pa.Table],
    sandbox: Sandbox | None = None,
    **terms: Unpack[Terms],
) -> pa.Table:
    """The items of `judging`, all of them in one table; without a sandbox in one of its own."""
    if sandbox is None:
        with Sandbox() as own:
            return judge(control, tables, own, **terms)
    with judging(control, dict(tables), sandbox, **terms) as judged:
        return judged.items.read_all()
