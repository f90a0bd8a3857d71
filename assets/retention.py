"""Retention: every night announces the documents past the term of their class; they leave lake and snapshots later.

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
        "Les durées de conservation, par classe de documents, vingt ans au plus. Ce qui a été publié et arrive à son"
        " terme est d'abord annoncé ici, puis quitte le lac et tous les instantanés gardés une fois le préavis passé ;"
        " le coffre garde l'original. `limpide retention --dry-run` le compte sans rien retirer. Un document arrivé"
        " déjà au-delà de son terme n'est jamais publié ni détruit : il attend en quarantaine (`past_term`).\n\n"
        "Le journal d'audit oublie aussi ses lignes de plus de six à douze mois, selon sa configuration."
    ),
)
def retention(place: Place) -> "dg.MaterializeResult[None]":
    from limpide.identity.vault.audit import Audit
    from limpide.identity.vault.vault import Vault
    from limpide.rights.retention import retain
    from limpide.warehouse.retention_terms import terms

    layout = place.layout()
    with bounded_faults():
        kept = terms()
        done = retain(layout, date.today(), kept=kept)
        forgotten = Audit(Vault(layout.vault, create=False)).expire()
    lines = [
        (t.french, t.years, done.announced.get(t.name, 0), done.documents.get(t.name, 0))
        for t in (*kept.classes, kept.default)
    ]
    headings = ("classe", "années", "annoncés", "retirés")
    return dg.MaterializeResult(
        metadata={
            "conservation": dg.MetadataValue.md(markdown_table(headings, lines)),
            "prochain retrait": done.leaving_on.isoformat() if done.leaving_on else "aucun",
            "personnes dont plus rien n'est publié": done.persons,
            "lignes du journal d'audit oubliées": forgotten,
        }
    )
