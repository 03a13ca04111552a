"""People, their attempts to sign in, and the keys their programs use."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class Person(AbstractUser):
    """Somebody who can sign in; the roles are Django groups (see roles.py)."""

    known_roles: frozenset[Any] | None = None
    """What `roles.roles` found, for as long as this object lives."""

    class Meta(AbstractUser.Meta):
        verbose_name = "person"
        verbose_name_plural = "people"


class SignInAttempt(models.Model):
    """A try to sign in that has not succeeded; kept to slow guessing, and no longer than a day."""

    account = models.CharField(max_length=254, help_text="The name that was typed, in lower case.")
    address = models.GenericIPAddressField(null=True, help_text="Where it came from.")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["account", "address", "-at"], name="attempt_newest"),)

    def __str__(self) -> str:
        return f"{self.account} from {self.address}"


class AccessKey(models.Model):
    """A key with which a program uses the API as a person; see keys.py. The key is not kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="access_keys")
    name = models.CharField(max_length=100, help_text="What uses it, in the person's words.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key.")
    start = models.CharField(max_length=12, help_text="How it begins, to tell keys apart.")
    role = models.CharField(max_length=20, help_text="It may do no more than this role may.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, help_text="When it was last used, to the minute.")
    revoked_at = models.DateTimeField(null=True, help_text="When it was ended early.")

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.start}… of {self.person}"

    def state(self, now: datetime) -> str:
        """`revoked`, `expired` or `valid`."""
        if self.revoked_at is not None:
            return "revoked"
        return "valid" if self.expires_at > now else "expired"
