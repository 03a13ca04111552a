"""Engines in memory with no way out, each used for one control after the other.

To open one takes longer than to judge a small fleet. Every control has a connection of its own, in
a transaction that may write nothing but what is temporary: another connection does not see that,
and it goes with its own.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Self

import duckdb

from watchkeeper.controls import prelude

__all__ = ["MEMORY_LIMIT", "TIMEOUT", "Sandbox"]

MEMORY_LIMIT = "1GB"
TIMEOUT = timedelta(seconds=60)

_SETTINGS: Mapping[str, str | int | float | list[str]] = {
    # One thread: at 100,000 subjects no slower than two, and 40 MB less at the peak.
    "threads": 1,
    "allocator_flush_threshold": "16MB",
    "write_buffer_row_group_count": 1,
    "temp_directory": "",  # nothing is spilled to disk
    "max_temp_directory_size": "0B",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,  # variables of this process are no tables
}
_LOCKS = (
    "SET GLOBAL TimeZone = 'UTC'",
    "SET allow_extension_repositories = 'forbidden'",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class Sandbox:
    """Limits, and locked engines that know the prelude, one for each control judged at a time.

    Threads may share it. Leaving its block closes them.
    """

    def __init__(self, memory_limit: str = MEMORY_LIMIT, timeout: timedelta = TIMEOUT) -> None:
        """`memory_limit`: of each engine, as DuckDB writes it; `timeout`: of each control."""
        self.memory_limit = memory_limit
        self.timeout = timeout
        self._free: list[duckdb.DuckDBPyConnection] = []
        self._left = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._left = True
            free, self._free = self._free, []
        for engine in free:
            engine.close()

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one control, interrupted when its time is up; raises duckdb's errors.

        An engine in which anything failed is not used again. Raises RuntimeError once the sandbox
        was left.
        """
        with self._lock:
            if self._left:
                raise RuntimeError("the sandbox was left")
            engine = self._free.pop() if self._free else None
        engine = engine or self._opened()
        try:
            with engine.cursor() as connection, _stopped(connection, self.timeout):
                connection.execute("BEGIN TRANSACTION READ ONLY")
                yield connection
        except BaseException:
            engine.close()
            raise
        with self._lock:
            kept = not self._left
            if kept:
                self._free.append(engine)
        if not kept:
            engine.close()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        limits: dict[str, str | int] = {
            "memory_limit": self.memory_limit,
            "max_execution_time": max(1, int(self.timeout.total_seconds() * 1000)),
        }
        engine = duckdb.connect(":memory:", config={**_SETTINGS, **limits})
        try:
            engine.execute(prelude())
            for lock in _LOCKS:
                engine.execute(lock)
        except BaseException:
            engine.close()
            raise
        return engine


@contextmanager
def _stopped(connection: duckdb.DuckDBPyConnection, timeout: timedelta) -> Iterator[None]:
    """Interrupts whatever the connection does when the time is up."""
    timer = threading.Timer(timeout.total_seconds(), connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
