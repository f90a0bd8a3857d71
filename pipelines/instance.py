"""The Dagster instance: where runs are remembered.

Belongs here: preparing DAGSTER_HOME from the template, and the instance of the command line. Does not belong
here: runs.
"""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
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


def keep_engines() -> None:
    """Make the SQLAlchemy engines of Dagster's SQLite event log once a file, for this process.

    Dagster makes one for each event it stores, eight hundred a night, and with each compiles its statements anew: a
    third of the processor time of a small night. The engines pool nothing: each connection is still its own.
    """
    from dagster._core.storage.event_log.sqlite import sqlite_event_log as event_log

    if not isinstance(event_log.create_engine, _KeptEngines):
        event_log.create_engine = _KeptEngines(event_log.create_engine)


class _KeptEngines:
    """`create_engine` that gives the same engine for the same file."""

    def __init__(self, create_engine: Callable[..., Any]) -> None:
        self._create, self._kept = create_engine, {}

    def __call__(self, url: str, **options: Any) -> Any:
        if url not in self._kept:
            self._kept[url] = self._create(url, **options)
        return self._kept[url]


@contextmanager
def opened_instance() -> Iterator["dg.DagsterInstance"]:
    """The instance of DAGSTER_HOME where one is named, else one forgotten at the end. No telemetry in either."""
    import dagster as dg

    keep_engines()
    named = os.environ.get("DAGSTER_HOME")
    if named:
        os.environ["DAGSTER_HOME"] = str(dagster_home(Path(named)))
        with dg.DagsterInstance.get() as instance:
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
