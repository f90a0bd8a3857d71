"""Retention: every night, documents past the term of their class leave lake, snapshots and vault.

Belongs here: the asset. Does not belong here: terms and removal (limpide/rights/retention.py).
"""

from datetime import date

import dagster as dg

from assets.failures import bounded_faults
from assets.ingest import OWNERS
from assets.publish import SNAPSHOT
from assets.resources import Place
from limpide.reports.tables import markdown_table

RETENTION = dg.AssetKey(["publish", "retention"])


@dg.asset(
    key=RETENTION,
    deps=[SNAPSHOT],
    group_name="publish",
    owners=OWNERS,
    kinds={"python"},
    description=(
        "Les durées de conservation, par classe de documents, vingt ans au plus. Ce qui a dépassé sa durée quitte le"
        " lac, tous les instantanés gardés et le coffre. `limpide retention --dry-run` le compte sans rien retirer.\n\n"
        "Le journal d'audit y oublie aussi ses lignes de plus de six à douze mois, selon sa configuration."
    ),
)
def retention(place: Place) -> "dg.MaterializeResult[None]":
    from limpide.identity.vault.audit import Audit
    from limpide.identity.vault.vault import Vault
    from limpide.rights.retention import retain, terms

    layout = place.layout()
    with bounded_faults():
        kept = terms()
        done = retain(layout, date.today(), kept=kept)
        forgotten = Audit(Vault(layout.vault, create=False)).expire()
    lines = [(t.french, t.years, done.documents.get(t.name, 0)) for t in (*kept.classes, kept.default)]
    return dg.MaterializeResult(
        metadata={
            "retirés": dg.MetadataValue.md(markdown_table(("classe", "années", "documents retirés"), lines)),
            "fichiers retirés du coffre": done.files,
            "personnes dont plus rien n'est détenu": done.persons,
            "lignes du journal d'audit oubliées": forgotten,
        }
    )
