"""What is written when a night fails, for whoever does not look at the UI.

Belongs here: the French summary of a failed run. Does not belong here: deciding that it failed.
"""

from pathlib import Path

import dagster as dg

from assets.partitions import night_in

REASSURANCE = "Rien n'a été publié : l'entrepôt de la veille continue de servir. Relancer la nuit est sans danger."


def failures(instance: dg.DagsterInstance, run_id: str) -> tuple[list[str], list[str]]:
    """What failed in a run: (blocking checks, steps). Neither holds a value of a document."""
    checks: list[str] = []
    steps: list[str] = []
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
            error = event.step_failure_data.error
            steps.append(f"{event.step_key} : {_first_line(error.message) if error else 'arrêt'}")
    return checks, steps


def write_alert(warehouse: Path, instance: dg.DagsterInstance, run: dg.DagsterRun) -> Path:
    """Write `alertes/<night>-<run>.md` below the warehouse, and return its path."""
    night = night_in(run.tags)
    checks, steps = failures(instance, run.run_id)
    lines = [f"# Nuit {night or 'inconnue'} : échec", "", REASSURANCE, ""]
    if checks:
        lines += ["## Contrôles bloquants en échec", "", *(f"- {check}" for check in checks), ""]
    if steps:
        lines += ["## Étapes arrêtées", "", *(f"- {step}" for step in steps), ""]
    lines += [f"Exécution {run.run_id}, à ouvrir dans l'interface (`make ui`).", ""]
    path = warehouse / "alertes" / f"{night or 'sans-nuit'}-{run.run_id[:8]}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else "arrêt"
