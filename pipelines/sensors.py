"""What is watched between two nights: the landing folder, and runs that fail.

Belongs here: sensors. Does not belong here: what they start (jobs.py); names of files, which must not reach Dagster.
"""

import hashlib
import os
import time
from pathlib import Path

import dagster as dg

from assets.resources import Place
from limpide.warehouse.night.landing import landing_of
from pipelines.jobs import NIGHTLY
from pipelines.nights import night_tags
from pipelines.settings import tonight

QUIET_SECONDS = 120  # a folder still being written to is left alone


@dg.sensor(
    name="landing_folder",
    job_name=NIGHTLY,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description=(
        "Lance la nuit en cours dès que le dossier d'arrivée a changé et qu'il est calme depuis deux minutes. À activer"
        " pour charger aussi pendant la journée ; la nuit de 2 h passe de toute façon."
    ),
)
def landing_folder(context: dg.SensorEvaluationContext, place: Place) -> dg.SensorResult | dg.SkipReason:
    """One run a state of the folder: the run key is its fingerprint."""
    night = tonight()
    state, newest = fingerprint(landing_of(Path(place.landing), night))
    if state == context.cursor:
        return dg.SkipReason("rien de nouveau dans le dossier d'arrivée")
    if time.time() - newest < QUIET_SECONDS:
        return dg.SkipReason("le dossier d'arrivée est en train de se remplir")
    tags = night_tags(context.instance, Path(place.landing), night)
    if not tags:
        return dg.SkipReason("le dossier d'arrivée est vide")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"nuit {night} {state}", tags=tags)], cursor=state)


def fingerprint(folder: Path) -> tuple[str, float]:
    """A hash of what lies in a folder (paths, sizes, times), and the time of its newest file. Names do not come out."""
    entries: list[str] = []
    newest = 0.0
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(root, name)
            try:
                stat = path.lstat()
            except OSError:
                continue
            newest = max(newest, stat.st_mtime)
            entries.append(f"{path.relative_to(folder)}\0{stat.st_size}\0{stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(entries).encode("utf-8", "surrogateescape")).hexdigest()[:16], newest


@dg.run_failure_sensor(
    name="night_failed",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Écrit dans warehouse/alertes/ ce qui a échoué et ce que cela change, en français.",
)
def night_failed(context: dg.RunFailureSensorContext, place: Place) -> None:
    """The alert of the open product: one file a failed run, for whoever does not look at the UI."""
    from pipelines.alerts import write_alert

    path = write_alert(Path(place.warehouse), context.instance, context.dagster_run)
    context.log.error(f"alert written: {path}")
