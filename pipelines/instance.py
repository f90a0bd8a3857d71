"""The Dagster instance: where runs are remembered.

Belongs here: preparing DAGSTER_HOME from the template, and the instance of the command line. Does not belong
here: runs.
"""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
    written = home / "dagster.yaml"
    if not written.exists() or not written.stat().st_size:
        draft = home / f".dagster.yaml.{os.getpid()}"
        draft.write_bytes(TEMPLATE.read_bytes())
        draft.rename(written)
    return home


def put_aside(home: Path) -> Path:
    """Give a broken DAGSTER_HOME another name and make one anew, with its own settings; where the old one went.

    It is Dagster's history and nothing else: ledger, lake and snapshots are in the warehouse.
    """
    aside = home.with_name(f"{home.name}.abime-{time.strftime('%Y%m%d-%H%M%S')}")
    kept = (home / "dagster.yaml").read_bytes()
    home.rename(aside)
    home.mkdir()
    (home / "dagster.yaml").write_bytes(kept)
    return aside


def _is_ours_to_mend(home: Path, fault: Exception) -> bool:
    """Whether a DAGSTER_HOME that does not open is half made or damaged: not a full disk, a lock, rights, Postgres."""
    import yaml

    from limpide.reports.faults import disk_full

    said = str(fault)
    if disk_full(fault) or isinstance(fault, PermissionError) or "locked" in said or "readonly" in said:
        return False
    return "storage" not in (yaml.safe_load((home / "dagster.yaml").read_text("utf-8")) or {})


@contextmanager
def opened_instance() -> Iterator["dg.DagsterInstance"]:
    """The instance of DAGSTER_HOME where one is named, else one forgotten at the end. No telemetry in either."""
    import dagster as dg

    named = os.environ.get("DAGSTER_HOME")
    if named:
        home = dagster_home(Path(named))
        os.environ["DAGSTER_HOME"] = str(home)
        with ExitStack() as stack:
            try:
                instance = _probed(stack)
            except Exception as fault:
                stack.close()
                if not _is_ours_to_mend(home, fault):
                    raise
                aside = put_aside(home)
                print(
                    f"L'historique de Dagster était inachevé ou abîmé : mis de côté dans {aside}, refait à neuf."
                    " L'entrepôt, le registre et le coffre ne sont pas touchés.",
                    file=sys.stderr,
                )
                instance = _probed(stack)
            yield instance
    else:
        with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
            yield instance


def _probed(stack: ExitStack) -> "dg.DagsterInstance":
    """The instance of DAGSTER_HOME, each of its stores asked once."""
    import dagster as dg

    stack.enter_context(kept_connections())
    instance = stack.enter_context(dg.DagsterInstance.get())
    instance.get_run_records(limit=1)
    instance.get_dynamic_partitions("sources")
    instance.all_instigator_state()
    return instance


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
