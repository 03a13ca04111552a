"""A control: a question with a pass condition, declared on one Markdown page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Severity(StrEnum):
    """How much a failure matters."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Cadence(StrEnum):
    """How often a control is judged; it fixes how old the data may be (reference C.1)."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def freshness(self) -> timedelta:
        """The age from which the newest complete collection makes a result STALE.

        The reference fixes daily to quarterly; hourly controls get 6 h, six missed runs.
        """
        return _FRESHNESS[self]


_FRESHNESS = {
    Cadence.HOURLY: timedelta(hours=6),
    Cadence.DAILY: timedelta(hours=36),
    Cadence.WEEKLY: timedelta(days=8),
    Cadence.MONTHLY: timedelta(days=32),
    Cadence.QUARTERLY: timedelta(days=95),
}

Scalar = int | float | str | bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or word a tenant may change, with its bounds and the reason for its default."""

    name: str
    default: Scalar
    why: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Guardrail:
    """The loosest parameter that still satisfies a requirement: `parameter op value`."""

    parameter: str
    op: str
    value: float


class Relation(StrEnum):
    """What a control is to a requirement; a technical test is nearly always part of the evidence.

    The other three are set-theory relations (NIST IR 8477), used only where a source states one.
    """

    CONTRIBUTES = "contributes evidence to"
    EQUAL = "equal"
    SUBSET = "subset"
    INTERSECTS = "intersects"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A framework's clause the control contributes evidence to, by identifier only.

    `source` names who says so, for every other relation than CONTRIBUTES; empty for that one.
    """

    framework: str
    id: str
    guardrail: Guardrail | None = None
    relation: Relation = Relation.CONTRIBUTES
    source: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Small input tables and the outcome each subject must get.

    `tables` maps a table name to rows of column → text as written on the page;
    `expected` maps a subject to (outcome, reason); an empty reason is not compared.
    """

    name: str
    tables: Mapping[str, Sequence[Mapping[str, str]]]
    expected: Mapping[str, tuple[str, str]]
    parameters: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Control:
    """A control as its page declares it.

    `reads` maps a resource to the columns its SQL may see; a resource in `optional` may be
    missing or denied (its table is then empty and `unread` says so); `earlier` maps a resource
    to the columns of the table `<resource>_earlier`: rows of the complete collections of the last
    `lookback` before the one judged, each with `collected_at`.
    `page` is the Markdown as it stands in the file, `sha256` its digest (hex).
    """

    id: str
    version: str
    title: str
    severity: Severity
    cadence: Cadence
    reads: Mapping[str, tuple[str, ...]]
    parameters: tuple[Parameter, ...]
    requirements: tuple[Requirement, ...]
    why: str
    remedy: str
    logic: str
    examples: tuple[Example, ...]
    page: str
    sha256: str
    optional: frozenset[str] = frozenset()
    earlier: Mapping[str, tuple[str, ...]] | None = None
    lookback: timedelta = timedelta(days=8)
    baseline: bool = False
    """True: without an earlier collection nothing can be judged, and that is said, not guessed."""
    tenant: bool = False
    """True: the tenant wrote it, so it is judged in a process of its own."""

    @property
    def defaults(self) -> dict[str, Scalar]:
        """The parameters as the page sets them."""
        return {parameter.name: parameter.default for parameter in self.parameters}
