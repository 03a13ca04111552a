"""Whether there is a subject of that name: what is stated about nobody would help nobody."""

from collections.abc import Iterable, Mapping

from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Assessment
from watchkeeper.model.control import Control

_CONTROL = "control"
_LISTED: Mapping[str, str] = {
    "account": "accounts",
    "agent": "agents",
    "group": "groups",
    "service_user": "service_users",
    "site": "sites",
    "user": "users",
}
"""By the kind of a subject: the resource whose newest complete collection lists all of them."""


def judged_of(locker: Locker, connection: str, control: str) -> Assessment | None:
    """The newest assessment of a control that has subjects; None where there is none."""
    found = locker.assessments(connection, control)
    return next((each for each in reversed(found) if each.counts.total), None)


def is_judged(locker: Locker, assessment: Assessment, subject: str) -> bool:
    """Whether an assessment lists the subject, whatever it says of it."""
    return int(locker.items(assessment)["subject"].index(subject).as_py()) >= 0


def ensure_judged(locker: Locker, connection: str, control: str, subject: str) -> None:
    """Raises UsageError where the control was judged and does not ask about the subject."""
    judged = judged_of(locker, connection, control)
    if judged is not None and not is_judged(locker, judged, subject):
        raise UsageError(
            f"{subject} is no subject of {control}: it is none of the {judged.counts.total:,} "
            f"that were judged on {judged.judged_at:%Y-%m-%d, %H:%M} UTC.",
            hint="Copy it from the items on the control's page.",
        )


def ensure_known(locker: Locker, connection: str, readers: Iterable[Control], subject: str) -> None:
    """Raises UsageError for a subject that was looked for and is not there.

    That is: neither the newest collection that would list it does, nor an assessment of one of the
    controls that read it (`readers`). What nothing was judged or collected for is taken as said.
    """
    kind, _, identity = subject.partition(":")
    if kind == _CONTROL:
        if identity not in catalogue():
            raise UsageError(f"There is no control {identity!r}.", hint="Give one as HLT-02.")
        return
    looked = False
    for control in readers:
        judged = judged_of(locker, connection, control.id)
        if judged is None:
            continue
        if is_judged(locker, judged, subject):
            return
        looked = looked or _judges(judged, kind, locker)
    if kind in _LISTED:
        newest = locker.newest_first(connection, _LISTED[kind])
        found = next((each for each in newest if each.complete and not each.subject), None)
        if found is not None:
            if locker.table(found, ["id"])["id"].index(identity).as_py() >= 0:
                return
            looked = True
    if looked:
        raise UsageError(
            f"There is no {subject} in what was collected and judged last.",
            hint="Copy it from the items on a control's page.",
        )


def _judges(assessment: Assessment, kind: str, locker: Locker) -> bool:
    """Whether an assessment is about subjects of that kind."""
    subjects = locker.items(assessment)["subject"].to_pylist()
    return any(each.startswith(f"{kind}:") for each in subjects)
