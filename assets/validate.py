"""Validate: the tables that could be published tonight, and the receipt that lets them be.

Belongs here: one asset a table of the candidate, one for the receipt. Does not belong here: the checks (quality/), how
a candidate is built (limpide/warehouse/snapshots/candidate.py).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from assets.dictionary import TABLE_NAMES, table_key, table_metadata
from assets.failures import bounded_faults
from assets.ingest import OWNERS
from assets.partitions import night_in
from assets.resources import Place
from assets.structure import FACTS

if TYPE_CHECKING:
    from limpide.warehouse.layout import Layout

RECEIPT = dg.AssetKey(["validate", "receipt"])
LEDGER = dg.AssetKey(["validate", "ledger"])
CANDIDATE = "empreinte du candidat"


@dg.multi_asset(
    name="candidate",
    group_name="validate",
    specs=[
        dg.AssetSpec(
            table_key(table),
            deps=[FACTS],
            owners=OWNERS,
            kinds={"parquet", "omop"} if table_key(table).path[0] == "omop" else {"parquet"},
            **table_metadata(table),
        )
        for table in TABLE_NAMES
    ]
    + [
        dg.AssetSpec(
            LEDGER,
            deps=[FACTS],
            owners=OWNERS,
            kinds={"sqlite"},
            description=(
                "Le registre : une ligne par document reçu, et ce qu'il devient. La loi de conservation s'y vérifie"
                " chaque nuit, par source : aucun document ne se perd, aucun ne compte deux fois."
            ),
        )
    ],
)
def candidate(context: dg.AssetExecutionContext, place: Place) -> Iterator[dg.MaterializeResult[None]]:
    """Every table as it should be after this night: only files that hold something new are written."""
    from limpide.reports.account import conservation_markdown
    from limpide.reports.scores import score_markdown
    from limpide.warehouse.scores import score_rows
    from limpide.warehouse.snapshots.account import conservation
    from limpide.warehouse.snapshots.candidate import build_candidate

    layout = place.layout()
    with bounded_faults():
        built = build_candidate(layout, night_of(context, layout))
        scores = score_rows(layout)
    for table in TABLE_NAMES:
        state = built.tables.get(table)
        rows, files, new = (state.rows, len(state.files), len(state.new_files)) if state else (0, 0, 0)
        known = score_markdown(table, scores)
        yield dg.MaterializeResult(
            asset_key=table_key(table),
            metadata={
                "dagster/row_count": rows,
                "fichiers": files,
                "fichiers nouveaux": new,
                CANDIDATE: built.sha256,
                **({"précision et rappel": dg.MetadataValue.md(known)} if known else {}),
            },
            data_version=dg.DataVersion(state.sha256 if state else "empty"),
        )
    with bounded_faults():
        conserved = conservation(layout)
    yield dg.MaterializeResult(
        asset_key=LEDGER,
        metadata={
            "dagster/row_count": sum(row.received for row in conserved),
            "par source, toutes nuits": dg.MetadataValue.md(conservation_markdown(conserved)),
        },
    )


@dg.asset(
    key=RECEIPT,
    deps=[*(table_key(table) for table in TABLE_NAMES), LEDGER],
    group_name="validate",
    owners=OWNERS,
    kinds={"json"},
    description=(
        "Le reçu de validation : ce que les contrôles ont dit de ces données mêmes, désignées par leur empreinte. Sans"
        " lui, rien n'est publié. « Non applicable » (table vide) n'y compte jamais comme réussi."
    ),
)
def receipt(context: dg.AssetExecutionContext, place: Place) -> "dg.MaterializeResult[None]":
    import json

    sha256 = candidate_of(context.instance)
    with bounded_faults():
        path = place.layout().receipts / f"{sha256}.json"
        statuses = [result["status"] for result in json.loads(path.read_text())["results"]]
    return dg.MaterializeResult(
        metadata={
            "reçu": dg.MetadataValue.path(str(path)),
            "contrôles": dg.MetadataValue.json({status: statuses.count(status) for status in sorted(set(statuses))}),
            "Data Docs": dg.MetadataValue.path(str(Path(place.warehouse) / "docs" / "index.html")),
            CANDIDATE: sha256,
        }
    )


def night_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, layout: "Layout") -> date:
    """The night of this run: the last one of its partitions; without partitions, the last one that was read."""
    from limpide.warehouse.snapshots.account import last_night

    selected = night_in(context.run.tags) or last_night(layout)
    if selected is None:
        raise dg.Failure("aucune nuit n'est choisie, et aucune n'a jamais été lue", allow_retries=False)
    return selected


def candidate_of(instance: dg.DagsterInstance) -> str:
    """The hash of the candidate materialised last: steps hand over a name, the gate itself compares hashes."""
    event = instance.get_latest_materialization_event(table_key(TABLE_NAMES[0]))
    if event is None or event.asset_materialization is None:
        raise dg.Failure("no candidate was built yet", allow_retries=False)
    return str(event.asset_materialization.metadata[CANDIDATE].value)
