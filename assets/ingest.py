"""Ingest: every document received, recognised, hashed and recorded.

Belongs here: the asset of arrivals. Does not belong here: how a file is recognised or kept
(limpide/warehouse/night/ingest.py).
"""

from pathlib import Path
from typing import Any

import dagster as dg

from assets.failures import bounded_faults
from assets.partitions import ONE_RUN_A_NIGHT, report, selection
from assets.resources import Place
from limpide.reports.progress import tracked
from limpide.reports.tables import left_in_french
from limpide.warehouse.night.landing import landing_of, nights_in

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
            "Un fichier déjà reçu n'est pas repris ; relancer une nuit ne double rien. Un fichier ajouté au dossier"
            " d'une nuit passée est pris avec la nuit suivante, et compté à la sienne."
        ),
        metadata={"registre": "ledger.sqlite", "identités": "dans le coffre seulement"},
    )
    def documents(context: dg.AssetExecutionContext, place: Place) -> "dg.MaterializeResult[None]":
        from limpide.warehouse.night.backlog import take_late_files
        from limpide.warehouse.night.ingest import ingest
        from limpide.warehouse.night.landing_files import settle_seconds

        layout, folder = place.layout(), Path(place.landing)
        chosen = selection(context)
        last = max(chosen)
        new = 0
        for night, keys in chosen.items():
            # A flat landing folder holds what arrived since: the last night of the run takes it, not the first.
            landing = landing_of(folder, night) if nights_in(folder) or night == last else folder / night.isoformat()
            for source, key in keys.items():
                with bounded_faults(), tracked(f"{night} {source} : réception", "fichier") as advance:
                    arrived = ingest(layout, landing, night, source, settle=settle_seconds(), progress=advance)
                report(
                    context,
                    DOCUMENTS,
                    key,
                    {
                        "fichiers vus": arrived.seen,
                        "nouveaux": arrived.new,
                        "déjà connus": arrived.known,
                        "copies exactes": arrived.duplicates,
                        "octets": arrived.bytes,
                        "laissés dans le dossier d'arrivée": dg.MetadataValue.json(left_in_french(arrived.left)),
                        "formats": dg.MetadataValue.json(dict(sorted(arrived.by_format.items()))),
                        "dagster/partition_row_count": arrived.new,
                    },
                )
                new += arrived.new
        asked = {(night, source) for night, keys in chosen.items() for source in keys}
        with bounded_faults():
            late = take_late_files(layout, folder, last, asked)
        metadata: dict[str, Any] = {"nouveaux, toutes sources": new}
        if late:
            metadata["arrivés en retard, par nuit"] = {night.isoformat(): files for night, files in late.items()}
        return dg.MaterializeResult(metadata=metadata)

    return documents
