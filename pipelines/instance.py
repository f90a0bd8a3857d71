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
from typing import TYPE_CHECKING

from patches.dagster_event_log import kept_connections

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
