"""Scores: kept as counts, published as figures, the hospital's beside the shipped ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from limpide.evaluation.exam import ALL, Result, Tally
from limpide.omop.schema import tables
from limpide.warehouse import scores
from limpide.warehouse.layout import Layout

DAY = date(2026, 11, 24)


def exam(right: int = 8) -> scores.Stored:
    result = Result("limpide 0.1.0+abc")
    result.documents = 2
    tally = Tally(documents=2, coded=10, found=12, right=right, confirmed=2, strict_found=12, strict_right=6, untold=5)
    result.tallies = {("drug", ALL): tally, ("drug", "34105-7"): tally, ("problem", ALL): Tally(documents=1, coded=3)}
    return scores.stored(result, scores.OWN, "Documents de l'établissement", DAY)


def test_a_score_says_what_was_asked_found_and_right_of_each_column(layout: Layout) -> None:
    scores.save(layout, exam())
    mine = [row for row in scores.score_rows(layout) if row["set_name"] == scores.OWN]
    assert [(row["fact_kind"], row["type_code"]) for row in mine] == [
        ("drug", "*"), ("drug", "34105-7"), ("condition", "*"),
    ]  # fmt: skip
    drug = mine[0]
    assert (drug["table_name"], drug["column_names"]) == ("drug_exposure", "drug_source_value")
    assert [drug[name] for name in ("documents", "truth_n", "recalled_n", "found_n", "right_n")] == [2, 10, 8, 12, 10]
    assert (drug["recall"], round(drug["precision"], 3)) == (0.8, 0.833)
    assert (drug["strict_recall"], drug["strict_precision"]) == (0.4, 0.5)
    assert (round(drug["recall_low"], 3), round(drug["recall_high"], 3)) == (0.490, 0.943)
    assert (drug["engine"], drug["measured_on"]) == ("limpide 0.1.0+abc", DAY)


def test_what_was_not_found_has_no_precision(layout: Layout) -> None:
    scores.save(layout, exam())
    problem = scores.score_rows(layout)[-1]
    assert [problem[name] for name in ("recall", "precision", "precision_low", "strict_precision")] == [
        0.0,
        *[None] * 3,
    ]


def test_another_exam_takes_the_place_of_the_last(layout: Layout) -> None:
    scores.save(layout, exam())
    scores.save(layout, exam(right=9))
    mine = [row for row in scores.score_rows(layout) if row["set_name"] == scores.OWN]
    assert len(mine) == 3
    assert mine[0]["recall"] == 0.9


def test_shipping_a_set_replaces_it_and_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "SHIPPED", tmp_path / "scores.json")
    scores.ship(exam() | {"set": "b"})
    scores.ship(exam() | {"set": "a"})
    scores.ship(exam(right=9) | {"set": "b"})
    kept = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    assert [(one["set"], one["figures"][0]["right"]) for one in kept] == [("a", 8), ("b", 9)]


def test_columns_of_scores_exist_and_rows_fit_their_table(layout: Layout) -> None:
    for table, columns in scores.COLUMNS.values():
        assert set(columns.split(", ")) <= set(tables()[table].names)
    scores.save(layout, exam())
    for row in scores.score_rows(layout):
        assert tuple(row) == tables()["limpide_score"].names


def test_a_score_is_shipped_and_holds_counts_only(layout: Layout) -> None:
    rows = scores.score_rows(layout)
    assert {"measurement", "drug", "condition"} <= {row["fact_kind"] for row in rows if row["type_code"] == ALL}
    assert {row["set_name"] for row in rows} == {"synthétique"}
    shipped = json.loads(scores.SHIPPED.read_text("utf-8"))
    assert all(
        isinstance(v, int) for one in shipped for f in one["figures"] for k, v in f.items() if k in scores._COUNTS
    )
