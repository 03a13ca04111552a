"""Judging: the product's controls here, a tenant's in a process of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import pyarrow as pa

from watchkeeper.assessment import confined, engine
from watchkeeper.assessment.deviations import Deviations
from watchkeeper.assessment.engine import MEMORY_LIMIT, TIMEOUT, Judged
from watchkeeper.model.control import Control, Scalar

__all__ = ["Judged", "judge", "judging"]


@contextmanager
def judging(
    control: Control,
    tables: dict[str, pa.Table],
    *,
    now: datetime,
    parameters: Mapping[str, Scalar] | None = None,
    deviations: Deviations | None = None,
    memory_limit: str = MEMORY_LIMIT,
    timeout: timedelta = TIMEOUT,
) -> Iterator[Judged]:
    """As `engine.judging`, where the control belongs."""
    place = confined if control.tenant else engine
    with place.judging(
        control,
        tables,
        now=now,
        parameters=parameters,
        deviations=deviations,
        memory_limit=memory_limit,
        timeout=timeout,
    ) as judged:
        yield judged


def judge(
    control: Control,
    tables: Mapping[str, pa.Table],
    *,
    now: datetime,
    parameters: Mapping[str, Scalar] | None = None,
    memory_limit: str = MEMORY_LIMIT,
    timeout: timedelta = TIMEOUT,
) -> pa.Table:
    """The items of `judging`, all of them in one table."""
    with judging(
        control,
        dict(tables),
        now=now,
        parameters=parameters,
        memory_limit=memory_limit,
        timeout=timeout,
    ) as judged:
        return judged.items.read_all()
