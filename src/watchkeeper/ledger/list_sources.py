"""Lists that are loaded on a schedule: added, changed, paused, removed; when each is due.

What is secret is encrypted together with a digest of all that it goes with (whose list, which
source, every other option), so that nobody who can write to the database can send it elsewhere.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from watchkeeper.errors import KeyLost, UsageError
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.models import Connection, ListSource
from watchkeeper.ledger.notices import over, tell
from watchkeeper.ledger.secrets import Vault
from watchkeeper.lists.sources import Source, catalogue

SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=7)
_FOLDERS = frozenset({"file", "folder"})
_USUAL, _USUAL_OF_FOLDERS = timedelta(hours=24), timedelta(minutes=15)
_AGAIN, _AGAIN_AT_MOST = timedelta(minutes=5), timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is to be watched: which list, at which source, told what, how often.

    `ciphertext` holds the options that are private; `shown` says in words where it is, without
    them.
    """

    kind: str
    name: str
    source: str
    options: Mapping[str, str]
    every: timedelta
    ciphertext: str = field(default="", repr=False)


def declared(name: str) -> Source:
    """The source of that name; raises UsageError."""
    found = catalogue().get(name)
    if found is None:
        raise UsageError(
            f"There is no source {name!r}.", hint=f"There are: {', '.join(catalogue())}."
        )
    return found


def usual(source: str) -> timedelta:
    """How often a list of that source is looked at where nobody says otherwise."""
    return _USUAL_OF_FOLDERS if source in _FOLDERS else _USUAL


def watch(
    connection: str,
    kind: str,
    name: str,
    source: str,
    options: Mapping[str, str],
    every: timedelta,
    vault: Vault,
) -> Watch:
    """What is to be watched, with what is private encrypted; raises UsageError."""
    if not SHORTEST <= every <= LONGEST:
        raise UsageError(
            f"A list cannot be looked at every {every}.", hint="Give 15 minutes to 7 days."
        )
    path = options.get("path", "")
    if source in _FOLDERS and path and not path.startswith(("/", "~")):
        raise UsageError(f"{path} is no whole path.", hint="Give it from its beginning: /srv/…")
    private = {each.name for each in declared(source).options if each.private}
    plain = {each: text for each, text in options.items() if each not in private and text}
    hidden = {each: text for each, text in options.items() if each in private and text}
    bound = _bound(connection, kind, name, source, plain)
    sealed = vault.encrypt_text(json.dumps({"of": bound, "options": hidden})) if hidden else ""
    return Watch(kind, name, source, plain, every, sealed)


def opened(connection: str, wanted: Watch, vault: Vault) -> dict[str, str]:
    """All options, the private ones too.

    Raises KeyLost when no key opens them, UsageError when they belong to something else.
    """
    if not wanted.ciphertext:
        return dict(wanted.options)
    told = json.loads(vault.decrypt_text(wanted.ciphertext))
    bound = _bound(connection, wanted.kind, wanted.name, wanted.source, wanted.options)
    if told["of"] != bound:
        raise UsageError(
            f"The secrets of the list {wanted.name!r} were stored for something else.",
            hint="Somebody changed the database by hand: give them again.",
        )
    return {**wanted.options, **told["options"]}


def watch_of(held: ListSource) -> Watch:
    """What a stored source watches."""
    return Watch(
        held.kind,
        held.name,
        held.source,
        held.options,
        timedelta(seconds=held.interval),
        held.secrets_ciphertext,
    )


def options_of(held: ListSource, vault: Vault) -> dict[str, str]:
    """All options of a stored source; raises as `opened` does."""
    return opened(held.connection.name, watch_of(held), vault)


def where(held: ListSource, vault: Vault) -> str:
    """Where it is kept, in a few words that hold no secret; empty where that cannot be told."""
    known = catalogue().get(held.source)
    try:
        options = options_of(held, vault)
    except (KeyLost, UsageError):
        options = dict(held.options)
    for each in known.options if known else ():
        text = options.get(each.name, "")
        if text and not each.secret:
            return each.shown(text) if each.shown else text
    return ""


