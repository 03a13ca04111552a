"""People, and their attempts to sign in."""

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
