# ruff: noqa: E501, RUF012 - as Django writes it
"""The ledger's first tables."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="The locker's connection id: lower case letters, digits, dots, hyphens.",
                        max_length=255,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator("^[a-z0-9][a-z0-9._-]*$")
                        ],
                    ),
                ),
                ("console", models.URLField(help_text="Scheme, host and port of the console.")),
                (
                    "token_ciphertext",
                    models.TextField(help_text="The token, encrypted (see secrets.py)."),
                ),
                (
                    "token_fingerprint",
                    models.CharField(
                        help_text="The first 12 hex digits of the token's SHA-256.", max_length=16
                    ),
                ),
                ("token_expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "token_user",
                    models.TextField(blank=True, default="", help_text="Whose token it is."),
                ),
                (
                    "scope",
                    models.TextField(blank=True, default="", help_text="What the token may see."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "not tried yet"),
                            ("ok", "ok"),
                            ("token dead", "token dead"),
                            ("unreachable", "unreachable"),
                            ("failed", "failed"),
                        ],
                        default="new",
                        max_length=20,
                    ),
                ),
                ("state_reason", models.TextField(blank=True, default="")),
                (
                    "paused",
                    models.BooleanField(
                        default=False, help_text="True: the schedule leaves it alone."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "indexed_entry",
                    models.PositiveBigIntegerField(
                        default=0,
                        help_text="The number of the locker's last log entry that the index holds.",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
                    models.TextField(
                        help_text="Who: a user name, or `watchkeeper` for the program."
                    ),
                ),
                ("action", models.TextField(help_text="What was done, as `connection.added`.")),
                ("object", models.TextField(blank=True, default="", help_text="To what, by name.")),
                (
                    "detail",
                    models.JSONField(
                        blank=True, default=dict, help_text="What else is worth keeping."
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-id"),
                "indexes": [models.Index(fields=["-at"], name="audit_newest")],
            },
        ),
        migrations.CreateModel(
            name="AssessmentEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("control", models.CharField(max_length=64)),
                ("version", models.CharField(max_length=32)),
                ("title", models.TextField()),
                ("severity", models.CharField(max_length=16)),
                ("cadence", models.CharField(max_length=16)),
                ("path", models.TextField(help_text="Its folder in the locker.", unique=True)),
                ("judged_at", models.DateTimeField()),
                ("as_of", models.DateTimeField(blank=True, null=True)),
                ("result", models.CharField(max_length=24)),
                ("reason", models.TextField(blank=True, default="")),
                ("passed", models.BigIntegerField()),
                ("failed", models.BigIntegerField()),
                ("not_applicable", models.BigIntegerField()),
                ("unknown", models.BigIntegerField()),
                ("control_sha256", models.CharField(max_length=64)),
                (
                    "newest",
                    models.BooleanField(
                        default=False,
                        help_text="True for the newest assessment of its control and connection.",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assessments",
                        to="ledger.connection",
                    ),
                ),
            ],
            options={
                "ordering": ("judged_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="FailingItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.TextField()),
                ("name", models.TextField(blank=True, default="")),
                ("outcome", models.CharField(help_text="fail or unknown.", max_length=16)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "assessment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="ledger.assessmententry",
                    ),
                ),
            ],
            options={
                "ordering": ("outcome", "name", "subject"),
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "trigger",
                    models.TextField(help_text="schedule, first, retry, or the name of who asked."),
                ),
                (
                    "subject",
                    models.TextField(blank=True, default="", help_text="One agent's id, or empty."),
                ),
                (
                    "only",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="The resources asked for; empty means all.",
                    ),
                ),
                ("started", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                (
                    "progress",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="By resource: pages, rows, expected, verdict.",
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="ledger.connection",
                    ),
                ),
            ],
            options={
                "ordering": ("-started", "-id"),
            },
        ),
        migrations.CreateModel(
            name="CollectionEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("resource", models.CharField(max_length=64)),
                ("path", models.TextField(help_text="Its folder in the locker.", unique=True)),
                ("started", models.DateTimeField()),
                ("ended", models.DateTimeField()),
                (
                    "verdict",
                    models.CharField(
                        help_text="complete, incomplete, denied or failed.", max_length=16
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                ("rows", models.BigIntegerField()),
                ("distinct", models.BigIntegerField()),
                ("count_before", models.BigIntegerField(blank=True, null=True)),
                ("count_after", models.BigIntegerField(blank=True, null=True)),
                ("route", models.TextField(blank=True, default="")),
                ("derived", models.BooleanField(default=False)),
                (
                    "subject",
                    models.TextField(blank=True, default="", help_text="One agent's id, or empty."),
                ),
                ("manifest_sha256", models.CharField(max_length=64)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="collections",
                        to="ledger.connection",
                    ),
                ),
            ],
            options={
                "ordering": ("ended", "id"),
                "indexes": [
                    models.Index(
                        fields=["connection", "resource", "-ended"], name="collection_newest"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="assessmententry",
            index=models.Index(
                fields=["connection", "control", "-judged_at"], name="assessment_history"
            ),
        ),
        migrations.AddConstraint(
            model_name="assessmententry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("newest", True)),
                fields=("connection", "control"),
                name="one_newest_assessment",
            ),
        ),
        migrations.AddIndex(
            model_name="failingitem",
            index=models.Index(fields=["assessment", "outcome", "name"], name="failing_listed"),
        ),
        migrations.AddIndex(
            model_name="failingitem",
            index=models.Index(fields=["subject"], name="failing_subject"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["connection", "-started"], name="run_newest"),
        ),
    ]
