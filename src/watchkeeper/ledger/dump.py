"""The database written out table by table, and read back: by PostgreSQL's COPY, and nothing else.

`pg_dump` would tie a backup to its own and the server's version. Here tables are made by
Watchkeeper's migrations, as far as they were when the backup was made; triggers, constraints and
the rules of the audit trail come with them. So a backup of an embedded PostgreSQL can be restored
into an operator's own, and one of an earlier Watchkeeper by a later one.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from watchkeeper.errors import UsageError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NOT_KEPT = ("django_session", "access_signinattempt")
"""Whoever was signed in signs in again: a session in a backup would let its finder in."""

_MIGRATIONS = "django_migrations"
_APPEND_ONLY = "ledger_auditevent"  # its triggers refuse changes, not additions
_PIECE = 1024 * 1024


def snapshot() -> None:
    """In a transaction that has just begun: everything read in it is of one moment."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def tables() -> dict[str, list[str]]:
    """The tables of this installation that are kept, with the columns that hold data."""
    names = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}  # noqa: SLF001 - Django's own word for it
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'"
            " AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
            " AND c.relname = ANY(%s) GROUP BY 1 ORDER BY 1",
            [sorted(names - set(NOT_KEPT))],
        )
        return {name: list(columns) for name, columns in cursor.fetchall()}


def migrations() -> list[tuple[str, str]]:
    """The steps that made the tables, in the order in which they were done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        return [(app, name) for app, name in cursor.fetchall()]


def sequences() -> dict[str, int]:
    """The last number that each sequence gave."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sequencename, last_value FROM pg_sequences"
            " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
        return dict(cursor.fetchall())


def write(table: str, columns: Sequence[str], into: IO[bytes]) -> int:
    """Writes a table's rows, compressed; returns how many."""
    statement = sql.SQL("COPY {} ({}) TO STDOUT").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    packing = zstd.ZstdCompressor()
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for data in copy:
                into.write(packing.compress(bytes(data)))
        into.write(packing.flush())
        return int(cursor.rowcount)


def is_fresh() -> bool:
    """Whether the database holds no table at all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
        )
        row = cursor.fetchone()
        return row is not None and row[0] == 0


def make_tables(steps: Iterable[tuple[str, str]]) -> None:
    """Makes the tables as they were after these steps; raises UsageError for unknown ones."""
    done = {(app, name) for app, name in steps}
    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    strange = sorted(done - set(graph.nodes))
    if strange:
        raise UsageError(
            f"The backup is of a later version: {'.'.join(strange[0])} is not known here.",
            hint="Restore it with the version that made it, or a newer one.",
        )

    def followed(node: tuple[str, str]) -> bool:
        later = {child.key for child in graph.node_map[node].children}
        return any(each[0] == node[0] for each in later & done)

    executor.migrate(sorted(node for node in done if not followed(node)))


def load(
    columns: Mapping[str, Sequence[str]],
    rows: Mapping[str, IO[bytes]],
    last: Mapping[str, int],
    on_table: Callable[[str], None],
) -> None:
    """Fills the tables, all or nothing, from what `write` wrote of each.

    `columns` and `rows` are by table; `last` are the sequences' last numbers; `on_table` is told
    which one is being filled.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Rows that come in are no events: nobody is to be notified, and no history made up.
        quiet = [sql.Identifier(name) for name in columns if name != _APPEND_ONLY]
        for table in quiet:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
        for name in columns:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for name in _in_order(list(columns), _references()):
            on_table(name)
            _read(name, columns[name], rows[name])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in quiet:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table))
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()")
        known = {name for (name,) in cursor.fetchall()}
        for sequence, number in last.items():
            if sequence in known:
                cursor.execute("SELECT setval(%s, %s)", [sequence, number])
        # None of its workers lives here: what they had under way is nobody's, and given back.
        cursor.execute("DELETE FROM procrastinate_workers")
    ContentType.objects.clear_cache()


def _read(table: str, columns: Sequence[str], source: IO[bytes]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with (
        zstd.ZstdFile(source) as packed,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        while data := packed.read(_PIECE):
            copy.write(data)


def _references() -> list[tuple[str, str]]:
    """Which table refers to which."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.relname, t.relname FROM pg_constraint c"
            " JOIN pg_class r ON r.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid"
            " WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace"
        )
        return list(cursor.fetchall())


def _in_order(names: Sequence[str], references: Iterable[tuple[str, str]]) -> list[str]:
    """The tables so that each comes after those it refers to, as far as there is such an order."""
    waits = {name: {to for of, to in references if of == name and to != name} for name in names}
    found: list[str] = []
    while waits:
        free = [name for name, needs in waits.items() if not needs & waits.keys()]
        for name in free or list(waits)[:1]:
            found.append(name)
            del waits[name]
    return found
