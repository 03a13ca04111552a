"""The table of lists that are loaded on a schedule; it lives only here, as connections do."""

from django.db import models
from django.utils import timezone


class ListSource(models.Model):
    """Where a list is kept, how often it is looked at there, and how that went last."""

    connection = models.ForeignKey(
        "ledger.Connection", on_delete=models.CASCADE, related_name="list_sources"
    )
    kind = models.CharField(max_length=64, help_text="The resource its rows are of, as `assets`.")
    name = models.CharField(max_length=60, help_text="What the list is called.")
    source = models.CharField(max_length=64, help_text="A file of `lists/sources`, as `intune`.")
    options = models.JSONField(default=dict, blank=True, help_text="What it is told, as text.")
    secrets_ciphertext = models.TextField(
        blank=True, default="", help_text="What else it is told, encrypted and bound to the rest."
    )
    interval = models.PositiveIntegerField(help_text="Seconds from one look to the next.")
    paused = models.BooleanField(default=False, help_text="True: the schedule leaves it alone.")
    added_by = models.TextField(help_text="Who added it, or changed it last.")
    added_at = models.DateTimeField(default=timezone.now)
    wanted_by = models.TextField(
        blank=True, default="", help_text="Who asked for a load that did not happen yet."
    )
    tried_at = models.DateTimeField(null=True, blank=True, help_text="When it was looked at last.")
    found_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last found whole, loaded or unchanged."
    )
    loaded_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was last loaded; null: load what is found."
    )
    failures = models.PositiveIntegerField(default=0, help_text="How often it failed in a row.")
    failing_since = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="", help_text="Why it failed, in words.")

    class Meta:
        ordering = ("kind", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["connection", "kind", "name"], name="one_source_of_a_list"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind}/{self.name} from {self.source}"
