"""The ledger's tables. What comes from the locker can be rebuilt; the rest lives only here.

From the locker: CollectionEntry, AssessmentEntry, FailingItem, Finding (see `index.py`).
Only here: Connection, Run, Notice, AuditEvent, ListSource (in a file of its own).
"""

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from watchkeeper.ledger.list_source import ListSource as ListSource  # noqa: PLC0414 - given on


class ConnectionState(models.TextChoices):
    """What is known of a connection since it was last used."""

    NEW = "new", "not tried yet"
    OK = "ok", "ok"
    TOKEN_DEAD = "token dead", "token dead"
    TOKEN_LOST = "token lost", "token lost"
    UNREACHABLE = "unreachable", "unreachable"
    FAILED = "failed", "failed"


class RunState(models.TextChoices):
    """How far a run is."""

    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class Connection(models.Model):
    """One console: its URL, its encrypted token, what the token may see, its schedule."""

    name = models.CharField(
        max_length=255,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9][a-z0-9._-]*$")],
        help_text="The locker's connection id: lower case letters, digits, dots, hyphens.",
    )
    console = models.URLField(help_text="Scheme, host and port of the console.")
    token_ciphertext = models.TextField(help_text="The token, encrypted (see secrets.py).")
    token_fingerprint = models.CharField(
        max_length=16, help_text="The first 12 hex digits of the token's SHA-256."
    )
    token_expires_at = models.DateTimeField(null=True, blank=True)
    token_user = models.TextField(blank=True, default="", help_text="Whose token it is.")
    scope = models.TextField(blank=True, default="", help_text="What the token may see.")
    state = models.CharField(
        max_length=20, choices=ConnectionState.choices, default=ConnectionState.NEW
    )
    state_reason = models.TextField(blank=True, default="")
    state_since = models.DateTimeField(
        default=timezone.now, help_text="When the state became what it is."
    )
    paused = models.BooleanField(default=False, help_text="True: the schedule leaves it alone.")
    removed_at = models.DateTimeField(
        null=True, blank=True, help_text="Set: no longer watched; its evidence stays."
    )
    tags = models.JSONField(default=list, blank=True, help_text="Words to find it by.")
    accounts = models.JSONField(
        default=list, blank=True, help_text="Ids of the accounts to watch; empty: all."
    )
    sites = models.JSONField(
        default=list, blank=True, help_text="Ids of the sites to watch; empty: all."
    )
    intervals = models.JSONField(
        default=dict,
        blank=True,
        help_text="Seconds by resource, where they differ from what the resource declares.",
    )
    certificates = models.TextField(
        blank=True, default="", help_text="Certificate authorities beside the system's, as PEM."
    )
    proxy_ciphertext = models.TextField(
        blank=True, default="", help_text="The proxy's URL, encrypted; empty: the environment's."
    )
    created_at = models.DateTimeField(default=timezone.now)
    indexed_entry = models.PositiveBigIntegerField(
        default=0, help_text="The number of the locker's last log entry that the index holds."
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class CollectionEntry(models.Model):
    """A sealed collection, as its manifest tells it."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="collections")
    resource = models.CharField(max_length=64)
    path = models.TextField(unique=True, help_text="Its folder in the locker.")
    identity = models.GeneratedField(
        expression=models.Func(
            models.F("path"), models.Value("/id="), models.Value(2), function="split_part"
        ),
        output_field=models.TextField(),
        db_persist=True,
        help_text="Its id: the last part of its folder's name.",
    )
    started = models.DateTimeField()
    ended = models.DateTimeField()
    verdict = models.CharField(max_length=16, help_text="complete, incomplete, denied or failed.")
    reason = models.TextField(blank=True, default="")
    rows = models.BigIntegerField()
    distinct = models.BigIntegerField()
    count_before = models.BigIntegerField(null=True, blank=True)
    count_after = models.BigIntegerField(null=True, blank=True)
    route = models.TextField(blank=True, default="")
    derived = models.BooleanField(default=False)
    subject = models.TextField(blank=True, default="", help_text="One agent's id, or empty.")
    manifest_sha256 = models.CharField(max_length=64)
    due = models.DateTimeField(
        null=True, blank=True, help_text="When the schedule wanted it; null before the first."
    )
    requests = models.BigIntegerField(default=0, help_text="How often the console was asked.")
    retries = models.BigIntegerField(default=0, help_text="How many of these brought nothing.")

    class Meta:
        ordering = ("ended", "id")
        indexes = (
            models.Index(fields=["connection", "resource", "-ended"], name="collection_newest"),
            models.Index(
                fields=["connection", "resource", "-id"],
                condition=models.Q(subject=""),
                name="collection_last",
            ),
            models.Index(fields=["identity"], name="collection_identity"),
        )

    def __str__(self) -> str:
        return self.path

    @property
    def complete(self) -> bool:
        """True when the verdict is `complete`."""
        return self.verdict == "complete"


class AssessmentEntry(models.Model):
    """A sealed assessment: what one control said over one connection, once."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="assessments")
    control = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    title = models.TextField()
    severity = models.CharField(max_length=16)
    cadence = models.CharField(max_length=16)
    path = models.TextField(unique=True, help_text="Its folder in the locker.")
    judged_at = models.DateTimeField()
    as_of = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=24)
    reason = models.TextField(blank=True, default="")
    passed = models.BigIntegerField()
    failed = models.BigIntegerField()
    not_applicable = models.BigIntegerField()
    unknown = models.BigIntegerField()
    excepted = models.BigIntegerField(
        default=0, help_text="How many of those that fail an exception covers."
    )
    holds_until = models.DateTimeField(
        null=True, blank=True, help_text="When the first exception it rests on expires."
    )
    control_sha256 = models.CharField(max_length=64)
    newest = models.BooleanField(
        default=False, help_text="True for the newest assessment of its control and connection."
    )

    class Meta:
        ordering = ("judged_at", "id")
        indexes = (
            models.Index(fields=["connection", "control", "-judged_at"], name="assessment_history"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "control"],
                condition=models.Q(newest=True),
                name="one_newest_assessment",
            ),
        )

    def __str__(self) -> str:
        return f"{self.control} {self.result} at {self.judged_at:%Y-%m-%d %H:%M}"

    @property
    def total(self) -> int:
        """Every subject listed."""
        return self.passed + self.failed + self.not_applicable + self.unknown


