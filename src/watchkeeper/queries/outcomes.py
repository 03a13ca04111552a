"""What controls found for one subject, and for what belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome
from watchkeeper.queries import items, shelf
from watchkeeper.queries.standing import Standing


@dataclass(frozen=True, slots=True)
class SubjectOutcome:
    """What one control found for a subject, or for something that belongs to it.

    `about` names the latter, and is empty for the subject itself.
    """

    standing: Standing
    outcome: Outcome
    reason: str
    about: str


def outcomes(
    locker: Locker, judged: Sequence[Standing], subject: str, others: Sequence[str] = ()
) -> tuple[SubjectOutcome, ...]:
    """What controls found for the subject (`agent:226`) and for others, failures first."""
    tables = {items.made(locker, each.path): each for each in judged if each.counts.total}
    columns = "subject, name, outcome, reason"
    found = [
        SubjectOutcome(
            standing=tables[table],
            outcome=Outcome(row["outcome"]),
            reason=row["reason"] or "",
            about="" if row["subject"] == subject else row["name"] or row["subject"],
        )
        for table, row in shelf.find(list(tables), columns, [subject, *others])
    ]
    order = list(Outcome)
    return tuple(
        sorted(
            found,
            key=lambda each: (order.index(each.outcome), each.standing.weight, each.about),
        )
    )
