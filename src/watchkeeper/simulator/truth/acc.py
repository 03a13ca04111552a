"""ACC: who may use the console, how they sign in, and whether they still should."""

from datetime import timedelta
from typing import Final

from watchkeeper.simulator.times import read
from watchkeeper.simulator.truth.view import (
    DAY,
    FAIL,
    NA,
    PASS,
    SKEW,
    UNKNOWN,
    Items,
    View,
    privileged,
)
from watchkeeper.simulator.world import Row

_SHARED: Final = frozenset(
    "admin administrator root soc security shared team test support helpdesk".split()
)


def _vouched(view: View, source: str) -> str:
    """A second factor that somebody else asks for, on somebody's word."""
    if not view.attestations("idp_mfa", "", source):
        return FAIL
    if source != "sso_saml" or "sso-settings" in view.unread:
        return PASS
    on = view.company.settings.sso["enabled"]
    return UNKNOWN if on is None else PASS if on else FAIL


def _second_factor(view: View, user: Row) -> str:
    if user["isSystem"] is True:
        return NA
    if user["source"] is None:
        return UNKNOWN
    if user["source"] != "mgmt":
        return _vouched(view, user["source"])
    configured = user["twoFaConfigured"]
    if configured is None and user["twoFaStatus"] is not None:
        configured = user["twoFaStatus"] == "configured"
    if user["twoFaEnabled"] is None or configured is None:
        return UNKNOWN
    return PASS if user["twoFaEnabled"] and configured else FAIL


def second_factor(view: View) -> Items:
    """ACC-01: every user has a second factor."""
    return ((f"user:{u['id']}", _second_factor(view, u)) for u in view.users())


def _awake(view: View, user: Row) -> str:
    if user["isSystem"] is True:
        return NA
    if user["lastLogin"] is None:
        joined = read(user["dateJoined"])
        if joined is None or joined > view.now + SKEW:
            return UNKNOWN
        return PASS if view.now - joined <= 30 * DAY else FAIL
    last = read(user["lastLogin"])
    if last is None or last > view.now + SKEW:
        return UNKNOWN
    limit = 45 if privileged(view, user) else 90
    return PASS if view.now - last <= limit * DAY else FAIL


def awake(view: View) -> Items:
    """ACC-02: no account sleeps."""
    return ((f"user:{u['id']}", _awake(view, u)) for u in view.users())


def approved(view: View) -> Items:
    """ACC-03: who is powerful was approved, and they are neither too few nor too many."""
    for kind, rows in (("user", view.users()), ("service_user", view.service_users())):
        for row in rows:
            subject = f"{kind}:{row['id']}"
            if row.get("isSystem") is True or not privileged(view, row):
                yield subject, NA
            else:
                known = view.attestations("privileged_access", subject)
                yield subject, PASS if known else FAIL
    people = [user for user in view.users() if user["isSystem"] is not True]
    if any(user["scope"] == "tenant" for user in view.users()):
        admins = sum(user["scope"] == "tenant" and privileged(view, user) for user in people)
        most = max(5, len(people) * 0.1)
        yield "tenant:admins", PASS if 2 <= admins <= most else FAIL


def _left(view: View, at: object) -> str:
    """Who is no longer active keeps the account for a day."""
    gone = view.age(at)
    if gone is None:
        return FAIL if at is None else UNKNOWN
    return PASS if gone <= timedelta(hours=24) else FAIL


def belonging(view: View) -> Items | None:
    """ACC-04: every account is a current person's; None when nobody was ever loaded."""
    people = view.stated("people")
    if people is None:
        return None
    ages = [view.age(person["listed_at"]) for person in people]
    fresh = all(age is not None and age <= 35 * DAY for age in ages)
    known = {str(person["email"] or "").lower(): person for person in people}

    def judge(user: Row) -> str:
        if user["isSystem"] is True:
            return NA
        mail = (user["email"] or "").lower()
        if not mail or not fresh:
            return UNKNOWN
        person = known.get(mail)
        if mail.partition("@")[0] in _SHARED or person is None:
            return FAIL
        if person["active"] is None:
            return UNKNOWN
        if person["active"]:
            return PASS
        return _left(view, person["left_at"])

    return ((f"user:{user['id']}", judge(user)) for user in view.users())
