"""A project's request: refused without what the law asks, and unable to say SQL."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from limpide.rights.project import Condition, Refusal, load_project, read_project

TODAY = date(2026, 11, 24)
GOOD: dict[str, Any] = {
    "kind": "recherche", "opinion": {"body": "CSE", "reference": "1", "date": date(2026, 1, 5)},
    "project": "diabete-cardio", "purpose": "Complications du diabète", "approval": "CSE 2026-014",
    "ends": date(2027, 12, 31), "tables": {"person": ["person_id", "year_of_birth"]},
}  # fmt: skip


def test_a_full_request_is_read() -> None:
    asked = read_project(
        GOOD
        | {
            "population": [{"table": "person", "where": {"year_of_birth": {"at_least": 1930, "at_most": 1980}}}],
            "period": {"from": date(2025, 1, 1)},
        },
        TODAY,
    )
    assert asked.tables == {"person": ("person_id", "year_of_birth")}
    assert asked.population[0].where == (Condition("year_of_birth", least=1930, most=1980),)
    assert (asked.begin, asked.end, asked.small_cells) == (date(2025, 1, 1), None, 11)


@pytest.mark.parametrize("missing", ["purpose", "approval", "ends", "project", "kind", "opinion"])
def test_without_purpose_approval_end_or_name_it_is_refused(missing: str) -> None:
    with pytest.raises(Refusal):
        read_project({name: value for name, value in GOOD.items() if name != missing}, TODAY)
    with pytest.raises(Refusal):
        read_project(GOOD | {missing: "  "}, TODAY)


@pytest.mark.parametrize(
    ("kind", "purpose"),
    [
        ("promotion", "Étude"),
        ("assurance", "Étude"),
        ("commerce", "Étude"),
        ("recherche", "Promotion des médicaments antidiabétiques auprès des prescripteurs"),
        ("recherche", "Prospection pour un dispositif de perfusion"),
        ("pilotage", "Sélection des assurés à risque élevé"),
        ("recherche", "Tarification des garanties selon le risque"),
    ],
)
def test_a_purpose_off_the_list_or_forbidden_by_the_law_is_refused(kind: str, purpose: str) -> None:
    with pytest.raises(Refusal):
        read_project(GOOD | {"kind": kind, "purpose": purpose}, TODAY)


@pytest.mark.parametrize(
    "purpose", ["Promotion de la santé à l'école", "Facteurs de risque du diabète", "Effet d'un vaccin"]
)
def test_words_of_a_lawful_purpose_are_no_crime(purpose: str) -> None:
    assert read_project(GOOD | {"purpose": purpose}, TODAY).kind == "recherche"


@pytest.mark.parametrize(
    "opinion",
    ["CSE 1", {}, {"body": "CSE"}, {"body": "CSE", "reference": "1", "date": "hier"},
     {"body": "CSE", "reference": "1", "date": date(9999, 1, 1)},
     {"body": "CSE", "reference": "1", "date": date(2026, 1, 5), "by": "x"}],
)  # fmt: skip
def test_an_opinion_has_a_body_a_reference_and_a_day_gone_by(opinion: object) -> None:
    with pytest.raises(Refusal):
        read_project(GOOD | {"opinion": opinion}, TODAY)


@pytest.mark.parametrize(
    ("table", "column"),
    [("person", "person_id"), ("person", "person_source_value"), ("condition_occurrence", "person_id"),
     ("note", "note_id"), ("note", "note_text"), ("limpide_document", "document_key"),
     ("visit_occurrence", "visit_occurrence_id")],
)  # fmt: skip
def test_a_population_that_names_somebody_is_refused(table: str, column: str) -> None:
    with pytest.raises(Refusal, match="nommerait"):
        read_project(GOOD | {"population": [{"table": table, "where": {column: {"in": ["x"]}}}]}, TODAY)


def test_past_its_end_it_is_refused_and_on_its_last_day_it_is_not() -> None:
    with pytest.raises(Refusal, match="24/11/2026"):
        read_project(GOOD | {"ends": date(2026, 11, 24)}, date(2026, 11, 25))
    assert read_project(GOOD | {"ends": TODAY}, TODAY).ends == TODAY


@pytest.mark.parametrize(
    "asked",
    [
        {"tables": {"personne": ["person_id"]}},
        {"tables": {"person": ["person_id; DROP TABLE person"]}},
        {"tables": {"person": "person_id"}},
        {"tables": {"limpide_document": ["sha256"]}},
        {"tables": {"limpide_quarantine": ["document_key"]}},
        {"tables": {"note": ["note_text"]}, "shift_dates": True},
        {"population": [{"table": "person", "where": {"1=1 OR year_of_birth": {"at_least": 1}}}]},
        {"population": [{"table": "concept", "where": {}}]},
        {"population": [{"table": "person", "where": {"year_of_birth": {"sql": "1"}}}]},
        {"population": [{"table": "person", "where": {"year_of_birth": {}}}]},
        {"population": [{"table": "person", "sql": "1"}]},
        {"period": {"from": "2025"}},
        {"small_cells": 2},
        {"small_cells": True},
        {"aggregates": [{"name": "a", "table": "person", "by": []}]},
        {"aggregates": [{"name": "a", "table": "person", "by": ["person_id"]}]},
        {"aggregates": [{"name": "a", "table": "person", "by": ["person_source_value"]}]},
        {"aggregates": [{"name": "a", "table": "note", "by": ["note_text"]}]},
        {"purpos": "x"},
    ],
)
def test_what_is_not_understood_or_not_allowed_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        read_project(GOOD | asked, TODAY)


def test_values_are_bound_and_never_written_into_the_question() -> None:
    sql, values = Condition("condition_source_value", among=("E11' OR 1=1 --",)).sql()
    assert sql == '"condition_source_value" IN (?)'
    assert values == ["E11' OR 1=1 --"]


def test_a_file_that_is_no_project_is_refused(tmp_path: Path) -> None:
    for content in ("- a\n- b\n", "a: [", ""):
        path = tmp_path / "project.yaml"
        path.write_text(content)
        with pytest.raises(Refusal):
            load_project(path, TODAY)
