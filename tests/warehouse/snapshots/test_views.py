"""Views of the catalogue: each fact once, codes with names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from limpide.omop.schema import tables
from limpide.warehouse.snapshots.views import views

CODED, READ = 32856, 32858


@pytest.fixture(scope="module")
def catalogue() -> Iterator[Any]:
    with duckdb.connect() as connection:
        for table in tables().values():
            connection.execute(table.ddl().replace(" NOT NULL", ""))
        for name, (query, _) in views().items():
            connection.execute(f'CREATE VIEW "{name}" AS {query}')
        yield connection


@pytest.fixture
def db(catalogue: Any) -> Iterator[Any]:
    catalogue.execute("BEGIN")
    yield catalogue
    catalogue.execute("ROLLBACK")


def result(db: Any, number: int, code: str, day: str, value: float | None, kind: int = CODED, text: str = "") -> None:
    db.execute(
        "INSERT INTO measurement (measurement_id, person_id, measurement_source_value, measurement_date, "
        "value_as_number, measurement_type_concept_id, value_source_value) VALUES (?, 1, ?, ?, ?, ?, ?)",
        [number, code, day, value, kind, text or str(value)],
    )


def once(db: Any) -> list[int]:
    return [row[0] for row in db.execute("SELECT measurement_id FROM measurement_once ORDER BY 1").fetchall()]


def test_a_result_copied_into_letters_counts_once_and_the_coded_one_stays(db: Any) -> None:
    result(db, 1, "14682-9", "2024-01-05", 84)
    result(db, 2, "14682-9", "2024-01-05", 84, READ)
    result(db, 3, "14682-9", "2024-01-05", 84, READ, "84,0")
    assert once(db) == [1]


def test_two_values_of_one_day_and_two_days_are_different_results(db: Any) -> None:
    result(db, 1, "2823-3", "2024-01-05", 3.1)
    result(db, 2, "2823-3", "2024-01-05", 4.0)
    result(db, 3, "2823-3", "2024-01-06", 3.1)
    assert once(db) == [1, 2, 3]


def test_codes_that_differ_by_a_method_that_does_not_matter_are_one_analyte(db: Any) -> None:
    result(db, 1, "4544-3", "2024-01-05", 41)
    result(db, 2, "20570-8", "2024-01-05", 41)
    assert once(db) == [2]


def test_words_without_a_number_are_compared_as_words(db: Any) -> None:
    result(db, 1, "5778-6", "2024-01-05", None, text="positif")
    result(db, 2, "5778-6", "2024-01-05", None, text="négatif")
    assert once(db) == [1, 2]


def test_a_domain_view_puts_names_beside_codes_and_leads_to_the_page(db: Any) -> None:
    db.execute("INSERT INTO concept (concept_id, concept_name) VALUES (320128, 'Essential hypertension')")
    db.execute(
        "INSERT INTO condition_occurrence (condition_occurrence_id, person_id, condition_concept_id, "
        "condition_start_date) VALUES (7, 1, 320128, '2024-01-05')"
    )
    db.execute(
        "INSERT INTO limpide_fact (fact_key, document_key, target_table, target_id, vocabulary, code, display, origin, "
        "page) VALUES ('k', 'd', 'condition_occurrence', 7, 'CIM-10', 'I10', 'Hypertension essentielle', 'nlp', 2)"
    )
    names = "vocabulaire, code, libelle, concept, origine, page"
    assert db.execute(f"SELECT {names} FROM problemes").fetchall() == [
        ("CIM-10", "I10", "Hypertension essentielle", "Essential hypertension", "nlp", 2)
    ]
