"""The process that runs a tenant's SQL: reads its job, puts up the walls, answers, ends."""

import json
import os
import pickle
import sys
from dataclasses import replace
from datetime import timedelta
from typing import IO, Any

import pyarrow as pa

from watchkeeper.assessment import engine, trial
from watchkeeper.assessment.confined import walls
from watchkeeper.assessment.confined.job import Job, judged_as_json
from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.assessment.statement import brought
from watchkeeper.controls import prelude
from watchkeeper.resources import everything as resources

_GRACE = timedelta(seconds=1)  # the engine stops itself at its time, as a rule


def main() -> None:
    """Once; ends without the interpreter's tidying, which has nothing to tidy."""
    answer = _answer()
    job: Job = pickle.load(sys.stdin.buffer)  # noqa: S301 - our own process asks
    job = replace(job, control=replace(job.control, tenant=False))  # here is where it belongs
    tables = {name: pa.ipc.open_stream(sys.stdin.buffer).read_all() for name in job.tables or ()}
    for needed in (prelude, resources, brought):  # read now: later no file can be opened
        needed()
    walls.confine((job.timeout + _GRACE).total_seconds())
    try:
        if job.tables is None:
            _try(answer, job)
        else:
            _judge(answer, job, tables)
    except ControlFaulty as fault:
        _say(answer, {"faulty": fault.message, "hint": fault.hint})
    except MemoryError:
        _say(answer, {"faulty": engine.too_much(job.control).message, "hint": ""})
    answer.flush()
    os._exit(0)


def _answer() -> IO[bytes]:
    """Where answers go; whatever else a library prints goes nowhere."""
    answer = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return answer


def _try(answer: IO[bytes], job: Job) -> None:
    with Sandbox() as sandbox:
        attempt = trial.trial if job.thorough else trial.look
        _say(answer, attempt(job.control, sandbox).as_json())


def _judge(answer: IO[bytes], job: Job, tables: dict[str, pa.Table]) -> None:
    with (
        Sandbox(job.memory_limit, job.timeout) as sandbox,
        engine.judging(
            job.control,
            tables,
            sandbox,
            now=job.now,
            parameters=job.parameters,
            deviations=job.deviations,
            on_loaded=walls.open_nothing_more,
        ) as judged,
    ):
        walls.end_after(job.timeout.total_seconds())  # writing is not judging
        _say(answer, judged_as_json(judged))
        with pa.ipc.new_stream(answer, judged.items.schema) as stream:
            for batch in judged.items:
                stream.write_batch(batch)


def _say(answer: IO[bytes], document: dict[str, Any]) -> None:
    answer.write(json.dumps(document).encode() + b"\n")
    answer.flush()


if __name__ == "__main__":
    main()
