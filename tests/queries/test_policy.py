"""Policies: the tree of scopes, what differs from above, and who changed what."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
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
from watchkeeper.queries.policy_changes import EXPLAINS, Source, covered, explains, parts
from watchkeeper.queries.policy_tree import Tree, policy_tree
from watchkeeper.queries.record import Change

from .conftest import CONNECTION
from .sealing import NOW, at, seal_rows

pytestmark = pytest.mark.postgres
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
Row = dict[str, Any]


def scope(level: str, identity: str, source: str = "", **more: Any) -> Row:
    """The policy of a scope; its own unless it comes from another level."""
    above = {"account": "a1", "site": "s1", "tenant": ""}
    return {
        "id": f"{level}:{identity}" if identity else level,
        "scope": level,
        "scope_id": identity,
        "scope_name": f"{level} {identity}",
        "account_id": identity if level == "account" else "a1" if identity else None,
        "site_id": {"site": identity, "group": "s1"}.get(level),
        "site_name": {"site": f"site {identity}", "group": "site s1"}.get(level),
        "source": source or level,
        "source_id": above.get(source, "") if source else identity,
        "mitigation_mode": "protect",
        "mitigation_mode_suspicious": "detect",
        **more,
    }


STANDING = [
    scope("tenant", ""),
    scope("account", "a1", "tenant"),
    scope("site", "s1", auto_decommission_days=21),
    scope("site", "s2", "account"),
    scope("group", "g1", "site", auto_decommission_days=21),
    scope("group", "g2", mitigation_mode="detect", auto_decommission_days=21),
]


def seal(
    locker: Locker,
    connection: Connection,
    rows: list[Row],
    moment: datetime = NOW,
    activities: list[Row] | None = None,
) -> None:
    """Policies as they are at that time, and the activities of the day before."""
    locker.clock = at(moment)
    seal_rows(locker, CONNECTION, "policies", rows)
    if activities is not None:
        window = {"from": rfc3339(moment - DAY - HOUR), "to": rfc3339(moment + HOUR)}
        seal_rows(locker, CONNECTION, "activities", activities, told={"window": window})
    index(locker, connection)


def tree(locker: Locker, connection: Connection, number: int = 1, size: int = 25) -> Tree:
    found = policy_tree(locker, connection.pk, number, size)
    assert found is not None
    return found


def seen(locker: Locker, connection: Connection, identity: str) -> PolicyView:
    found = policy(locker, connection.pk, identity)
    assert found is not None
    return found


def test_before_anything_was_collected_there_is_no_tree(
    locker: Locker, connection: Connection
) -> None:
    assert policy_tree(locker, connection.pk, 1, 25) is None
    assert policy(locker, connection.pk, "site:s1") is None


def test_the_tree_says_who_has_a_policy_of_its_own(locker: Locker, connection: Connection) -> None:
    seal(locker, connection, STANDING)

    found = tree(locker, connection)

    assert found.tenant is not None
    (account,) = found.accounts
    assert account.node is not None
    assert (account.node.own, account.node.source) == (False, "tenant")
    first, second = account.sites
    assert (first.node.own, first.groups, first.overriding, first.inheriting) == (True, 2, 1, 1)
    assert [each.id for each in first.shown] == ["group:g2"]
    assert first.shown[0].malicious == "detect"
    assert (second.node.own, second.groups, second.shown) == (False, 0, ())


def test_groups_of_a_site_that_is_not_there_are_not_lost(
    locker: Locker, connection: Connection
) -> None:
    seal(locker, connection, [scope("group", "g1"), scope("account", "a2")])

    found = tree(locker, connection)

    assert [each.id for each in found.bare] == ["account:a2"]
    (account,) = found.accounts
    assert account.node is None
    (site,) = account.sites
    assert (site.node.id, site.node.name) == ("", "site s1")
    assert [each.id for each in site.shown] == ["group:g1"]


@pytest.mark.parametrize("size", [1, 2, 3, 25])
def test_every_scope_is_in_the_tree_once_however_it_is_paged(
    locker: Locker, connection: Connection, size: int
) -> None:
    rows = [scope("tenant", "")]
    for account in ("a1", "a2", "a3"):
        rows.append(scope("account", account))
        for site in range(3):
            place = {"account_id": account, "site_id": f"{account}-{site}"}
            rows.append(scope("site", f"{account}-{site}", **place))
            rows += [scope("group", f"{account}-{site}-{n}", **place) for n in range(site)]
    seal(locker, connection, rows)

    met: Counter[str] = Counter()
    for number in range(1, tree(locker, connection, 1, size).sites.pages + 1):
        page = tree(locker, connection, number, size)
        for below in page.accounts:
            assert below.node is not None
            for each in below.sites:
                assert each.node.account_id == below.node.scope_id
                met.update([each.node.id, *(group.id for group in each.shown)])
    wanted = {row["id"] for row in rows if row["scope"] in {"site", "group"}}
    assert met == Counter(wanted)


def test_a_policy_says_what_differs_from_above_and_who_goes_another_way(
    locker: Locker, connection: Connection
) -> None:
    seal(locker, connection, STANDING)

    site, group = seen(locker, connection, "site:s1"), seen(locker, connection, "group:g1")

    assert site.above is not None
    assert site.above["id"] == "account:a1"
    assert [each.name for each in site.settings if each.differs] == ["auto_decommission_days"]
    assert [each.id for each in site.overriding] == ["group:g2"]
    assert (site.overriding_total, site.following) == (1, 1)
    assert (group.own, group.writer and group.writer["id"]) == (False, "site:s1")
    assert not any(each.differs for each in group.settings)
    tenant = seen(locker, connection, "tenant")
    assert (tenant.above, tenant.overriding_total) == (None, 2)
    account = seen(locker, connection, "account:a1")
    assert {each.id for each in account.overriding} == {"site:s1", "group:g2"}


CHANGED = [
    {**row, "mitigation_mode": "detect"} if row["id"] in {"site:s1", "group:g1"} else row
    for row in STANDING
]


def activity(kind: int, at_: datetime, **place: str) -> Row:
    return {
        "id": f"{kind} {at_} {place}",
        "activity_type": kind,
        "created_at": at_,
        "updated_at": at_,
        "primary_description": "Somebody did something.",
        "account_id": "a1",
        **place,
    }


def test_a_change_is_explained_by_what_was_done_there_at_that_time(
    locker: Locker, connection: Connection
) -> None:
    seal(locker, connection, STANDING, NOW)
    then = NOW + DAY - HOUR
    cause = activity(69, then, site_id="s1")
    others = [
        activity(69, then, site_id="s2"),  # another site
        activity(69, then, site_id="s1", group_id="g2"),  # a group of its own
        activity(69, NOW - HOUR, site_id="s1"),  # before the first look
        activity(76, then, site_id="s1"),  # another setting
        activity(27, then, site_id="s1"),  # no policy
    ]
    seal(locker, connection, CHANGED, NOW + DAY, [cause, *others])

    for identity in ("site:s1", "group:g1"):  # the group follows the site
        (change,) = seen(locker, connection, identity).history
        assert change.values == (("mitigation_mode", "protect", "detect"),)
        assert [each["id"] for each in change.activities] == [cause["id"]]
        assert change.told


def test_what_nothing_explains_is_said_and_not_guessed(
    locker: Locker, connection: Connection
) -> None:
    seal(locker, connection, STANDING, NOW)
    seal(locker, connection, CHANGED, NOW + DAY)
    (unknown,) = seen(locker, connection, "site:s1").history
    assert (unknown.activities, unknown.told) == ((), False)

    locker.clock = at(NOW + 2 * DAY)
    window = {"from": rfc3339(NOW - DAY), "to": rfc3339(NOW + 2 * DAY)}
    seal_rows(locker, CONNECTION, "activities", [], told={"window": window})
    index(locker, connection)

    (silent,) = seen(locker, connection, "site:s1").history
    assert (silent.activities, silent.told) == ((), True)


def test_settings_in_json_are_compared_one_by_one(locker: Locker, connection: Connection) -> None:
    site = scope("site", "s1", ioc_attributes='{"dns": true, "url": true}')
    seal(locker, connection, [site], NOW)
    seal(locker, connection, [{**site, "ioc_attributes": '{"url": false, "dns": true}'}], NOW + DAY)

    (change,) = seen(locker, connection, "site:s1").history

    assert change.values == (("ioc_attributes › url", True, False),)


def test_a_group_that_follows_again_is_explained_by_the_revert(
    locker: Locker, connection: Connection
) -> None:
    seal(locker, connection, STANDING, NOW)
    back = [{**row, "source": "site", "source_id": "s1"} if row["id"] == "group:g2" else row
            for row in STANDING]  # fmt: skip
    revert = activity(5011, NOW + HOUR, site_id="s1", group_id="g2")
    seal(locker, connection, back, NOW + DAY, [revert])

    (change,) = seen(locker, connection, "group:g2").history

    assert [each["id"] for each in change.activities] == [revert["id"]]


moments = st.integers(0, 50).map(lambda hours: NOW + hours * HOUR)
windows = st.lists(st.tuples(moments, moments).map(lambda pair: (min(pair), max(pair))), max_size=8)


@given(windows, moments, moments)
def test_a_time_is_covered_when_every_moment_of_it_is_in_a_window(
    found: list[tuple[datetime, datetime]], one: datetime, other: datetime
) -> None:
    since, until = min(one, other), max(one, other)

    halves = int((until - since) / HOUR) * 2
    every = [since + step * HOUR / 2 for step in range(halves)]
    assert covered(found, since, until) == all(
        any(start <= moment < end for start, end in found) for moment in every
    )


def test_every_explained_setting_is_one_that_policies_have() -> None:
    columns = parts(dict.fromkeys(_names(), None))

    for kind, begins in EXPLAINS.items():
        for each in begins:
            assert any(name.startswith(each) for name in columns), kind


def _names() -> list[str]:
    from watchkeeper.resources import catalogue  # noqa: PLC0415 - for this one test

    return [column.name for column in catalogue()["policies"].columns]


def test_an_activity_of_another_scope_explains_nothing() -> None:
    sealed = Sealed("a", "a", NOW)
    change = Change(sealed, sealed, (("mitigation_mode", "protect", "detect"),))
    of_site: Mapping[str, Any] = {"activity_type": 69, "account_id": "a1", "site_id": "s1"}

    assert explains(of_site, change, [Source("site", "s1")])
    assert not explains(of_site, change, [Source("account", "a1")])
    assert not explains({**of_site, "activity_type": None}, change, [Source("site", "s1")])
