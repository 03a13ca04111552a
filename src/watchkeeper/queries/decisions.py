"""Statements as pages show them: from the index, their rows from files that the log vouches for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from django.db.models import Count

from watchkeeper.assessment import places
from watchkeeper.ledger.models import AssessmentEntry, CollectionEntry, FailingItem
from watchkeeper.locker import layout, records
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Verdict
from watchkeeper.model.resource import Nature
from watchkeeper.model.statement import ScopeRule, Selector
from watchkeeper.queries import items, sealed, shelf
from watchkeeper.queries.devices import table_of
from watchkeeper.queries.newest import newest_complete, stream
from watchkeeper.queries.standing import Standing
from watchkeeper.resources import everything
from watchkeeper.statements import versions
from watchkeeper.statements.reading import SORTS
from watchkeeper.statements.versions import Decision, Setting


def decisions(locker: Locker, connection: int) -> dict[str, Decision]:
    """By id: every statement of a connection; raises Tampered for one that was altered."""
    return versions.gather(locker, _sealed(locker, connection, SORTS))


def decision(locker: Locker, connection: int, identity: str) -> Decision | None:
    """One statement, None where there is none of that id."""
    return decisions(locker, connection).get(identity.strip().upper())


def settings(locker: Locker, connection: int) -> list[Setting]:
    """Every change of a parameter of a control, the newest first."""
    found = _sealed(locker, connection, [versions.SETTINGS])
    return versions.settings(locker, [path for _, path in found])[::-1]


def covered(connection: int) -> Mapping[str, int]:
    """By exception: how many failing items of the newest assessments it covers."""
    found = FailingItem.objects.filter(
        assessment__connection=connection, assessment__newest=True
    ).exclude(exception="")
    return dict(
        found.values("exception").annotate(n=Count("pk")).values_list("exception", "n").order_by()
    )


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a selector names now, and how many of them fail which of the controls asked about.

    `subjects` counts machines, threats, groups and the rest, `kinds` says how many of each.
    """

    subjects: int
    kinds: Mapping[str, int]
    failing: Mapping[str, int]
    first: tuple[tuple[str, str], ...]


_FIRST = 10


def named(
    locker: Locker,
    connection: int,
    selector: Selector,
    controls: Iterable[str] = (),
    *,
    subject: str = "",
) -> Named:
    """What a selector names in the newest collections; `controls` empty: of all of them.

    A `subject` given besides is one more, where one of these controls was judged about it.
    """
    controls = tuple(controls)
    found = frozenset(places.matching(_places(locker, connection), selector).to_pylist())
    if subject and any(_judged(locker, connection, each, subject) for each in controls):
        found |= {subject}
    kinds = Counter(subject.partition(":")[0] for subject in found)
    failing = FailingItem.objects.filter(
        assessment__connection=connection, assessment__newest=True, outcome="fail"
    )
    if controls:
        failing = failing.filter(assessment__control__in=controls)
    counted: Counter[str] = Counter()
    first: dict[str, str] = {}
    rows = failing.values_list("subject", "name", "assessment__control").order_by()
    for each, name, control in rows.iterator(20_000) if found else ():
        if each in found:
            counted[control] += 1
            if len(first) < _FIRST:
                first[each] = name or each
    return Named(len(found), dict(kinds), dict(sorted(counted.items())), tuple(first.items()))


def _judged(locker: Locker, connection: int, control: str, subject: str) -> bool:
    entry = AssessmentEntry.objects.filter(
        connection=connection, control=control, newest=True
    ).first()
    if entry is None:
        return False
    return any(True for _ in shelf.find([items.made(locker, entry.path)], "subject", [subject]))


def names_of(locker: Locker, connection: int, subjects: Iterable[str]) -> Mapping[str, str]:
    """By subject: what the newest results call it, or the newest collection of devices."""
    wanted = sorted(set(filter(None, subjects)))
    found = FailingItem.objects.filter(
        assessment__connection=connection, assessment__newest=True, subject__in=wanted
    ).exclude(name="")
    names = dict(found.values_list("subject", "name").order_by())
    agents = [each for each in wanted if each not in names and each.startswith("agent:")]
    devices = table_of(locker, connection) if agents else None
    if devices is not None:
        ids = [each.removeprefix("agent:") for each in agents]
        for _, row in shelf.find([devices], "id, computer_name", ids):
            names[f"agent:{row['id']}"] = row["computer_name"] or row["id"]
    return names


def notes(locker: Locker, held: Standing | None, identity: str) -> tuple[str, ...]:
    """What the newest assessment of a control says of an exception."""
    if held is None:
        return ()
    assessment = records.assessment(held.path, locker.manifest(held.path)[0])
    return tuple(each for each in assessment.notes if identity in each)


def policy_digest(locker: Locker, connection: int, subject: str) -> str:
    """The `settings_sha256` of the policy of a scope (`site:123`, `tenant`) as collected last.

    Empty where there is no such policy.
    """
    newest = newest_complete(connection, "policies")
    if newest is None:
        return ""
    scope, _, identity = subject.partition(":")
    columns = ["scope", "scope_id", "settings_sha256"]
    for row in locker.table(locker.sealed(newest.path), columns).to_pylist():
        if row["scope"] == scope and (row["scope_id"] or "") == identity:
            return row["settings_sha256"] or ""
    return ""


def replaced_by(found: Mapping[str, Decision], rule: ScopeRule) -> Decision | None:
    """The version after that of a scope rule, None where there is none."""
    return versions.successor(found, rule)


_kept_places: dict[tuple[str, tuple[str, ...]], pa.Table] = {}


def _places(locker: Locker, connection: int) -> pa.Table:
    """Where every subject is, by the newest collections; the last table made is kept."""
    found = []
    for name in places.RESOURCES:
        if everything()[name].nature is Nature.STATE:
            newest = newest_complete(connection, name)
            found += [newest] if newest else []
        else:
            found += stream(locker, connection, name)
    paths = tuple(each.path for each in found)
    key = (locker.store.where, paths)
    if key not in _kept_places:
        table = places.table(locker, [locker.sealed(path) for path in paths])
        _kept_places.clear()
        _kept_places[key] = table
    return _kept_places[key]


def _sealed(locker: Locker, connection: int, resources: Iterable[str]) -> Sequence[tuple[str, str]]:
    """(resource, folder) of what was stated, in the order of its seals, vouched for."""
    entries = CollectionEntry.objects.filter(
        connection=connection, resource__in=list(resources), verdict=Verdict.COMPLETE.value
    ).order_by("ended", "id")
    found = list(entries.values_list("resource", "path"))
    new = [path for _, path in found if not versions.known(locker, path)]
    if new:
        sealed.vouched(locker, new, layout.TABLE)
    return found
