"""Backups brought back elsewhere: into another PostgreSQL, by a later version."""

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.server.commands import data, environment, run
from tests.server.own_postgres import OwnPostgres, own

__all__ = ["data", "own"]

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

# As an installation is that an earlier version made.
EARLIER = """
from watchkeeper import bootstrap
bootstrap.build(bootstrap.load_settings())
from django.core.management import call_command
call_command("migrate", "ledger", "0003", verbosity=0)
"""
CONNECTION = (
    "INSERT INTO ledger_connection (name, console, token_ciphertext, token_fingerprint, token_user,"
    " scope, state, state_reason, paused, created_at, indexed_entry)"
    " VALUES ('acme', 'https://acme.sentinelone.net', '', '', '', '', 'new', '', false, now(), 0)"
    " RETURNING id"
)


def test_a_backup_of_an_earlier_version_is_brought_up_to_this_one(
    own: OwnPostgres, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "earlier.tar"
    where = {"WATCHKEEPER_DATABASE_URL": own.url, "WATCHKEEPER_DATA": str(data)}
    assert run("migrate", **where).returncode == 0
    subprocess.run([sys.executable, "-c", EARLIER], check=True, env=environment(**where))
    behind = run("migrate", "--check", "--json", **where)
    steps = json.loads(behind.stdout)["steps"]
    assert (behind.returncode, steps[0].startswith("ledger.0004")) == (1, True)
    others = run("jobs", **where)
    assert others.returncode == 3
    assert "steps behind this version" in others.stderr
    with psycopg.connect(own.url) as there:
        there.execute(CONNECTION)
        there.execute("SELECT setval('ledger_connection_id_seq', 41)")
    saved = run("backup", file, **where)
    assert saved.returncode == 0, saved.stderr
    assert run("restore", file, **where).returncode == 2, "there is a locker, and no new database"

    refused = run("restore", file, "--replace", **where)
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr
    own.drop_everything()
    restored = run("restore", file, "--replace", **where)

    assert restored.returncode == 0, restored.stderr
    assert "No key opens the token of acme" in restored.stdout
    found = own.ask("SELECT name, tags, state FROM ledger_connection")
    assert found == [("acme", [], "token lost")]
    assert own.ask("SELECT nextval('ledger_connection_id_seq')") == [(42,)]
    assert run("migrate", "--check", **where).returncode == 0
    assert own.ask("SELECT action FROM ledger_auditevent") == [("backup.restored",)]
    with pytest.raises(psycopg.Error, match="append-only"):
        own.ask("UPDATE ledger_auditevent SET actor = 'nobody' RETURNING id")
