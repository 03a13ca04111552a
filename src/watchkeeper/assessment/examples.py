"""A control's examples, judged: what a page promises against what its SQL says."""

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa

from watchkeeper.assessment import engine
from watchkeeper.assessment.engine import Terms
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.columns import ARROW_TYPES
from watchkeeper.controls.values import EXAMPLE_NOW, columns_of, rows
from watchkeeper.model.control import Control, Example
from watchkeeper.resources import everything as resources


def tables(
    control: Control, example: Example, now: datetime = EXAMPLE_NOW
) -> Mapping[str, pa.Table]:
    """The input tables of an example, typed as collections are."""
    columns = columns_of(control, resources())
    return {
        name: pa.Table.from_pylist(
            values,
            pa.schema([(column, ARROW_TYPES[kind]) for column, kind in columns[name].items()]),
        )
        for name, values in rows(example, columns, now).items()
    }


def disagreements(control: Control, example: Example, sandbox: Sandbox) -> list[str]:
    """Where the SQL says something else than the example; empty when they agree.

    It is judged in this process: a tenant's control is tried in its own, see `trial`. Raises
    ControlFaulty when the SQL cannot be judged at all.
    """
    given = dict(tables(control, example))
    terms = Terms(now=EXAMPLE_NOW, parameters=example.parameters)
    with engine.judging(control, given, sandbox, **terms) as judged:
        found = {row["subject"]: row for row in judged.items.read_all().to_pylist()}
    said: list[str] = []
    for subject, (outcome, reason) in example.expected.items():
        item = found.pop(subject, None)
        if item is None:
            said.append(f"{example.name}: {subject} is not listed")
        elif item["outcome"] != outcome:
            said.append(
                f"{example.name}: {subject} is {item['outcome']} ({item['reason']}), "
                f"expected {outcome}"
            )
        elif reason and item["reason"] != reason:
            said.append(f"{example.name}: {subject} says {item['reason']!r}, expected {reason!r}")
    said += [f"{example.name}: {subject} is listed and not expected" for subject in found]
    return said
