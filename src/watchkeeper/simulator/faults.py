"""Everything that goes wrong with consoles, on demand.

A fault is `name` or `name:argument[:argument]`. Most are transient: each distinct request suffers
it the first time only; the argument `always` makes them last. Where it says so the argument is a
resource, and the fault spares all others.
"""

from dataclasses import dataclass, field
from threading import Lock
from typing import Final

RESOURCES: Final = (
    "agents",
    "threats",
    "timelines",
    "policies",
    "groups",
    "sites",
    "accounts",
    "users",
    "service-users",
    "roles",
    "role",
    "activities",
    "packages",
    "exclusions",
    "unified-exclusions",
    "rogues",
    "alerts",
    "notes",
    "sso-settings",
    "syslog-settings",
    "user",
    "system",
)

_TRANSIENT: Final = {
    "429-html": "nginx answers 429 with a page of HTML and no Retry-After",
    "429-retry-after": "429 with Retry-After: 1",
    "500": "500 with the vendor's error object",
    "502-text": "502 with the words Bad Gateway",
    "503": "503 with a page of HTML",
    "truncated-json": "the JSON stops half way though the length is right",
    "truncated-gzip": "the gzip stream stops half way",
    "cut-transfer": "the connection closes before the promised number of bytes",
    "json-then-html": "the JSON is followed by a page of HTML",
    "login-page": "200 with the HTML of a login page",
    "redirect": "302 to /login",
    "empty-body": "200 with no bytes at all",
    "repeated-cursor": "a page hands out the cursor it was asked with",
    "expired-cursor": "the cursor of the third page is refused with 400",
    "dribble": "the body arrives byte by byte",
    "hang": "no answer ever comes",
}
_LASTING: Final = {
    "end-null": "the last page's nextCursor is null",
    "end-empty-string": "the last page's nextCursor is an empty string",
    "end-null-string": 'the last page\'s nextCursor is the string "null"',
    "end-absent": "the last page has no nextCursor",
    "end-no-pagination": "the last page has no pagination object",
    "end-empty-page": "after the last rows comes a page without any",
    "count-too-large": "totalItems is seven more than there are",
    "moving-rows": "agents come, go and change after the second page of a walk",
    "moving-sites": "after the second page of agents some change their site and one registers",
    "moving-silently": "as moving-sites, but updatedAt stays and as many come from elsewhere",
    "duplicates": "each page begins with the last row of the page before",
    "hang-large": "pages of more than 500 rows never come",
    "token-expired": "401 everywhere",
    "site-scope": "the token sees one site only",
    "no-network-discovery": "devices without an agent are refused: the feature is not licensed",
    "no-star": "alerts of custom rules are refused: the feature is not licensed",
    "lists-refused": "lists of booleans are refused with 400",
    "rate-limits": "429 without Retry-After to who asks more often than the vendor publishes",
    "null-fields": "a few records have null or nonsense where a control looks",
    "wrong-types": 'a few records have "True" for true and "8" for 8',
    "big-integers": "a few records have ids as numbers beyond what a double can hold",
}
_NUMBERED: Final = {
    "slow": "slow:250 makes every answer 250 milliseconds late",
    "slow-pages": "slow-pages:250 makes every answer but counts 250 milliseconds late",
    "token-revoked": "token-revoked:5 gives 401 everywhere after 5 requests; 20 if none is said",
}
_LATE: Final = ("slow", "slow-pages")
_NAMED: Final = {
    "denied-401": "denied-401:users gives 401 for users; so for every resource",
    "denied-403": "denied-403:users gives 403 for users; so for every resource",
    "unknown-parameter": "unknown-parameter:ids refuses ids as unknown; so for every parameter",
}
FAULTS: Final = _TRANSIENT | _LASTING | _NUMBERED | _NAMED

# Features that are licensed separately: the fault that takes one away, what is lost, its name.
LICENCES: Final = {
    "no-network-discovery": ("rogues", "Network Discovery"),
    "no-star": ("alerts", "Storyline Active Response"),
}

# Faults that change the company once, while it is being read.
MOVING: Final = ("moving-rows", "moving-sites", "moving-silently")
# Faults that shape pages: while one is active no page is kept.
_PAGES: Final = (*MOVING, "repeated-cursor", "expired-cursor", "duplicates", "end-empty-page")
ENDS: Final = (
    "end-null",
    "end-empty-string",
    "end-null-string",
    "end-absent",
    "end-no-pagination",
    "end-empty-page",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with its arguments understood."""

    name: str
    always: bool = False
    resource: str | None = None
    number: int | None = None
    text: str | None = None


def parse(spec: str) -> Fault:
    """`name[:argument]` as a fault; ValueError says in a sentence what is wrong."""
    name, *arguments = spec.split(":")
    if name not in FAULTS:
        message = f"unknown fault {name!r}, known are: {', '.join(FAULTS)}"
        raise ValueError(message)
    always, resource, number, text = False, None, None, None
    for argument in arguments:
        if name == "unknown-parameter":
            text = argument
        elif name in _NUMBERED and argument.isdecimal():
            number = int(argument)
        elif argument == "always" and name in _TRANSIENT:
            always = True
        elif argument in RESOURCES and (name in _TRANSIENT or name.startswith("denied")):
            resource = argument
        else:
            message = f"fault {name!r} takes no argument {argument!r}"
            raise ValueError(message)
    if (name.startswith("denied") and resource is None) or (
        (name == "unknown-parameter" and not text) or (name in _LATE and number is None)
    ):
        message = f"fault {name!r} needs an argument: {FAULTS[name]}"
        raise ValueError(message)
    return Fault(name, always, resource, number, text)


@dataclass(slots=True)
class Faults:
    """The faults that are on, and which requests have suffered which."""

    active: tuple[Fault, ...] = ()
    suffered: set[tuple[str, str]] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, specs: tuple[str, ...] | list[str]) -> "Faults":
        """Faults from their words."""
        return cls(tuple(parse(spec) for spec in specs))

    def get(self, name: str) -> Fault | None:
        """The fault, when it is on."""
        return next((fault for fault in self.active if fault.name == name), None)

    def __contains__(self, name: str) -> bool:
        """Whether the fault is on."""
        return self.get(name) is not None

    @property
    def shape_pages(self) -> bool:
        """Whether a page may differ from one answer to the next."""
        return any(name in self for name in _PAGES)

    def strikes(self, name: str, resource: str, request: str) -> bool:
        """Whether this request suffers the fault now."""
        for fault in self.active:
            if fault.name != name or fault.resource not in (None, resource):
                continue
            if fault.always:
                return True
            with self.lock:
                if (name, request) not in self.suffered:
                    self.suffered.add((name, request))
                    return True
        return False

    def unlicensed(self, resource: str) -> str | None:
        """The name of the feature that this resource belongs to and that is not licensed."""
        for fault, (lost, feature) in LICENCES.items():
            if lost == resource and fault in self:
                return feature
        return None

    def hidden(self) -> frozenset[str]:
        """The resources that the console does not show, for want of permission or licence."""
        return frozenset(
            name for name in RESOURCES if self.denies(name) or self.unlicensed(name) is not None
        )

    def denies(self, resource: str) -> str | None:
        """The name of the fault that keeps the token from this resource."""
        for fault in self.active:
            if fault.name.startswith("denied") and fault.resource == resource:
                return fault.name
        return None
