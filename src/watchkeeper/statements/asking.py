"""Asking for a statement: whether it can be one, and its first version."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watchkeeper.assessment import places
from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.control import Control
from watchkeeper.model.statement import (
    DEFAULT_DAYS,
    KINDS,
    MOST_DAYS,
    SHORTEST_REASON,
    Attestation,
    Decided,
    ExceptionRecord,
    Kind,
    ScopeRule,
    Selector,
    State,
)
from watchkeeper.statements import reading, sealing, subjects
from watchkeeper.statements.faults import Faults
from watchkeeper.statements.reading import ATTESTATIONS, EXCEPTIONS, SCOPE_RULES, Sort

_SUBJECT = re.compile(r"[a-z][a-z0-9_]*:[^\s]{1,200}")
_LONGEST_TEXT = 4000
_MOST_DIGESTS = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What everybody says who asks for a statement.

    Without `expires_at` it lasts as long as its sort says, from `valid_from`, which is now unless
    it is said. Times are UTC. With `only_look` nothing is sealed: it is looked at whether it could.
    """

    by: str
    ticket: str = ""
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    only_look: bool = False


@dataclass(frozen=True, slots=True)
class ExceptionAsked:
    """What an exception is asked for: one subject as items name it, or a selector; and why."""

    control: Control
    reason: str
    risk: str
    measure: str
    subject: str = ""
    selector: Selector = field(default_factory=Selector)


def exception(
    locker: Locker,
    connection: str,
    wanted: ExceptionAsked,
    asked: Asked,
) -> ExceptionRecord:
    """Asks for an exception; it holds once another person approves it.

    Raises Unfit, with all that is wrong with it; so do the others here.
    """
    faults = Faults()
    with faults.of("subject"):
        _ensure_covers(locker, connection, wanted)
    reason = risk = measure = ""
    with faults.of("reason"):
        reason = _text("The reason", wanted.reason, SHORTEST_REASON)
    with faults.of("risk"):
        risk = _text("The risk", wanted.risk, 1)
    with faults.of("measure"):
        measure = _text("The compensating measure", wanted.measure, 1)
    with faults.of("expires_at"):
        decided = _asked(locker, asked, EXCEPTIONS, DEFAULT_DAYS, MOST_DAYS)
    faults.tell()
    record = ExceptionRecord(
        decided=decided,
        control=wanted.control.id,
        control_version=wanted.control.version,
        subject=wanted.subject,
        selector=wanted.selector,
        reason=reason,
        risk=risk,
        measure=measure,
        observed=_failing(locker, connection, wanted),
    )
    return (
        record
        if asked.only_look
        else sealing.seal(locker, connection, EXCEPTIONS, record, asked.by)
    )


def _ensure_covers(locker: Locker, connection: str, wanted: ExceptionAsked) -> None:
    if bool(wanted.subject) == bool(wanted.selector):
        raise UsageError(
            "An exception covers one subject or the subjects of a selector.",
            hint="Give either a subject such as agent:123, or sites, groups, tags, machine types.",
        )
    if not wanted.subject:
        return
    if not _SUBJECT.fullmatch(wanted.subject):
        raise UsageError(
            f"{wanted.subject!r} is no subject.", hint="Items name theirs, as agent:123."
        )
    subjects.ensure_judged(locker, connection, wanted.control.id, wanted.subject)


def attestation(
    locker: Locker,
    connection: str,
    kind: str,
    statement: str,
    asked: Asked,
    *,
    subject: str = "",
    data: Mapping[str, str] | None = None,
) -> Attestation:
    """Asks for an attestation; it holds once another person approves it. Raises UsageError."""
    declared = KINDS.get(kind)
    if declared is None:
        raise UsageError(
            f"{kind!r} is no kind of attestation.", hint=f"There are: {', '.join(KINDS)}."
        )
    given = dict(data or {})
    faults = Faults()
    with faults.of("subject"):
        _ensure_about(locker, connection, declared, subject)
    for name in (*given, *(each for each in declared.needed if each not in given)):
        with faults.of(f"data_{name}"):
            _ensure_holds(declared, name, given.get(name, ""))
    words = ""
    with faults.of("statement"):
        words = _text("The statement", statement, SHORTEST_REASON)
    with faults.of("expires_at"):
        decided = _asked(locker, asked, ATTESTATIONS, declared.days, declared.days)
    faults.tell()
    record = Attestation(decided, kind, subject, words, given)
    return (
        record
        if asked.only_look
        else sealing.seal(locker, connection, ATTESTATIONS, record, asked.by)
    )


