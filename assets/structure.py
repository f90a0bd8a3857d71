"""Structure: what each document says, as rows, current or not.

Belongs here: the asset of the lake. Does not belong here: reading or understanding
(limpide/readers, limpide/semantics).
"""

from typing import Any

import dagster as dg

from assets.failures import bounded_faults
from assets.ingest import DOCUMENTS, OWNERS
from assets.partitions import ONE_RUN_A_NIGHT, missing, report, selection
from assets.resources import Place
from limpide.reports.alerts import unfinished_nights, unfinished_table
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
        from limpide.warehouse.night.backlog import finish, unfinished
        from limpide.warehouse.night.structuring import structure_night

        layout, chosen = place.layout(), selection(context)
        asked = {(night, source) for night, keys in chosen.items() for source in keys}
        with bounded_faults():
            left = finish(layout, asked, engine=place.engine, workers=place.workers)
            unfinished_nights(layout.warehouse, left)
        documents = 0
        done = set()
        for night, keys in chosen.items():
            with bounded_faults(), tracked(f"{night} : structuration") as advance:
                reports = structure_night(
                    layout, night, list(keys), engine=place.engine, workers=place.workers, progress=advance
                )
                for read in reports:
                    report(
                        context,
                        FACTS,
                        keys[read.source],
                        {
                            "fichiers": read.files,
                            "documents": read.documents,
                            "structurés": read.structured,
                            "en double": read.duplicated,
                            "en quarantaine": sum(read.quarantined.values()),
                            "pourquoi": dg.MetadataValue.md(reasons_table(read.quarantined)),
                            "lignes": dg.MetadataValue.json(dict(sorted(read.rows.items()))),
                            "moteur": read.engine,
                            "secondes": round(read.seconds, 1),
                            "inchangé": read.unchanged,
                            "dagster/partition_row_count": sum(read.rows.values()),
                        },
                    )
                    documents += read.documents
                    done.add((read.night, read.source))
        with bounded_faults():
            done -= {(one.night, one.source) for one in unfinished(layout)}
        if not_done := missing(chosen, done):
            raise dg.Failure(f"demandé et non fait : {', '.join(not_done)}", allow_retries=False)
        metadata: dict[str, Any] = {"documents, toutes sources": documents}
        if left:
            metadata["nuits inachevées"] = dg.MetadataValue.md(unfinished_table(left))
        return dg.MaterializeResult(metadata=metadata)

    return facts
