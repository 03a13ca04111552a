"""The roles as groups. Their names are part of the product; what they may do is in roles.py."""

from typing import Any

from django.db import migrations

_ROLES = ("viewer", "auditor", "operator", "admin")


def add_roles(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 - Django's signature
    """Makes the groups that are missing."""
    groups = apps.get_model("auth", "Group").objects
    for role in _ROLES:
        groups.get_or_create(name=role)


class Migration(migrations.Migration):
    """Adds the groups; going back leaves them, people may be in them."""

    dependencies = (("access", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length"))
    operations = (migrations.RunPython(add_roles, migrations.RunPython.noop),)
