"""Nothing collected for longer than the interval, and why."""

from collections.abc import Iterator

from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight, named


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """One diagnosis for all that is overdue: the cause is nearly always one."""
    late = [each for each in facts.fresh.values() if each.overdue(facts.now)]
    if not late:
        return
    oldest = min((each.due for each in late if each.due is not None), default=None)
    told = [f"Overdue: {named([each.resource.title for each in late])}."]
    connection = facts.connection
    run = connection.newest_run
    if connection.paused:
        title = "Nothing is collected: the connection is paused"
        step = "Resume it. What was missed is made up for and recorded as a gap."
    elif connection.state in {"token dead", "token lost", "unreachable", "failed"}:
        title = "Nothing was collected for longer than its interval"
        step = "Mend what is told above; what was missed is then made up for."
    elif run is not None and run.state == "waiting":
        title = "A collection waits and no worker takes it"
        told.append(f"It was asked for on {run.started:%Y-%m-%d %H:%M} UTC.")
        step = "See that a worker runs: `watchkeeper doctor`, `watchkeeper jobs`."
    elif run is not None and run.state == "running":
        title = "A collection takes longer than its interval"
        told.append(f"It runs since {run.started:%Y-%m-%d %H:%M} UTC.")
        step = "Give slow resources a longer interval with Edit Connection, or more workers."
    else:
        title = "Nothing was collected for longer than its interval"
        step = "See that `watchkeeper up` or a worker runs all the time: `watchkeeper doctor`."
    yield Diagnosis(
        Weight.STOPPED if connection.paused else Weight.BLIND, title, tuple(told), step, oldest
    )
