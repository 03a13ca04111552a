"""DuckDB as questions use it: bounded, and in reach of nothing but the files it was given."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from watchkeeper.errors import LockerError

Ask = Callable[..., list[dict[str, Any]]]
"""Asks SQL, with parameters by name, and gives the rows. The SQL is put together from constants
and declared names only; whatever a person typed is a parameter."""


def engine(
    memory: str,
    *,
    files: Sequence[str] = (),
    folder: Path | None = None,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """A new engine that can read these files, and read and write in the folder, nothing else."""
    config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory}
    if threads is not None:
        config["threads"] = threads
    if folder is not None:
        config["temp_directory"] = str(folder / f"spilled-{secrets.token_hex(4)}")
    made = duckdb.connect(":memory:", config=config)
    try:
        if files:
            made.execute(f"SET allowed_paths = [{', '.join(map(quoted, files))}]")
        if folder is not None:
            made.execute(f"SET allowed_directories = [{quoted(f'{folder}/')}]")
        made.execute(
            "SET GLOBAL TimeZone = 'UTC'; SET GLOBAL python_enable_replacements = false; "
            "SET enable_external_access = false; SET lock_configuration = true"
        )
    except BaseException:
        made.close()
        raise
    return made


def asking(connection: duckdb.DuckDBPyConnection, hint: str) -> Ask:
    """Asks on this connection; a fault is a LockerError with that hint."""

    def ask(sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        try:
            found: Any = connection.sql(sql, params=dict(parameters or {}))
            # A statement gives None. The truth of a relation would be asked of the engine again.
            table = found.to_arrow_table() if found is not None else None
        except duckdb.Error as error:
            first_line = str(error).splitlines()[0]
            raise LockerError(f"A table cannot be read: {first_line}", hint=hint) from error
        rows: list[dict[str, Any]] = table.to_pylist() if table is not None else []
        return rows

    return ask


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
