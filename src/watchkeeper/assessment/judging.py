"""Judging: the product's controls here, a tenant's in a process of its own."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Unpack

import pyarrow as pa

from watchkeeper.assessment import confined, engine
from watchkeeper.assessment.engine import Judged, Terms
from watchkeeper.model.control import Control

__all__ = ["Judged", "judge", "judging"]


def judging(
    control: Control, tables: dict[str, pa.Table], **terms: Unpack[Terms]
) -> AbstractContextManager[Judged]:
    """As `engine.judging`, where the control belongs."""
    place = confined.judging if control.tenant else engine.judging
    return place(control, tables, **terms)


def judge(control: Control, tables: Mapping[str, pa.Table], **terms: Unpack[Terms]) -> pa.Table:
    """The items of `judging`, all of them in one table."""
    with judging(control, dict(tables), **terms) as judged:
        return judged.items.read_all()
