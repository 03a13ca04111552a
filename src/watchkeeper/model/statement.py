"""What the company states: exceptions, attestations and scope rules as values, and when they hold.

A statement is asked for by one person and decided by another. Each decision is a new version of
it; the newest counts, the others stay where they were sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_DAYS = 90
"""How long an exception lasts unless somebody says otherwise (reference C.1)."""

MOST_DAYS = 365
"""The longest an exception may last (reference C.1)."""

SHORTEST_REASON = 20
"""Characters; a reason shorter than that explains nothing (reference C.1)."""


class State(StrEnum):
    """How far a statement is."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Decided:
    """Who asked for a statement, who decided, and from when to when it holds. Times are UTC."""

    id: str
    state: State
    requested_by: str
    requested_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    remark: str = ""
    ticket: str = ""
    valid_from: datetime | None = None
    expires_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is approved and its time has come and is not over."""
        return (
            self.state is State.APPROVED
            and (self.valid_from is None or self.valid_from <= now)
            and (self.expires_at is None or now < self.expires_at)
        )

    def expired(self, now: datetime) -> bool:
        """Whether it was approved and its time is over."""
        return (
            self.state is State.APPROVED and self.expires_at is not None and self.expires_at <= now
        )

    def standing(self, now: datetime) -> str:
        """One word for lists: requested, approved, not yet valid, expired, rejected, revoked."""
        if self.state is not State.APPROVED:
            return self.state.value
        if self.expired(now):
            return "expired"
        return "in force" if self.holds(now) else "not yet valid"


@dataclass(frozen=True, slots=True)
class Selector:
    """Many subjects at once: in one of these sites and groups, with one of these tags and types.

    An empty part does not narrow. Sites and groups by id; tags as `key` or `key=value`.
    """

    sites: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    machine_types: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sites or self.groups or self.tags or self.machine_types)

    def as_json(self) -> dict[str, list[str]]:
        """The parts that narrow."""
        parts = {
            "sites": self.sites,
            "groups": self.groups,
            "tags": self.tags,
            "machine_types": self.machine_types,
        }
        return {name: list(values) for name, values in parts.items() if values}

    @classmethod
    def of_json(cls, told: Mapping[str, Sequence[str]] | None) -> "Selector":
        """As `as_json` wrote it; raises TypeError for what is none."""
        return cls(**{name: tuple(map(str, values)) for name, values in (told or {}).items()})

    @property
    def words(self) -> str:
        """As people read it: `site 123 or 124, tag lab`."""
        parts = (
            ("site", self.sites),
            ("group", self.groups),
            ("tag", self.tags),
            ("machine type", self.machine_types),
        )
        return ", ".join(f"{name} {' or '.join(values)}" for name, values in parts if values)


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """An approved, expiring deviation from one control: of a subject, or of a selector's.

    `observed` is, by subject, the digest of the failing values that were known when it was asked
    for; where they have changed since it covers that subject no more.
    """

    decided: Decided
    control: str
    control_version: str
    subject: str
    selector: Selector
    reason: str
    risk: str
    measure: str
    observed: Mapping[str, str] = field(default_factory=dict)

    @property
    def about(self) -> str:
        """What it covers, in words."""
        return self.subject or self.selector.words


@dataclass(frozen=True, slots=True)
class Attestation:
    """What a person vouches for because no console can tell it. `kind` is declared in KINDS."""

    decided: Decided
    kind: str
    subject: str
    statement: str
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """Who is outside the population: of all controls, or of those named. Versions count from 1.

    Each version has an id of its own; `replaces` is that of the one before, which holds until this
    one is approved.
    """

    decided: Decided
    name: str
    version: int
    selector: Selector
    controls: tuple[str, ...]
    reason: str
    replaces: str = ""

    def concerns(self, control: str) -> bool:
        """Whether the rule holds for that control."""
        return not self.controls or control in self.controls


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of attestation: what it vouches for, about what, and for how long at most.

    `subjects` are those it may name: `user:` stands for every user, a word for itself; with
    `whole` it may name none and then speaks of all. `data` are values it may hold, by name, each
    with what it means; those in `needed` it must.
    """

    name: str
    title: str
    days: int
    subjects: tuple[str, ...] = ()
    whole: bool = False
    data: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()

    def may_name(self, subject: str) -> bool:
        """Whether an attestation of this kind may be about that subject."""
        if not subject:
            return self.whole
        return any(
            subject == each or (each.endswith(":") and subject.startswith(each) and subject != each)
            for each in self.subjects
        )

    @property
    def longest(self) -> timedelta:
        """The longest that one attestation may last."""
        return timedelta(days=self.days)


OUT_OF_SCOPE = "out_of_scope"

_SCOPES = ("group:", "site:", "account:", "tenant")
_SYSTEMS = ("windows", "macos", "linux")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "idp_mfa",
            "The identity provider enforces a second factor",
            90,
            ("sso_saml", "active_directory", "global"),
            whole=True,
        ),
        Kind(
            "privileged_access",
            "This identity may hold privileged access",
            180,
            ("user:", "service_user:"),
        ),
        Kind(
            "token_purpose",
            "Who owns this token, and what it is for",
            365,
            ("user:", "service_user:"),
        ),
        Kind(
            "policy_baseline",
            "This policy is approved as it stands",
            365,
            _SCOPES,
            data={"sha256": "settings_sha256 of the policy as approved"},
            needed=("sha256",),
        ),
        Kind("policy_change", "This policy change was approved", 365, ("activity:",)),
        Kind(
            "exclusion_review",
            "This exclusion was reviewed and is still needed",
            180,
            ("exclusion:",),
        ),
        Kind("agent_retired", "This machine was retired", 365, ("agent:",)),
        Kind("not_at_risk", "This asset was evaluated and needs no agent", 365, ("asset:",)),
        Kind(
            "detection_test",
            "A harmless test was detected",
            90,
            _SYSTEMS,
            data={"threat_id": "the threat that the test became"},
            needed=("threat_id",),
        ),
        Kind(
            "activity_review",
            "Sensitive console actions were reviewed",
            365,
            ("activity:",),
            whole=True,
            data={"until": "up to when, RFC 3339; for a review of all"},
        ),
        Kind(
            "scan_not_required", "Full scans are not the chosen method", 365, _SYSTEMS, whole=True
        ),
        Kind("restore_test", "A restore of the evidence was tried", 90, (), whole=True),
        Kind(
            "log_forwarding",
            "The console's log is forwarded and kept elsewhere",
            365,
            (),
            whole=True,
        ),
        Kind(OUT_OF_SCOPE, "This control does not apply here", 365, ("control:",)),
    )
}
"""Every kind of attestation; the days are those of the reference, section C.2."""
