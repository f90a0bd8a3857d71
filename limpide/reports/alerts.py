"""What is written in `alertes/` for whoever does not look at the UI: one Markdown file a matter, in French.

Belongs here: the wording and the files. Does not belong here: Dagster's runs (pipelines/alerts.py), sending anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from limpide.reports.faults import sentence
from limpide.reports.tables import markdown_table

if TYPE_CHECKING:
    from limpide.warehouse.night.backlog import Unfinished

FOLDER = "alertes"
UNFINISHED = "nuits-inachevees.md"


def unfinished_nights(warehouse: Path, left: Sequence[Unfinished]) -> Path | None:
    """Write which earlier nights were set aside and what to do; take the alert away once there is none."""
    path = warehouse / FOLDER / UNFINISHED
    aside = [one for one in left if one.fault is not None]
    if not aside:
        path.unlink(missing_ok=True)
        return None
    nights = sorted({one.night for one in aside})
    lines = [
        f"# {len(nights)} nuit(s) inachevée(s), mise(s) de côté",
        "",
        "Un chargement interrompu avait reçu ces documents sans les lire, et ils n'ont pas pu l'être cette fois"
        " non plus. Ils attendent, rien n'est perdu ; les nuits suivantes sont chargées et publiées sans eux.",
        "",
        unfinished_table(aside),
        "",
        "Remédier à la cause, puis :",
        "",
        *(f"    limpide load --night {night}" for night in nights),
        "",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def unfinished_table(left: Sequence[Unfinished]) -> str:
    """A line a night and source: how many documents it had left, and what became of them."""
    rows = [
        (one.night, one.source, one.documents, "lus maintenant" if one.fault is None else sentence(one.fault))
        for one in left
    ]
    return markdown_table(("nuit", "source", "documents", "état"), rows)
