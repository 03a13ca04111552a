"""Who changed a policy: only what was done where the policy came from at that time."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.clock import rfc3339
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.queries.newest import Sealed
from watchkeeper.queries.policy import PolicyView, policy
from watchkeeper.queries.policy_changes import Source, sources
from watchkeeper.queries.record import Change

from .conftest import CONNECTION
from .sealing import NOW, at, seal_rows

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Row = dict[str, Any]


def group(source: str, source_id: str, mode: str = "protect") -> Row:
    """The policy in effect for one group, and where it comes from."""
    return {
        "id": "group:g1",
        "scope": "group",
        "scope_id": "g1",
        "scope_name": "Servers",
        "site_id": "s1",
        "site_name": "Lyon",
        "account_id": "a1",
        "source": source,
        "source_id": source_id,
        "mitigation_mode": mode,
    }


def activity(name: str, moment: datetime, **place: str) -> Row:
    """A change of a mitigation mode at that time and place."""
    return {
        "id": name,
        "activity_type": 69,
        "created_at": moment,
        "updated_at": moment,
        "primary_description": name,
        "account_id": "a1",
        **place,
    }


def seen(locker: Locker, connection: Connection, days: list[Row], done: list[Row]) -> PolicyView:
    """The group's policy, collected once a day as the rows say, after all that was done."""
    for number, row in enumerate(days):
        locker.clock = at(NOW + number * DAY)
        seal_rows(locker, CONNECTION, "policies", [row])
    window = {"from": rfc3339(NOW - DAY), "to": rfc3339(NOW + len(days) * DAY)}
    seal_rows(locker, CONNECTION, "activities", done, told={"window": window})
    index(locker, connection)
    found = policy(locker, connection.pk, "group:g1")
    assert found is not None
    return found


@pytest.mark.postgres
def test_a_scope_it_came_from_at_another_time_explains_nothing(
    locker: Locker, connection: Connection
) -> None:
    days = [group("account", "a1"), group("site", "s1"), group("site", "s1", "detect")]
    at_account = activity("at the account", NOW + DAY + HOUR)
    at_site = activity("at the site", NOW + DAY + 2 * HOUR, site_id="s1")

    newest, moved = seen(locker, connection, days, [at_account, at_site]).history

    assert [each["id"] for each in newest.activities] == ["at the site"]
    assert (moved.activities, moved.told) == ((), True)


@pytest.mark.postgres
def test_what_happens_elsewhere_does_not_hide_who_it_was(
    locker: Locker, connection: Connection
) -> None:
    days = [group("site", "s1"), group("site", "s1", "detect")]
    noise = [
        activity(f"elsewhere {number}", NOW + HOUR + timedelta(seconds=number), site_id="s2")
        for number in range(2_500)
    ]
    cause = activity("the cause", NOW + 20 * HOUR, site_id="s1")

    (change,) = seen(locker, connection, days, [*noise, cause]).history

    assert [each["id"] for each in change.activities] == ["the cause"]


@pytest.mark.postgres
@pytest.mark.parametrize("hour", [1, 23.9])
def test_more_than_is_looked_through_is_never_called_nothing(
    locker: Locker, connection: Connection, hour: float
) -> None:
    days = [group("site", "s1"), group("site", "s1", "detect"), group("site", "s1", "detect")]
    cause = activity("the cause", NOW + hour * HOUR, site_id="s1")
    later = [
        activity(f"again {number}", NOW + 22 * HOUR + timedelta(seconds=number), site_id="s1")
        | {"activity_type": 76}
        for number in range(2_500)
    ]

    (change,) = seen(locker, connection, days, [cause, *later]).history

    assert change.activities or not change.told


scopes = st.tuples(
    st.sampled_from(["tenant", "account", "site", "group"]), st.sampled_from(["1", "2"])
).map(lambda pair: Source(pair[0], "" if pair[0] == "tenant" else pair[1]))


@given(st.lists(scopes, min_size=1, max_size=6))
def test_a_change_is_of_the_scope_and_of_where_it_came_from_before_and_after(
    came_from: list[Source],
) -> None:
    own = Source("group", "9")
    changes = [_change(old, new) for old, new in pairwise(came_from)]
    newest = {
        "scope": "group",
        "scope_id": "9",
        "source": came_from[-1].scope,
        "source_id": came_from[-1].identity,
    }

    found = sources(newest, changes[::-1])

    pairs = list(pairwise(came_from))
    assert [set(each) for each in found[::-1]] == [{own, old, new} for old, new in pairs]


def _change(old: Source, new: Source) -> Change:
    collection = Sealed("a", "a", NOW)
    differing = [
        (name, before, after)
        for name, before, after in (
            ("mitigation_mode", "protect", "detect"),
            ("source", old.scope, new.scope),
            ("source_id", old.identity, new.identity),
        )
        if before != after
    ]
    return Change(collection, collection, tuple(differing))
