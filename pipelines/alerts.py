"""What is written when a night fails, for whoever does not look at the UI.

Belongs here: the French summary of a failed run: what happened, what follows, what to type. Does not belong here:
deciding that it failed, other alerts (limpide/reports/alerts.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from assets.partitions import night_in
from limpide.reports.alerts import FOLDER

if TYPE_CHECKING:
    from dagster._core.execution.plan.objects import StepFailureData

REASSURANCE = "Rien n'a été publié : l'entrepôt de la veille continue de servir. Rien n'est perdu."
AFTER_A_CHECK = "Remédier à ce que le contrôle nomme (clés des lignes : `warehouse/docs/index.html`), puis :"


def failures(instance: dg.DagsterInstance, run_id: str) -> tuple[list[str], list[str]]:
    """What failed in a run: (blocking checks, steps). Neither holds a value of a document."""
    checks: list[str] = []
    steps: dict[str, str] = {}
    for record in instance.all_logs(run_id):
        event = record.dagster_event
        if event is None:
            continue
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            said = event.asset_check_evaluation_data
            if not said.passed and said.blocking and said.severity is dg.AssetCheckSeverity.ERROR:
                checks.append(
                    f"{said.asset_key.to_user_string()} : {said.check_name} — {said.description or ''}".rstrip(" —")
                )
        elif event.event_type_value == "STEP_FAILURE":
            steps[str(event.step_key)] = _why(event.step_failure_data)
    return checks, list(dict.fromkeys(steps.values()))


def write_alert(warehouse: Path, instance: dg.DagsterInstance, run: dg.DagsterRun) -> Path:
    """Write `alertes/<night>-<run>.md` below the warehouse, and return its path."""
    night = night_in(run.tags)
    checks, steps = failures(instance, run.run_id)
    again = f"    limpide load --night {night}" if night else "    limpide load"
    lines = [f"# Nuit {night or 'inconnue'} : échec", "", REASSURANCE, ""]
    if checks:
        lines += ["## Contrôles bloquants en échec", "", *(f"- {check}" for check in checks), "", AFTER_A_CHECK, ""]
        lines += [again, ""]
    elif steps:
        lines += ["## Ce qui s'est passé, et que faire", "", *(f"- {step}" for step in steps), "", again, ""]
    else:
        lines += ["Le processus s'est arrêté avant de pouvoir le dire (machine ou conteneur arrêté). Relancer :", ""]
        lines += [again, ""]
    lines += [f"Exécution {run.run_id}, à ouvrir dans l'interface (`make ui`).", ""]
    path = warehouse / FOLDER / f"{night or 'sans-nuit'}-{run.run_id[:8]}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _why(failed: StepFailureData) -> str:
    """What a step says of its end: our own sentence, which says what to do; else the first line of the error."""
    said = failed.user_failure_data
    if said is not None and said.description:
        return str(said.description)
    message = failed.error.message.strip() if failed.error else ""
    return message.splitlines()[0] if message else "arrêt"
