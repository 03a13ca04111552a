"""Judging controls again over what is there: after somebody decided something, or a date came."""

from collections.abc import Callable
from typing import Any

from watchkeeper.assessment.assess import assess
from watchkeeper.controls import catalogue
from watchkeeper.ledger.index import index
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import Run
from watchkeeper.model.assessment import Assessment


def judge_again(run: Run, parts: Installation, check: Callable[[], None]) -> str:
    """Judges the controls of a run; why that did not go through, empty when it did.

    `check` is called after each control and raises when the worker is to stop; what was judged by
    then stands.
    """
    locker = parts.locker()
    controls = [each for name, each in catalogue().items() if name in run.controls]
    steps: dict[str, Any] = {
        each.id: {"title": f"{each.id} {each.title}", "rows": 0, "expected": None, "verdict": None}
        for each in controls
    }

    def judged(found: Assessment) -> None:
        steps[found.control] |= {"rows": found.counts.total, "verdict": found.result.value}
        Run.objects.filter(pk=run.pk).update(progress=steps)
        check()

    try:
        assess(locker, run.connection.name, controls, now=parts.clock.now(), on_progress=judged)
    finally:
        index(locker, run.connection)
    return ""
