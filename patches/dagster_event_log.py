"""Dagster's SQLite event log with one connection kept to each of its files.

Belongs here: the replacement of its two private methods. Does not belong here: instances, runs (pipelines/instance.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from patches.guard import Patch, applies

PATCH = Patch(
    "dagster",
    "==1.13.27",
    "https://github.com/dagster-io/dagster/issues/34153 (has_table on the path of each event); none for connections",
    "a night writes some 800 events: 6 s with a connection, a compilation and a disk sync each, 1 s with one kept",
)
_BUSY_TIMEOUT = 5.0  # seconds; sqlite_event_log.SQLITE_BUSY_TIMEOUT_SECONDS is not exported


@contextmanager
def kept_connections() -> Iterator[None]:
    """Keep one connection to each file of Dagster's SQLite event log, in this process, while this lasts.

    For each of the eight hundred events of a night Dagster opens its files anew, compiles its statements anew, asks
    anew which tables there are and waits for the disk: five times the time. Events survive a killed process as before;
    a power cut may take the last ones, from which no row is made.
    """
    if not applies(PATCH):
        yield
        return
    from dagster._core.storage.event_log.sqlite import sqlite_event_log as event_log
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    kept: dict[str, Any] = {}
    there: set[tuple[str, str]] = set()  # tables found: none is ever dropped
    storage: Any = event_log.SqliteEventLogStorage
    opened, looked = storage._connect, storage.has_table

    def has_table(self: Any, name: str) -> bool:
        if (self._base_dir, name) in there:
            return True
        if found := looked(self, name):
            there.add((self._base_dir, name))
        return bool(found)

    @contextmanager
    def connect(self: Any, shard: str) -> Iterator[Any]:
        with self._db_lock:
            url = self.conn_string_for_shard(shard)
            if url not in kept:
                wait = {"timeout": _BUSY_TIMEOUT, "check_same_thread": False}
                engine = create_engine(url, poolclass=NullPool, connect_args=wait)
                if shard not in self._initialized_dbs:
                    self._initdb(engine)
                    self._initialized_dbs.add(shard)
                connection = engine.connect()
                connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
                connection.commit()
                kept[url] = connection
            with kept[url].begin():
                yield kept[url]

    storage._connect, storage.has_table = connect, has_table
    try:
        yield
    finally:
        storage._connect, storage.has_table = opened, looked
        for connection in kept.values():
            connection.close()
