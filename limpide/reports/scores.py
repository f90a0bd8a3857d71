"""Precision and recall as the UI shows them, on the tables they speak of.

Belongs here: how scores read. Does not belong here: scores (limpide/warehouse/scores.py), the exam.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from limpide.reports.tables import markdown_table

EVERY_TYPE = "*"
_KINDS = {"measurement": "biologie", "vital": "signes vitaux", "drug": "médicaments", "condition": "problèmes"}
_HEADINGS = ("documents de l'examen", "nature", "type", "examinés", "à trouver", "rappel", "trouvés", "précision",
             "moteur", "le")  # fmt: skip


def score_markdown(table: str, scores: Iterable[Mapping[str, Any]]) -> str | None:
    """What is known of a table's facts read in text, all types first; None for a table no score speaks of.

    The table of scores itself shows every row.
    """
    mine = [row for row in scores if table in (row["table_name"], "limpide_score")]
    if not mine:
        return None
    mine.sort(key=lambda r: (r["set_name"], r["fact_kind"], r["type_code"] != EVERY_TYPE, -r["truth_n"]))
    lines = [
        (
            row["set_name"],
            _KINDS[row["fact_kind"]],
            "tous" if row["type_code"] == EVERY_TYPE else row["type_code"],
            row["documents"],
            row["truth_n"],
            _share(row, "recall"),
            row["found_n"],
            _share(row, "precision"),
            row["engine"],
            row["measured_on"].isoformat(),
        )
        for row in mine
    ]
    columns = " ; ".join(dict.fromkeys(f"{row['table_name']} : {row['column_names']}" for row in mine))
    return (
        f"Ce qui est lu dans le texte (origine « nlp »), colonnes {columns}. Intervalles à 95 %. Les faits codés par la"
        f" source sont repris tels quels.\n\n{markdown_table(_HEADINGS, lines)}"
    )


def _share(row: Mapping[str, Any], name: str) -> str:
    if row[name] is None:
        return "–"
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f}–{row[f'{name}_high']:.2f})".replace(".", ",")
