"""Ingest: every document received, recognised, hashed and recorded.

Belongs here: the asset of arrivals. Does not belong here: how a file is recognised or kept
(limpide/warehouse/night/ingest.py).
"""

from pathlib import Path

import dagster as dg

from assets.failures import bounded_faults
from assets.partitions import ONE_RUN_A_NIGHT, selection
from assets.resources import Place
from limpide.reports.progress import tracked
from limpide.reports.tables import left_in_french
from limpide.warehouse.night.landing import landing_of

DOCUMENTS = dg.AssetKey(["ingest", "documents"])
OWNERS = ["team:entrepot"]


def documents_asset(partitions: dg.MultiPartitionsDefinition) -> dg.AssetsDefinition:
    """The arrivals, by night and source."""

    @dg.asset(
        key=DOCUMENTS,
        partitions_def=partitions,
        backfill_policy=ONE_RUN_A_NIGHT,
        group_name="ingest",
        owners=OWNERS,
        kinds={"python", "sqlite"},
        description=(
            "Tout ce qui est arrivé, par nuit et par source. Chaque fichier est reconnu par ses octets, haché, déposé"
            " dans le coffre et inscrit au registre : identifiant, version, source, réception, statut, raison.\n\n"
            "Un fichier déjà reçu n'est pas repris ; relancer une nuit ne double rien."
        ),
        metadata={"registre": "ledger.sqlite", "identités": "dans le coffre seulement"},
    )
    def documents(context: dg.AssetExecutionContext, place: Place) -> "dg.MaterializeResult[None]":
        from limpide.warehouse.night.ingest import ingest
        from limpide.warehouse.night.landing_files import settle_seconds

        layout = place.layout()
        new = 0
        for night, keys in selection(context).items():
            for source, key in keys.items():
                landing = landing_of(Path(place.landing), night)
                with bounded_faults(), tracked(f"{night} {source} : réception", "fichier") as advance:
                    report = ingest(layout, landing, night, source, settle=settle_seconds(), progress=advance)
                context.add_asset_metadata(
                    {
                        "fichiers vus": report.seen,
                        "nouveaux": report.new,
                        "déjà connus": report.known,
                        "copies exactes": report.duplicates,
                        "octets": report.bytes,
                        "laissés dans le dossier d'arrivée": dg.MetadataValue.json(left_in_french(report.left)),
                        "formats": dg.MetadataValue.json(dict(sorted(report.by_format.items()))),
                        "dagster/partition_row_count": report.new,
                    },
                    asset_key=DOCUMENTS,
                    partition_key=key,
                )
                new += report.new
        return dg.MaterializeResult(metadata={"nouveaux, toutes sources": new})

    return documents
