"""TOK: tokens are short-lived, known and needed."""

from watchkeeper.simulator.truth.view import DAY, FAIL, NA, PASS, UNKNOWN, Items, View, moment
from watchkeeper.simulator.world import Row


def _ends_well(view: View, token: Row) -> bool:
    end = moment(token["expiresAt"])
    return end is not None and end - view.now > 14 * DAY


def _used(view: View, holder: Row) -> bool:
    """Whether a service user is used; one that never was has ninety days to begin."""
    last = holder["lastActivation"]
    age = view.age(holder["createdAt"] if last is None else last)
    return age is None or age <= 90 * DAY


def _judge(view: View, subject: str, holder: Row) -> str:
    token = holder["apiToken"]
    if token is None or (token["createdAt"] is None and token["expiresAt"] is None):
        return NA
    age = view.age(token["createdAt"])
    fine = _ends_well(view, token) and bool(view.attestations("token_purpose", subject))
    if age is not None and age > 180 * DAY:
        fine = False
    if subject.startswith("service_user:"):
        fine = fine and _used(view, holder)
        end = moment(holder.get("expirationDate"))
        if end is not None and end - view.now > 365 * DAY:
            fine = False
    if not fine:
        return FAIL
    return UNKNOWN if age is None else PASS


def short_lived(view: View) -> Items:
    """TOK-01: every holder of a token, our own included."""
    seen = set()
    for kind, rows in (("user", view.users()), ("service_user", view.service_users())):
        for row in rows:
            seen.add(row["id"])
            yield f"{kind}:{row['id']}", _judge(view, f"{kind}:{row['id']}", row)
    me = view.company.people.me
    if me["id"] not in seen:
        yield f"user:{me['id']}", _judge(view, f"user:{me['id']}", me)
