"""When the night runs.

Belongs here: schedules. Does not belong here: what a night is (jobs.py, nights.py).
"""

from datetime import UTC, timedelta
from pathlib import Path

import dagster as dg

from assets.resources import Place
from pipelines.instance import bury_dead_runs
from pipelines.jobs import NIGHTLY, forget
from pipelines.nights import night_tags
from pipelines.settings import tonight


@dg.schedule(
    name="nightly_at_two",
    job_name=NIGHTLY,
    cron_schedule="0 2 * * *",
    execution_timezone="Europe/Paris",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Chaque nuit à 2 h, heure de Paris : ferme la nuit commencée la veille.",
)
def nightly_at_two(context: dg.ScheduleEvaluationContext, place: Place) -> dg.RunRequest | dg.SkipReason:
    """The night that closes is the one under way a second before the tick."""
    bury_dead_runs(context.instance)
    # In UTC: on the spring Sunday a second before the tick, by the clock on the wall, does not exist.
    night = tonight(context.scheduled_execution_time.astimezone(UTC) - timedelta(seconds=1))
    tags = night_tags(context.instance, Path(place.landing), night)
    if not tags:
        return dg.SkipReason("aucune source n'a jamais rien déposé dans le dossier d'arrivée")
    return dg.RunRequest(run_key=f"nuit {night}", tags=tags)


forget_monthly = dg.ScheduleDefinition(
    name="forget_monthly",
    job=forget,
    cron_schedule="0 5 1 * *",
    execution_timezone="Europe/Paris",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Le 1er du mois : efface l'historique de Dagster de plus de 400 jours.",
)
