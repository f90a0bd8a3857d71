"""Precision and recall of what is read in text, by type of document: what exams found, kept and published.

Belongs here: the shipped scores (scores.json, written by `make eval`), those that a hospital saved beside its warehouse
(`limpide exam DIR --save`), the rows of the table `limpide_score`. Does not belong here: the exam
(limpide/evaluation/exam.py), the check that a score speaks of the engine in service (quality/rules.yaml).

A file holds counts, type codes and an engine's version: no label, no path, nothing of a document.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from limpide.evaluation.exam import KINDS, Result, Tally, rows, wilson
from limpide.warehouse.lake.files import write_json
from limpide.warehouse.layout import Layout

SHIPPED = Path(__file__).with_name("scores.json")
OWN = "établissement"  # the set of a hospital's own documents

# Where a fact of a subject is published, and the columns that come from what was read.
COLUMNS = {
    "laboratory": ("measurement", "measurement_source_value, value_as_number, unit_source_value"),
    "vital": ("measurement", "measurement_source_value, value_as_number, unit_source_value"),
    "drug": ("drug_exposure", "drug_source_value"),
    "problem": ("condition_occurrence", "condition_source_value"),
}
_COUNTS = ("documents", "coded", "found", "right", "confirmed", "strict_found", "strict_right", "untold", "clashing")

Stored = dict[str, Any]


def stored(result: Result, name: str, description: str, day: date) -> Stored:
    """One exam as it is kept."""
    figures = [
        {"subject": subject, "type_code": place} | {count: getattr(tally, count) for count in _COUNTS}
        for subject, place, tally in rows(result)
    ]
    return {
        "set": name,
        "description": description,
        "engine": result.engine,
        "measured_on": day.isoformat(),
        "documents": result.documents,
        "figures": figures,
    }


def ship(exam: Stored) -> None:
    """Put an exam of documents that everybody has among the shipped scores, in the place of the same set."""
    kept = {one["set"]: one for one in _read(SHIPPED)} | {exam["set"]: exam}
    text = json.dumps([kept[name] for name in sorted(kept)], ensure_ascii=False, indent=1)
    SHIPPED.write_text(text + "\n", encoding="utf-8")


def save(layout: Layout, exam: Stored) -> Path:
    """Keep a hospital's own exam beside its warehouse, in the place of the last one; the next night publishes it."""
    layout.warehouse.mkdir(parents=True, exist_ok=True)
    write_json(_own(layout), [exam])
    return _own(layout)


def score_rows(layout: Layout) -> list[dict[str, Any]]:
    """Rows of `limpide_score`: shipped sets, then the hospital's own. Same files, same rows."""
    return [row for exam in _read(SHIPPED) + _read(_own(layout)) for row in _rows(exam)]


def _own(layout: Layout) -> Path:
    return layout.warehouse / "scores.json"


def _read(path: Path) -> list[Stored]:
    if not path.is_file():
        return []
    exams: list[Stored] = json.loads(path.read_text(encoding="utf-8"))
    return exams


def _rows(exam: Stored) -> list[dict[str, Any]]:
    out = []
    for figure in exam["figures"]:
        tally = Tally(**{count: figure[count] for count in _COUNTS})
        table, columns = COLUMNS[figure["subject"]]
        right = tally.right + tally.confirmed
        recall, precision = wilson(tally.right, tally.coded), wilson(right, tally.found)
        out.append(
            {
                "set_name": exam["set"],
                "fact_kind": KINDS[figure["subject"]],
                "type_code": figure["type_code"],
                "table_name": table,
                "column_names": columns,
                "documents": tally.documents,
                "truth_n": tally.coded,
                "recalled_n": tally.right,
                "found_n": tally.found,
                "right_n": right,
                "recall": tally.recall,
                "recall_low": recall[0] if tally.coded else None,
                "recall_high": recall[1] if tally.coded else None,
                "precision": tally.precision,
                "precision_low": precision[0] if tally.found else None,
                "precision_high": precision[1] if tally.found else None,
                "strict_recall": tally.strict_recall,
                "strict_precision": tally.strict_precision,
                "engine": exam["engine"],
                "measured_on": date.fromisoformat(exam["measured_on"]),
                "set_description": exam["description"],
            }
        )
    return out
