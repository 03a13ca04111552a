"""What was so on a past day, and who has left a control's population since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from watchkeeper.ledger.models import AssessmentEntry
from watchkeeper.locker import items, layout
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome
from watchkeeper.queries import sealed
from watchkeeper.queries.paging import Page, page_of
from watchkeeper.queries.standing import Standing, standing_of

_BOTH: Final = f"""(SELECT * FROM {sealed.FROM} WHERE filename = $before) AS b
{{}} JOIN (SELECT * FROM {sealed.FROM} WHERE filename = $after) AS a USING (subject)"""  # noqa: S608
_IN: Final = "coalesce({}.outcome IN ('pass', 'fail', 'unknown'), false)"
_LEFT: Final = f"""SELECT subject, b.name, b.outcome, b.reason, coalesce(a.reason, '') AS why
FROM {_BOTH.format("LEFT")} WHERE {_IN.format("b")} AND NOT {_IN.format("a")}
ORDER BY b.outcome <> 'fail', lower(b.name), subject"""  # noqa: S608 - constants
_JOINED: Final = f"""SELECT count(*) AS number
FROM {_BOTH.format("RIGHT")} WHERE {_IN.format("a")} AND NOT {_IN.format("b")}"""  # noqa: S608
# The control whose items say why an agent is no longer there.
_EXPLAINS: Final = "COV-03"


def standings_at(connection: int, moment: datetime) -> tuple[Standing, ...]:
    """What every control said at that moment (UTC), worst first.

    Its newest assessment from before then, with what had grown too old by then: STALE as it was.
    """
    entries = (
        AssessmentEntry.objects.filter(connection=connection, judged_at__lte=moment)
        .order_by("control", "-judged_at", "-path")
        .distinct("control")
    )
    found = (standing_of(entry, moment) for entry in entries)
    return tuple(sorted(found, key=lambda each: each.weight))


@dataclass(frozen=True, slots=True)
class Gone:
    """A subject that was judged and is no longer: with what it said last, and why it is not."""

    subject: str
    name: str
    outcome: Outcome
    reason: str
    why: str


@dataclass(frozen=True, slots=True)
class Shrink:
    """How a population changed between two assessments of a control."""

    before: datetime
    after: datetime
    left: Page[Gone]
    joined: int
    population_before: int
    population_after: int


def shrink(
    locker: Locker, connection: int, control: str, number: int = 1, size: int = 25
) -> Shrink | None:
    """Who left the population between the two newest assessments that listed items.

    None when there are no two. Whoever failed and left comes first.
    """
    newest = list(
        AssessmentEntry.objects.filter(connection=connection, control=control)
        .exclude(passed=0, failed=0, not_applicable=0, unknown=0)
        .order_by("-judged_at", "-path")[:2]
    )
    if len(newest) < 2:  # noqa: PLR2004 - a before and an after
        return None
    after, before = newest
    gone, joined = _compared(locker, before.path, after.path)
    explained = _explanations(locker, connection, [each.subject for each in gone if not each.why])
    told = [
        each
        if each.why
        else Gone(each.subject, each.name, each.outcome, each.reason, _why(each, explained))
        for each in gone
    ]
    return Shrink(
        before=before.judged_at,
        after=after.judged_at,
        left=page_of(told, number, size),
        joined=joined,
        population_before=before.passed + before.failed + before.unknown,
        population_after=after.passed + after.failed + after.unknown,
    )


def _compared(locker: Locker, before: str, after: str) -> tuple[list[Gone], int]:
    files = sealed.vouched(locker, [before, after], layout.ITEMS)
    given = {"before": files[0], "after": files[1]}
    rows = sealed.select(files, _LEFT, given)
    joined = sealed.select(files, _JOINED, given)
    gone = [
        Gone(
            subject=row["subject"],
            name=row["name"] or "",
            outcome=Outcome(row["outcome"]),
            reason=row["reason"] or "",
            why=row["why"],
        )
        for row in rows
    ]
    return gone, joined[0]["number"]


def _explanations(locker: Locker, connection: int, subjects: list[str]) -> Mapping[str, str]:
    """What COV-03 said last of those that are no longer listed at all."""
    entry = AssessmentEntry.objects.filter(
        connection=connection, control=_EXPLAINS, newest=True
    ).first()
    if entry is None or not subjects or not entry.total:
        return {}
    return {
        row.subject: row.reason for row in items.of_subjects(locker.store, entry.path, subjects)
    }


def _why(gone: Gone, explained: Mapping[str, str]) -> str:
    found = explained.get(gone.subject)
    return f"{_EXPLAINS}: {found}" if found else "no longer listed by the console"
