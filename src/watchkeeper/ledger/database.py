"""A database as Django takes it, from libpq's parameters or an operator's URL."""

from typing import Any

import psycopg

from watchkeeper.errors import UsageError
from watchkeeper.ledger.cluster import DATABASE


def django_database(parameters: dict[str, Any]) -> dict[str, Any]:
    """Django's entry for a database given as libpq parameters."""
    rest = {
        key: value
        for key, value in parameters.items()
        if key not in {"dbname", "user", "password", "host", "port"}
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parameters.get("dbname", DATABASE),
        "USER": parameters.get("user", ""),
        "PASSWORD": parameters.get("password", ""),
        "HOST": parameters.get("host", ""),
        "PORT": str(parameters.get("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": rest,
    }


def url_parameters(url: str) -> dict[str, Any]:
    """The libpq parameters of a `postgresql://` URL; raises UsageError without quoting the URL."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise UsageError(
            "WATCHKEEPER_DATABASE_URL is not the address of a PostgreSQL.",
            hint="Give postgresql://user:password@host:5432/database.",
        )
    try:
        found = dict(psycopg.conninfo.conninfo_to_dict(url))
    except psycopg.Error as error:
        raise UsageError(
            "WATCHKEEPER_DATABASE_URL cannot be read.",
            hint="Give postgresql://user:password@host:5432/database; escape odd characters.",
        ) from error
    if not found.get("dbname"):
        raise UsageError(
            "WATCHKEEPER_DATABASE_URL names no database.",
            hint="Give postgresql://user:password@host:5432/database.",
        )
    return found