def save(connection: Connection, wanted: Watch, *, actor: str, now: datetime) -> ListSource:
    """Stores what is to be watched, in place of what was stored for that list.

    It counts as looked at and loaded `now`: whoever saves it has just loaded it.
    """
    values = {
        "source": wanted.source,
        "options": dict(wanted.options),
        "secrets_ciphertext": wanted.ciphertext,
        "interval": round(wanted.every.total_seconds()),
        "added_by": actor,
        "added_at": now,
        **_found(now),
        "loaded_at": now,
    }
    with transaction.atomic():
        held, made = ListSource.objects.update_or_create(
            connection=connection, kind=wanted.kind, name=wanted.name, defaults=values
        )
        over(connection, _about(held), now)
        told = {"source": wanted.source, **_public(wanted)}
        _record(held, actor, "added" if made else "changed", **told)
    return held


def change_interval(held: ListSource, every: timedelta, *, actor: str) -> None:
    """Lets it be looked at that often; raises UsageError."""
    if not SHORTEST <= every <= LONGEST:
        raise UsageError(
            f"A list cannot be looked at every {every}.", hint="Give 15 minutes to 7 days."
        )
    seconds = round(every.total_seconds())
    with transaction.atomic():
        if ListSource.objects.filter(pk=held.pk).exclude(interval=seconds).update(interval=seconds):
            _record(held, actor, "changed", every=seconds)
    held.interval = seconds


def pause(held: ListSource, *, paused: bool, actor: str) -> None:
    """Lets the schedule leave a source alone, or take it up again."""
    with transaction.atomic():
        if ListSource.objects.filter(pk=held.pk).exclude(paused=paused).update(paused=paused):
            _record(held, actor, "paused" if paused else "resumed")
    held.paused = paused


def want(held: ListSource, *, actor: str) -> None:
    """Asks for what is found there now to be loaded, changed or not."""
    with transaction.atomic():
        ListSource.objects.filter(pk=held.pk).update(wanted_by=actor)
        _record(held, actor, "asked")
    held.wanted_by = actor


def remove(held: ListSource, *, actor: str, now: datetime) -> None:
    """Forgets a source and its secrets; the list stays as it was loaded last."""
    with transaction.atomic():
        _record(held, actor, "removed")
        over(held.connection, _about(held), now)
        ListSource.objects.filter(pk=held.pk).delete()


def due_at(held: ListSource) -> datetime | None:
    """When it is to be looked at again; None for one that is paused or was never looked at.

    What failed is tried again sooner, each time after twice as long.
    """
    if held.paused or held.tried_at is None:
        return None
    interval = timedelta(seconds=held.interval)
    if not held.failures:
        return held.tried_at + interval
    doubled = timedelta(seconds=_AGAIN.total_seconds() * 2.0 ** min(held.failures - 1, 20))
    return held.tried_at + min(doubled, _AGAIN_AT_MOST, interval)


def is_due(held: ListSource, now: datetime) -> bool:
    """Whether it is to be looked at now: its turn has come, or somebody asked for it."""
    if held.wanted_by:
        return True
    if held.paused or held.connection.paused:
        return False
    at = due_at(held)
    return at is None or at <= now


def note_found(held: ListSource, now: datetime, *, loaded: bool) -> None:
    """It was found whole, and loaded or as it was loaded before."""
    values = _found(now) | ({"loaded_at": now} if loaded else {})
    with transaction.atomic():
        ListSource.objects.filter(pk=held.pk).update(**values)
        over(held.connection, _about(held), now)


def note_failure(held: ListSource, why: str, now: datetime) -> None:
    """It could not be loaded, and why; its people are told once."""
    with transaction.atomic():
        ListSource.objects.filter(pk=held.pk).update(
            tried_at=now,
            wanted_by="",
            failures=held.failures + 1,
            failing_since=held.failing_since or now,
            error=why,
        )
        text = f"The list {held.name} ({held.kind}) of {held.connection.name} was not loaded: {why}"
        tell(held.connection, _about(held), text, now)


def _found(now: datetime) -> dict[str, object]:
    return {
        "tried_at": now,
        "found_at": now,
        "wanted_by": "",
        "failures": 0,
        "failing_since": None,
        "error": "",
    }


def _bound(connection: str, kind: str, name: str, source: str, plain: Mapping[str, str]) -> str:
    told = json.dumps([connection, kind, name, source, dict(plain)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _public(wanted: Watch) -> dict[str, object]:
    return {"options": dict(wanted.options), "every": round(wanted.every.total_seconds())}


def _about(held: ListSource) -> str:
    return f"list {held.pk}:"


def _record(held: ListSource, actor: str, done: str, **told: object) -> None:
    record(
        actor,
        f"list_source.{done}",
        f"{held.kind}/{held.name}",
        connection=held.connection.name,
        **told,
    )