def _ensure_about(locker: Locker, connection: str, kind: Kind, subject: str) -> None:
    if not kind.may_name(subject):
        named = ", ".join(f"{each}ID" if each.endswith(":") else each for each in kind.subjects)
        raise UsageError(
            f"An attestation {kind.name!r} cannot be about {subject or 'nothing'!r}.",
            hint=f"Name one of: {named or 'nothing at all'}.",
        )
    if ":" in subject:
        readers = [each for each in catalogue().values() if f"'{kind.name}'" in each.logic]
        subjects.ensure_known(locker, connection, readers, subject)


def _ensure_holds(kind: Kind, name: str, value: str) -> None:
    if name not in kind.data:
        known = ", ".join(kind.data) or "none"
        raise UsageError(
            f"An attestation {kind.name!r} holds no value {name!r}.", hint=f"It has: {known}."
        )
    if name in kind.needed and not value:
        raise UsageError(
            f"An attestation {kind.name!r} needs the value {name!r}: {kind.data[name]}."
        )


def scope_rule(
    locker: Locker,
    connection: str,
    name: str,
    selector: Selector,
    reason: str,
    asked: Asked,
    *,
    controls: Iterable[str] = (),
    replaces: str = "",
) -> ScopeRule:
    """Asks for a scope rule, or with `replaces` (an id) for its next version. Raises UsageError.

    The version before holds until the new one is approved.
    """
    faults = Faults()
    if not selector:
        faults.found["sites"] = UsageError(
            "A scope rule without a site, group, tag or machine type would exclude nothing."
        )
    version = 1
    with faults.of("replaces"):
        if replaces:
            _, before = reading.one(locker, connection, replaces)
            if not isinstance(before, ScopeRule):
                raise UsageError(f"{replaces} is no scope rule.")
            version, replaces = before.version + 1, before.decided.id
    title = why = ""
    with faults.of("name"):
        title = _text("The name", name, 1)
    with faults.of("reason"):
        why = _text("The reason", reason, SHORTEST_REASON)
    with faults.of("expires_at"):
        decided = _asked(locker, asked, SCOPE_RULES, MOST_DAYS, MOST_DAYS)
    faults.tell()
    record = ScopeRule(
        decided=decided,
        name=title,
        version=version,
        selector=selector,
        controls=tuple(controls),
        reason=why,
        replaces=replaces,
    )
    return (
        record
        if asked.only_look
        else sealing.seal(locker, connection, SCOPE_RULES, record, asked.by)
    )


def _asked(locker: Locker, asked: Asked, sort: Sort, days: int, most: int) -> Decided:
    now = locker.clock.now()
    if not asked.by.strip():
        raise UsageError(f"Nobody asks for this {sort.word}.", hint="Say who does.")
    begins = asked.valid_from or now
    ends = asked.expires_at or begins + timedelta(days=days)
    if ends <= now or ends <= begins:
        raise UsageError(f"This {sort.word} would end before it begins.", hint="Give a later end.")
    if ends > begins + timedelta(days=most):
        raise UsageError(
            f"This {sort.word} would last until {ends:%Y-%m-%d}; the longest is {most} days.",
            hint="Give an earlier end, and ask for a new one in time.",
        )
    return Decided(
        id=f"{sort.prefix}-{secrets.token_hex(5).upper()}",
        state=State.REQUESTED,
        requested_by=asked.by.strip(),
        requested_at=now,
        ticket=asked.ticket.strip(),
        valid_from=begins,
        expires_at=ends,
    )


def _text(what: str, text: str, shortest: int) -> str:
    found = " ".join(text.split())
    if len(found) < shortest:
        raise UsageError(
            f"{what} has {len(found)} characters, the least is {shortest}.",
            hint="Say enough for somebody who reads it in a year.",
        )
    if len(found) > _LONGEST_TEXT:
        raise UsageError(f"{what} has {len(found):,} characters, the most is {_LONGEST_TEXT:,}.")
    return found


def _failing(locker: Locker, connection: str, wanted: ExceptionAsked) -> dict[str, str]:
    """By subject: the digest of the values that fail now; nothing for more than 20,000."""
    judged = locker.assessments(connection, wanted.control.id)
    if not judged:
        return {}
    items = locker.items(judged[-1])
    if "digest" not in items.column_names:
        return {}
    rows = zip(items["subject"].to_pylist(), items["digest"].to_pylist(), strict=True)
    digests = {subject: digest for subject, digest in rows if digest}
    if wanted.subject:
        covered = {wanted.subject}
    else:
        placed = places.table(locker, locker.collections(connection))
        covered = set(places.matching(placed, wanted.selector).to_pylist())
    found = {name: digest for name, digest in digests.items() if name in covered}
    return found if len(found) <= _MOST_DIGESTS else {}
