"""Access as Django knows it."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The app `access`: people, and attempts to sign in."""

    name = "watchkeeper.access"
    label = "access"
    verbose_name = "Access"
    default_auto_field = "django.db.models.BigAutoField"
