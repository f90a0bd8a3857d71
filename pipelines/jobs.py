"""Jobs: the night, and the yearly forgetting of old runs.

Belongs here: what runs together. Does not belong here: when (schedules.py, sensors.py).
"""

from datetime import UTC
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

NIGHTLY = "nightly"
RUNS_KEPT_DAYS = 400


def nightly_job() -> "UnresolvedAssetJobDefinition":
    """The whole road over one night and all its sources, in one process.

    One run, because a blocking check only holds inside its run. One process, because four small steps cost 0.4 s so and
    27 s with a process each; the parallel work is inside the structuring step.
    """
    return dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description=(
            "La nuit entière, d'une traite : réception, structuration, contrôles, publication. Choisir une nuit et"
            " toutes ses sources. Si un contrôle bloquant échoue, rien n'est publié."
        ),
        tags={"dagster/max_runtime": 43200},
    )


@dg.op(description="Efface les exécutions de plus de 400 jours et leurs évènements.")
def forget_old_runs(context: dg.OpExecutionContext) -> None:
    """Event logs grow for ever otherwise. Only Dagster's history goes: the ledger and the receipts stay."""
    from datetime import datetime, timedelta

    before = datetime.now(UTC) - timedelta(days=RUNS_KEPT_DAYS)
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old = context.instance.get_run_records(dg.RunsFilter(statuses=finished, created_before=before), limit=500)
    for record in old:
        context.instance.delete_run(record.dagster_run.run_id)
    context.log.info(f"{len(old)} runs forgotten")


@dg.job(
    executor_def=dg.in_process_executor,
    description="Entretien de l'historique de Dagster ; ne touche ni à l'entrepôt, ni au registre, ni aux reçus.",
)
def forget() -> None:
    """Forget what Dagster no longer needs to remember."""
    forget_old_runs()
