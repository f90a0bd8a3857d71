"""Publish: the validated candidate becomes, all at once, what analysts read.

Belongs here: the asset of the snapshot. Does not belong here: the switch itself
(limpide/warehouse/snapshots/publication.py).
"""

from datetime import timedelta

import dagster as dg

from assets.failures import bounded_faults
from assets.ingest import OWNERS
from assets.partitions import nights_of
from assets.resources import Place
from assets.validate import RECEIPT, candidate_of, night_of

SNAPSHOT = dg.AssetKey(["publish", "snapshot"])

# The night starts at 02:00; at 06:00, before the first analyst, a snapshot of this very night must be there.
FRESH_BY_MORNING = dg.FreshnessPolicy.cron(
    deadline_cron="0 6 * * *", lower_bound_delta=timedelta(hours=4), timezone="Europe/Paris"
)


@dg.asset(
    key=SNAPSHOT,
    deps=[RECEIPT],
    group_name="publish",
    owners=OWNERS,
    kinds={"duckdb", "parquet"},
    freshness_policy=FRESH_BY_MORNING,
    description=(
        "L'instantané que lisent les analystes : `warehouse/limpide.duckdb`, des vues sur des fichiers Parquet"
        " immuables. Il est publié d'un seul coup, et seulement avec un reçu de validation portant l'empreinte de ces"
        " données mêmes. Les instantanés précédents restent lisibles.\n\n"
        "Le **compte de la nuit** est dans les métadonnées : reçus, publiés, remplacés, en double, en quarantaine et"
        " pourquoi, par source."
    ),
)
def snapshot(context: dg.AssetExecutionContext, place: Place) -> "dg.MaterializeResult[None]":
    from limpide.identity.vault.audit import Audit
    from limpide.identity.vault.vault import Vault
    from limpide.reports.account import accounts_markdown
    from limpide.warehouse.snapshots.account import account, nights_pending
    from limpide.warehouse.snapshots.candidate import load_candidate
    from limpide.warehouse.snapshots.publication import publish

    layout = place.layout()
    with bounded_faults():
        candidate = load_candidate(layout, candidate_of(context.instance))
        # All that this publication settles: a run of one source over many nights, a night finished with this one.
        nights = {night_of(context, layout), *nights_of(context.run.tags), *nights_pending(layout, candidate.sha256)}
        published = publish(layout, candidate)
        told = [account(layout, night) for night in sorted(nights)]
        Audit(Vault(layout.vault)).record(
            "load", night=published.night.isoformat(), snapshot=published.number, candidate=published.candidate_sha256
        )
    return dg.MaterializeResult(
        metadata={
            "compte de la nuit": dg.MetadataValue.md(accounts_markdown(told)),
            "instantané": published.number,
            "nuit": published.night.isoformat(),
            "catalogue": dg.MetadataValue.path(str(published.catalog)),
            "lignes": sum(published.tables.values()),
            "empreinte": published.candidate_sha256,
        },
        data_version=dg.DataVersion(published.candidate_sha256),
    )
