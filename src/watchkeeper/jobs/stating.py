"""Asking for statements and deciding on them in an installation: sealed, audited, judged again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection as database
from django.db import transaction

from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.jobs import runs
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.model.control import Control, Scalar
from watchkeeper.model.statement import Attestation, ExceptionRecord, ScopeRule, State
from watchkeeper.statements import deciding, reading
from watchkeeper.statements import settings as thresholds
from watchkeeper.statements.concerned import concerned, concerned_by_setting
from watchkeeper.statements.reading import SCOPE_RULES, Sort, Statement

_LOCK = 7_265_013  # any number, as long as every Watchkeeper takes the same

ACTS: dict[str, State] = {
    "approve": State.APPROVED,
    "reject": State.REJECTED,
    "revoke": State.REVOKED,
}
"""What can be done about a statement, and what it is then."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: as statements name the person, and as the audit trail does, their key included.

    Two keys of one person are one person: they cannot request and approve.
    """

    person: str
    name: str


def request(
    locker: Locker, connection: str, actor: Actor, ask: Callable[[], Statement]
) -> Statement:
    """Seals what is asked for, as `ask` does. Raises UsageError for what cannot be."""
    with alone(connection) as held:
        found = ask()
        _record(actor, found, "requested", connection)
    index(locker, held)
    return found


def decide(
    locker: Locker, connection: str, actor: Actor, act: str, identity: str, remark: str
) -> Statement:
    """Approves, rejects or revokes; controls that it concerns are judged again.

    Raises UsageError for what cannot be done, and for an act that is none of ACTS.
    """
    if act not in ACTS:
        raise UsageError(f"{act!r} cannot be done.", hint=f"There are: {', '.join(ACTS)}.")
    with alone(connection) as held:
        before = reading.one(locker, connection, identity)[1]
        done = {
            "approve": deciding.approve,
            "reject": deciding.reject,
            "revoke": deciding.revoke,
        }[act](locker, connection, identity, actor.person, remark)
        _record(actor, done, ACTS[act].value, connection, remark=remark.strip())
        controls = set(concerned(done, catalogue()))
        if isinstance(done, ScopeRule) and done.replaces and act == "approve":
            former = reading.one(locker, connection, done.replaces)[1]
            controls.update(concerned(former, catalogue()))
    index(locker, held)
    if State.APPROVED in {before.decided.state, done.decided.state}:
        runs.ask_judging(connection, controls, trigger=actor.name)
    return done


def set_parameter(
    locker: Locker,
    connection: str,
    actor: Actor,
    control: Control,
    parameter: str,
    value: Scalar | None,
    reason: str,
) -> None:
    """Sets a parameter of a control, None: the page's default; it is judged again."""
    with alone(connection) as held:
        before = reading.settings(locker, connection).get(control.id, {}).get(parameter)
        thresholds.set_parameter(
            locker, connection, control, parameter, value, by=actor.person, reason=reason
        )
        record(
            actor.name,
            "parameter.set",
            f"{control.id}/{parameter}",
            connection=connection,
            value=value,
            before=before,
            reason=reason.strip(),
        )
    index(locker, held)
    runs.ask_judging(connection, concerned_by_setting(control.id, catalogue()), trigger=actor.name)


@contextmanager
def alone(name: str, lock: int = _LOCK) -> Iterator[Connection]:
    """The connection, for this transaction alone to state something of that `lock` about.

    So two people cannot decide on the same at the same moment. An advisory lock, not the row's:
    an index may hold that one. Raises UsageError for one that is not watched.
    """
    held = Connection.objects.filter(name=name, removed_at=None).first()
    if held is None:
        known = Connection.objects.filter(removed_at=None).values_list("name", flat=True)
        raise UsageError(
            f"There is no connection {name!r}.", hint=f"There are: {', '.join(known) or 'none'}."
        )
    with transaction.atomic():
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock, held.pk])
        yield held


def _record(actor: Actor, found: Statement, done: str, connection: str, **more: str) -> None:
    told: dict[str, str] = {"connection": connection} | {
        name: text for name, text in more.items() if text
    }
    match found:
        case ExceptionRecord():
            told |= {"control": found.control, "about": found.about}
        case Attestation():
            told |= {"kind": found.kind, "about": found.subject}
        case ScopeRule():
            told |= {"rule": found.name, "about": found.selector.words}
    record(actor.name, f"{_word(found)}.{done}", found.decided.id, **told)


def _word(found: Statement) -> str:
    sort: Sort = next(
        (each for each in reading.SORTS.values() if found.decided.id.startswith(each.prefix)),
        SCOPE_RULES,
    )
    return sort.word.replace(" ", "_")
