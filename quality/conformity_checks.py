"""The register of conformity as asset checks of the published snapshot, one a requirement, every night.

Belongs here: the one `multi_asset_check`. Does not belong here: the register (conformity.py), the controls.

They look at what is published, so none can hold publication back; the two that would mislead or harm a person (an
opposition or an erasure not held) are errors, the others warnings. What does not apply gives no result: grey, never
green.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from assets.failures import bounded_faults
from assets.publish import SNAPSHOT
from assets.resources import Place
from assets.retention import RETENTION
from quality.conformity import register


def _name(requirement_id: str) -> str:
    return "conformite_" + requirement_id.replace("-", "_")


@dg.multi_asset_check(
    name="conformity",
    specs=[
        dg.AssetCheckSpec(
            _name(r.id), asset=SNAPSHOT, description=f"{r.french}. {r.law}", additional_deps=[RETENTION], blocking=False
        )
        for r in register()
    ],
    can_subset=True,
)
def conformity_checks(context: dg.AssetCheckExecutionContext, place: Place) -> Iterator[dg.AssetCheckResult]:
    """Every control, and the page for the data-protection officer in the warehouse's documents."""
    from quality.conformity import page, run

    layout, today = place.layout(), date.today()
    with bounded_faults():
        lines = run(layout, today)
        layout.docs.mkdir(parents=True, exist_ok=True)
        (layout.docs / "conformite.html").write_text(page(lines, today), "utf-8")
    selected = context.selected_asset_check_keys
    for line in lines:
        key = dg.AssetCheckKey(SNAPSHOT, _name(line.requirement.id))
        if line.status != "not_applicable" and key in selected:
            yield dg.AssetCheckResult(
                asset_key=SNAPSHOT,
                check_name=key.name,
                passed=line.status != "failed",
                severity=dg.AssetCheckSeverity.ERROR if line.requirement.blocking else dg.AssetCheckSeverity.WARN,
                description=line.told,
                metadata={"base légale": line.requirement.law, **{n: str(v) for n, v in line.figures.items()}},
            )
