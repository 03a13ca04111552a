"""Deciding on a statement: another person approves or rejects it, anybody may revoke it."""

from dataclasses import replace

from watchkeeper.errors import UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.statement import ScopeRule, State
from watchkeeper.statements import sealing
from watchkeeper.statements.reading import Statement, one


def approve(locker: Locker, connection: str, identity: str, by: str, remark: str = "") -> Statement:
    """Approves what was requested; holds from now on, not before. Raises UsageError.

    Whoever asked for it cannot approve it.
    """
    sort, found = one(locker, connection, identity)
    decided, now = found.decided, locker.clock.now()
    _must_be(found, State.REQUESTED, "approved")
    if _same(by, decided.requested_by):
        raise UsageError(
            f"{decided.id} was requested by {decided.requested_by}, who cannot approve it as well.",
            hint="Somebody else has to approve it.",
        )
    if decided.expires_at is not None and decided.expires_at <= now:
        raise UsageError(
            f"{decided.id} would have ended on {decided.expires_at:%Y-%m-%d}.",
            hint="Ask for a new one.",
        )
    begins = max(decided.valid_from or now, now)
    changed = replace(
        decided,
        state=State.APPROVED,
        decided_by=_who(by),
        decided_at=now,
        remark=remark.strip(),
        valid_from=begins,
    )
    approved = sealing.seal(locker, connection, sort, replace(found, decided=changed), by)
    if isinstance(found, ScopeRule) and found.replaces:
        _, before = one(locker, connection, found.replaces)
        if before.decided.state in {State.APPROVED, State.REQUESTED}:
            revoke(locker, connection, found.replaces, by, f"Replaced by {decided.id}.")
    return approved


def reject(locker: Locker, connection: str, identity: str, by: str, remark: str) -> Statement:
    """Rejects what was requested, with the reason why. Raises UsageError."""
    sort, found = one(locker, connection, identity)
    _must_be(found, State.REQUESTED, "rejected")
    changed = replace(
        found.decided,
        state=State.REJECTED,
        decided_by=_who(by),
        decided_at=locker.clock.now(),
        remark=_why(remark),
    )
    return sealing.seal(locker, connection, sort, replace(found, decided=changed), by)


def revoke(locker: Locker, connection: str, identity: str, by: str, remark: str) -> Statement:
    """Ends what was approved or requested, at once, with the reason why. Raises UsageError."""
    sort, found = one(locker, connection, identity)
    if found.decided.state not in {State.APPROVED, State.REQUESTED}:
        raise UsageError(f"{found.decided.id} is {found.decided.state.value} already.")
    changed = replace(
        found.decided,
        state=State.REVOKED,
        decided_by=_who(by),
        decided_at=locker.clock.now(),
        remark=_why(remark),
    )
    return sealing.seal(locker, connection, sort, replace(found, decided=changed), by)


def _must_be(found: Statement, state: State, done: str) -> None:
    if found.decided.state is not state:
        raise UsageError(
            f"{found.decided.id} is {found.decided.state.value}; only what is {state.value} can be"
            f" {done}."
        )


def _same(one_name: str, other: str) -> bool:
    return one_name.strip().casefold() == other.strip().casefold()


def _who(by: str) -> str:
    if not by.strip():
        raise UsageError("Nobody decides this.", hint="Say who does.")
    return by.strip()


def _why(remark: str) -> str:
    if not remark.strip():
        raise UsageError("This needs a reason.", hint="Say why, for somebody who reads it later.")
    return remark.strip()