class FailingItem(models.Model):
    """A subject that fails or is unknown in the newest assessment of a control.

    Items of older assessments, and all that pass, are in the locker only.
    """

    # The database need not look a million times for what the index has just written; and of the
    # indexes below the first serves who asks for one assessment.
    assessment = models.ForeignKey(
        AssessmentEntry,
        on_delete=models.CASCADE,
        related_name="items",
        db_constraint=False,
        db_index=False,
    )
    subject = models.TextField()
    name = models.TextField(blank=True, default="")
    outcome = models.CharField(max_length=16, help_text="fail or unknown.")
    reason = models.TextField(blank=True, default="")
    exception = models.TextField(
        blank=True, default="", help_text="The exception that covers it: it fails all the same."
    )

    class Meta:
        ordering = ("outcome", "name", "subject")
        indexes = (
            models.Index(fields=["assessment", "outcome", "name"], name="failing_listed"),
            models.Index(fields=["subject"], name="failing_subject"),
            models.Index(
                fields=["exception"], condition=~models.Q(exception=""), name="failing_excepted"
            ),
        )

    def __str__(self) -> str:
        return f"{self.outcome}: {self.name or self.subject}"


class Finding(models.Model):
    """A subject that failed a control, from when it was first seen failing until it no longer was.

    A subject that fails anew is a finding anew: `times` counts them, `after` says how the one
    before ended. Open ones were last seen in the newest assessment that listed items.
    """

    # As for the items.
    connection = models.ForeignKey(
        Connection,
        on_delete=models.CASCADE,
        related_name="findings",
        db_constraint=False,
        db_index=False,
    )
    control = models.CharField(max_length=64)
    subject = models.TextField()
    name = models.TextField(blank=True, default="")
    severity = models.CharField(max_length=16)
    opened_at = models.DateTimeField()
    opened_path = models.TextField(help_text="The assessment that saw it first.")
    reason = models.TextField(blank=True, default="", help_text="Why it failed then.")
    due_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(
        null=True, blank=True, help_text="Of a closed one: when it was seen failing last."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_how = models.CharField(
        max_length=16, blank=True, default="", help_text="fixed, gone, exception, scope, …"
    )
    closed_reason = models.TextField(blank=True, default="")
    closed_path = models.TextField(blank=True, default="")
    times = models.PositiveIntegerField(default=1, help_text="The how manieth of its subject.")
    after = models.CharField(
        max_length=16, blank=True, default="", help_text="How the one before it ended."
    )

    class Meta:
        ordering = ("opened_at", "id")
        indexes = (
            models.Index(
                fields=["connection", "control", "subject", "times"], name="finding_times"
            ),
            models.Index(
                fields=["connection", "due_at"],
                condition=models.Q(closed_at=None),
                name="finding_open",
            ),
            models.Index(
                fields=["connection", "-closed_at"],
                condition=~models.Q(closed_at=None),
                name="finding_closed",
            ),
            models.Index(fields=["subject"], name="finding_subject"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "control", "subject"],
                condition=models.Q(closed_at=None),
                name="one_open_finding",
            ),
        )

    def __str__(self) -> str:
        return f"{self.control} {self.name or self.subject} since {self.opened_at:%Y-%m-%d}"

    @property
    def late(self) -> bool:
        """Whether it was closed after it was due."""
        return self.closed_at is not None and self.closed_at > self.due_at


class Run(models.Model):
    """One collecting and judging of a connection, from being asked for to its end.

    With `controls` nothing is collected: these are judged again over what is there.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    trigger = models.TextField(help_text="schedule, first, retry, or the name of who asked.")
    subject = models.TextField(blank=True, default="", help_text="One agent's id, or empty.")
    only = models.JSONField(
        default=list, blank=True, help_text="The resources asked for; empty means all."
    )
    controls = models.JSONField(
        default=list, blank=True, help_text="The controls to judge again; empty: a collection."
    )
    started = models.DateTimeField(default=timezone.now)
    ended = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.WAITING)
    progress = models.JSONField(
        default=dict,
        blank=True,
        help_text="By resource: pages, rows, expected, verdict; by control: its result.",
    )
    reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("-started", "-id")
        indexes = (models.Index(fields=["connection", "-started"], name="run_newest"),)

    def __str__(self) -> str:
        return f"run {self.pk} of {self.connection_id}: {self.state}"


class Notice(models.Model):
    """Something about a connection that its people are told once, and when it was over."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="notices")
    about = models.TextField(help_text="What it is told once for, as `token 3f2a… 7 days`.")
    text = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "about"],
                condition=models.Q(over_at=None),
                name="one_open_notice",
            ),
        )

    def __str__(self) -> str:
        return self.text


class AuditEvent(models.Model):
    """Something a person changed or took away. The database refuses to change or remove it."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.TextField(help_text="Who: a user name, or `watchkeeper` for the program.")
    action = models.TextField(help_text="What was done, as `connection.added`.")
    object = models.TextField(blank=True, default="", help_text="To what, by name.")
    detail = models.JSONField(default=dict, blank=True, help_text="What else is worth keeping.")

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["-at"], name="audit_newest"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.object}"
