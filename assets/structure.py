"""Structure: what each document says, as rows, current or not.

Belongs here: the asset of the lake. Does not belong here: reading or understanding
(limpide/readers, limpide/semantics).
"""

import dagster as dg

from assets.failures import bounded_faults
from assets.ingest import DOCUMENTS, OWNERS
from assets.partitions import ONE_RUN_A_NIGHT, selection
from assets.resources import Place
from limpide.reports.progress import tracked
from limpide.reports.tables import reasons_table

FACTS = dg.AssetKey(["structure", "facts"])


def facts_asset(partitions: dg.MultiPartitionsDefinition) -> dg.AssetsDefinition:
    """The lake, by night and source."""

    @dg.asset(
        key=FACTS,
        deps=[DOCUMENTS],
        partitions_def=partitions,
        backfill_policy=ONE_RUN_A_NIGHT,
        group_name="structure",
        owners=OWNERS,
        kinds={"python", "parquet", "arrow"},
        description=(
            "Ce que dit chaque document, par nuit et par source : en-tête, sections, texte masqué, faits codés et faits"
            " compris du texte, chacun avec sa position. Les personnes sont pseudonymisées ici.\n\n"
            "Un document illisible est mis en quarantaine avec sa raison et n'arrête pas la nuit ; il n'est pas retenté"
            " tant que rien n'a changé."
        ),
        metadata={"dossier": "lake/<nuit>/<source>/"},
    )
    def facts(context: dg.AssetExecutionContext, place: Place) -> "dg.MaterializeResult[None]":
        from limpide.warehouse.night.structuring import structure_night

        layout = place.layout()
        documents = 0
        for night, keys in selection(context).items():
            with bounded_faults(), tracked(f"{night} : structuration") as advance:
                reports = structure_night(
                    layout, night, list(keys), engine=place.engine, workers=place.workers, progress=advance
                )
                for report in reports:
                    context.add_asset_metadata(
                        {
                            "fichiers": report.files,
                            "documents": report.documents,
                            "structurés": report.structured,
                            "en double": report.duplicated,
                            "en quarantaine": sum(report.quarantined.values()),
                            "pourquoi": dg.MetadataValue.md(reasons_table(report.quarantined)),
                            "lignes": dg.MetadataValue.json(dict(sorted(report.rows.items()))),
                            "moteur": report.engine,
                            "secondes": round(report.seconds, 1),
                            "inchangé": report.unchanged,
                            "dagster/partition_row_count": sum(report.rows.values()),
                        },
                        asset_key=FACTS,
                        partition_key=keys[report.source],
                    )
                    documents += report.documents
        return dg.MaterializeResult(metadata={"documents, toutes sources": documents})

    return facts
