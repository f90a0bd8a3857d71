"""When the night runs.

Belongs here: schedules. Does not belong here: what a night is (jobs.py, nights.py).
"""

from datetime import UTC, date, timedelta
from pathlib import Path

import dagster as dg

from assets.resources import Place
from pipelines.instance import bury_dead_runs
from pipelines.jobs import NIGHTLY, forget
from pipelines.nights import night_tags
from pipelines.settings import tonight

MADE_UP_AT_ONCE = 62  # nights; those before wait for the next tick, or for `limpide load`


@dg.schedule(
    name="nightly_at_two",
    job_name=NIGHTLY,
    cron_schedule="0 2 * * *",
    execution_timezone="Europe/Paris",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Chaque nuit à 2 h, heure de Paris : ferme la nuit commencée la veille.",
)
def nightly_at_two(context: dg.ScheduleEvaluationContext, place: Place) -> list[dg.RunRequest] | dg.SkipReason:
    """The night that closes is the one under way a second before the tick; before it, those that never ran."""
    bury_dead_runs(context.instance)
    # In UTC: on the spring Sunday a second before the tick, by the clock on the wall, does not exist.
    night = tonight(context.scheduled_execution_time.astimezone(UTC) - timedelta(seconds=1))
    landing = Path(place.landing)
    asked = []
    for late in _missed(place, landing, night):
        if tags := night_tags(context.instance, landing, late):
            asked.append(dg.RunRequest(run_key=f"nuit {late} rattrapée avec {night}", tags=tags))
    if tags := night_tags(context.instance, landing, night):
        asked.append(dg.RunRequest(run_key=f"nuit {night}", tags=tags))
    return asked or dg.SkipReason("aucune source n'a jamais rien déposé dans le dossier d'arrivée")


def _missed(place: Place, landing: Path, night: date) -> list[date]:
    """Nights that never ran, the oldest first: the daemon was off, or the machine."""
    from limpide.warehouse.layout import Layout
    from limpide.warehouse.night.backlog import missed

    layout = Layout(Path(place.warehouse), Path(place.vault))
    return [late for late in missed(layout, landing, night) if late < night][:MADE_UP_AT_ONCE]


forget_monthly = dg.ScheduleDefinition(
    name="forget_monthly",
    job=forget,
    cron_schedule="0 5 1 * *",
    execution_timezone="Europe/Paris",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Le 1er du mois : efface l'historique de Dagster de plus de 400 jours.",
)
