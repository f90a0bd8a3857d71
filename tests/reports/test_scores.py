"""Precision and recall on the tables of the UI."""

from __future__ import annotations

from datetime import date

from limpide.reports.scores import score_markdown

ROW = {
    "set_name": "synthétique", "fact_kind": "drug", "type_code": "*", "table_name": "drug_exposure",
    "column_names": "drug_source_value", "documents": 277, "truth_n": 895, "recall": 0.991, "recall_low": 0.98,
    "recall_high": 0.996, "found_n": 1895, "precision": None, "engine": "limpide 0.1.0+abc",
    "measured_on": date(2026, 11, 24),
}  # fmt: skip


def test_a_table_shows_its_own_scores_all_types_first() -> None:
    one_type = ROW | {"type_code": "34105-7", "truth_n": 9}
    lines = (score_markdown("drug_exposure", [one_type, ROW]) or "").splitlines()
    assert "drug_exposure : drug_source_value" in lines[0]
    assert lines[-2] == (
        "| synthétique | médicaments | tous | 277 | 895 | 0,99 (0,98–1,00) | 1\u202f895 | – | limpide 0.1.0+abc "
        "| 2026-11-24 |"
    )
    assert "| 34105-7 |" in lines[-1]


def test_a_table_without_score_shows_nothing_and_the_table_of_scores_shows_all() -> None:
    assert score_markdown("person", [ROW]) is None
    assert "drug_exposure" in (score_markdown("limpide_score", [ROW]) or "")
