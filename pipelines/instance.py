"""The Dagster instance: where runs are remembered.

Belongs here: preparing DAGSTER_HOME from the template, and the instance of the command line. Does not belong
here: runs.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dagster as dg

PROCESS_TAG = "limpide/process"
TEMPLATE = Path(__file__).with_name("dagster.yaml")


def dagster_home(folder: Path) -> Path:
    """The folder as a DAGSTER_HOME: absolute, existing, with our settings unless it has its own."""
    home = folder.absolute()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(TEMPLATE, home / "dagster.yaml")
    return home


@contextmanager
def kept_connections() -> Iterator[None]:
    """Keep one connection to each file of Dagster's SQLite event log, in this process, while this lasts.

    For each of the eight hundred events of a night Dagster opens its files anew, compiles its statements anew, asks
    anew which tables there are and waits for the disk: five times the time. Events survive a killed process as before;
    a power cut may take the last ones, from which no row is made.
    """
    from dagster._core.storage.event_log.sqlite import sqlite_event_log as event_log
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    kept: dict[str, Any] = {}
    there: set[tuple[str, str]] = set()  # tables found: none is ever dropped
    storage = event_log.SqliteEventLogStorage
    opened, looked = storage._connect, storage.has_table

    def has_table(self: Any, name: str) -> bool:
        if (self._base_dir, name) in there:
            return True
        if found := looked(self, name):
            there.add((self._base_dir, name))
        return found

    @contextmanager
    def connect(self: Any, shard: str) -> Iterator[Any]:
        with self._db_lock:
            url = self.conn_string_for_shard(shard)
            if url not in kept:
                wait = {"timeout": event_log.SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
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


@contextmanager
def opened_instance() -> Iterator["dg.DagsterInstance"]:
    """The instance of DAGSTER_HOME where one is named, else one forgotten at the end. No telemetry in either."""
    import dagster as dg

    named = os.environ.get("DAGSTER_HOME")
    if named:
        os.environ["DAGSTER_HOME"] = str(dagster_home(Path(named)))
        with kept_connections(), dg.DagsterInstance.get() as instance:
            yield instance
    else:
        with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
            yield instance


def own_process() -> dict[str, str]:
    """The tag of a run that lives in this process."""
    return {PROCESS_TAG: f"{socket.gethostname()}:{os.getpid()}"}


def bury_dead_runs(instance: "dg.DagsterInstance") -> int:
    """Close the runs of loads that were killed; how many. Nobody else would, and the queue admits one run at a time."""
    import dagster as dg

    buried = 0
    for run in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        host, _, pid = run.tags.get(PROCESS_TAG, "").rpartition(":")
        if host == socket.gethostname() and not _alive(int(pid)):
            instance.report_run_failed(
                run, "le processus de ce chargement a été tué ; relancer la nuit est sans danger"
            )
            buried += 1
    return buried


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
