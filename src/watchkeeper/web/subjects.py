"""Which subjects have a page here: items, findings and statements lead to it."""

from collections.abc import Collection, Mapping

AGENT = "agent"
_PAGES: Mapping[str, str] = {
    "account": "account",
    "activity": "activity",
    AGENT: "device",
    "group": "group",
    "policy": "policy",
    "service_user": "service-user",
    "site": "site",
    "threat": "threat",
    "user": "user",
}
"""By the kind of a subject: the name of the page for one of them."""


def page_of(subject: str, agents: Collection[str]) -> tuple[str, str] | None:
    """The page of a subject (`user:7`) and the id it is asked for by; None where there is none.

    `agents` are the ids that the newest devices have: another is no longer shown.
    """
    kind, _, identity = subject.partition(":")
    page = _PAGES.get(kind)
    if page is None or not can_stand(identity) or (kind == AGENT and identity not in agents):
        return None
    return page, identity


def can_stand(identity: str | None) -> bool:
    """Whether an id can stand in an address: a console could send one that cannot."""
    return bool(identity) and not {"", ".", ".."} & set(str(identity).split("/"))
