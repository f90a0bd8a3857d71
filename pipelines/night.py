"""A night run here and now, in this process, through the same job as the schedule.

Belongs here: running the job and saying how it ended. Does not belong here: the steps (assets/), printing (cli.py).
"""

import logging
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path

from pipelines.settings import Settings

# What the fork server loads: `structuring.WARM`, named here because importing it takes half a second that the server
# can use; and what the command is made of, which each process that it forks imports again as its main module (not the
# command itself: run by `-m`, each would warn that it is there already).
COMMANDS = ("pipelines.cli.identity", "pipelines.cli.meaning", "pipelines.cli.rights", "pipelines.cli.vault")
READERS = ("limpide.warehouse.night.preload", *COMMANDS)


class Outcome(Enum):
    """How a night ends."""

    PUBLISHED = "published"
    REFUSED = "refused"  # a blocking check failed
    STOPPED = "stopped"  # a step failed on a fault


@dataclass(frozen=True)
class NightResult:
    """The end of a night. `account` is ready to print; `reasons` name checks and steps, never a value."""

    night: date
    status: Outcome
    account: str
    reasons: list[str]
    run_id: str
    alert: Path | None = None


def run_night(here: Settings, night: date, source: str | None = None, *, verbose: bool = False) -> NightResult:
    """Run the nightly job over one night, in order, with a progress bar a step. Never raises for a failed night."""
    from limpide.runtime.workers import prepare

    prepare(READERS)  # while Dagster is imported
    from quality import judge_process

    judge_process.prepare()  # while documents are read
    from limpide.reports.progress import progress_shown
    from pipelines.alerts import failures, write_alert
    from pipelines.definitions import build
    from pipelines.instance import bury_dead_runs, opened_instance, own_process
    from pipelines.jobs import NIGHTLY
    from pipelines.nights import night_tags

    logging.getLogger("dagster").setLevel(logging.INFO if verbose else logging.CRITICAL)
    with opened_instance() as instance, progress_shown():
        job = build(replace(here, first_night=min(here.first_night, night))).resolve_job_def(NIGHTLY)
        bury_dead_runs(instance)
        tags = night_tags(instance, here.landing, night, source)
        if not tags:
            return NightResult(night, Outcome.PUBLISHED, f"Nuit {night} : rien dans le dossier d'arrivée.", [], "")
        result = job.execute_in_process(
            instance=instance,
            tags=tags | own_process(),
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "INFO" if verbose else "CRITICAL"}}}},
        )
        checks, steps = failures(instance, result.run_id)
        alert = None if result.success else write_alert(here.warehouse, instance, result.dagster_run)
    status = Outcome.PUBLISHED if result.success else Outcome.REFUSED if checks else Outcome.STOPPED
    return NightResult(night, status, _account(here, night), checks or steps, result.run_id, alert)


def _account(here: Settings, night: date) -> str:
    from limpide.reports.account import account_text
    from limpide.warehouse.layout import Layout
    from limpide.warehouse.snapshots.account import account

    return account_text(account(Layout(here.warehouse, here.vault), night))
