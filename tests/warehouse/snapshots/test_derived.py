"""Eras follow OHDSI's algorithm: thirty days of persistence, one day for what has no end, ingredients for drugs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from limpide.omop.schema import tables
from limpide.warehouse.snapshots import derived


@pytest.fixture
def db() -> Iterator[Any]:
    with duckdb.connect() as connection:
        for table in derived.INPUTS:
            connection.execute(tables()[table].ddl().replace(" NOT NULL", ""))
        yield connection


def condition(db: Any, person: int, concept: int, start: str, end: str | None = None) -> None:
    db.execute(
        "INSERT INTO condition_occurrence (person_id, condition_concept_id, condition_start_date, condition_end_date) "
        "VALUES (?, ?, ?, ?)",
        [person, concept, start, end],
    )


def exposure(db: Any, drug: int, start: str, end: str, days: int | None = None) -> None:
    db.execute(
        "INSERT INTO drug_exposure (person_id, drug_concept_id, drug_exposure_start_date, drug_exposure_end_date, "
        "days_supply) VALUES (1, ?, ?, ?, ?)",
        [drug, start, end, days],
    )


def made(db: Any, table: str) -> list[tuple[str, ...]]:
    query, order = derived.QUERIES[table]
    rows = db.execute(f"SELECT * FROM ({query}) ORDER BY {order}").fetchall()
    return [tuple(str(value) for value in row[1:]) for row in rows]


def test_two_occurrences_thirty_days_apart_are_one_era_and_more_are_two(db: Any) -> None:
    condition(db, 1, 201826, "2024-01-01", "2024-01-10")
    condition(db, 1, 201826, "2024-02-09", "2024-02-10")  # 30 days after the end
    condition(db, 1, 201826, "2024-03-13")  # 32 days after the end
    assert made(db, "condition_era") == [
        ("1", "201826", "2024-01-01", "2024-02-10", "2"),
        ("1", "201826", "2024-03-13", "2024-03-14", "1"),
    ]


def test_an_occurrence_inside_another_does_not_shorten_its_era(db: Any) -> None:
    condition(db, 1, 5, "2024-01-01", "2024-06-30")
    condition(db, 1, 5, "2024-02-01", "2024-02-02")
    condition(db, 1, 5, "2024-07-15", "2024-07-20")
    assert made(db, "condition_era") == [("1", "5", "2024-01-01", "2024-07-20", "3")]


def test_persons_and_concepts_are_apart_and_concept_0_makes_none(db: Any) -> None:
    for person, concept in ((1, 5), (2, 5), (1, 6), (1, 0)):
        condition(db, person, concept, "2024-01-01")
    assert [row[:2] for row in made(db, "condition_era")] == [("1", "5"), ("1", "6"), ("2", "5")]


def test_drugs_are_taken_by_ingredient_and_days_that_nothing_covers_are_counted(db: Any) -> None:
    db.execute(
        "INSERT INTO concept (concept_id, concept_class_id, standard_concept) VALUES (10, 'Ingredient', 'S'), "
        "(11, 'Clinical Drug', 'S'), (12, 'Branded Drug', 'S')"
    )
    db.execute("INSERT INTO concept_ancestor (ancestor_concept_id, descendant_concept_id) VALUES (10, 11), (10, 12)")
    exposure(db, 11, "2024-01-01", "2024-01-11")
    exposure(db, 12, "2024-01-31", "2024-01-31", 10)  # no end told: ten days of supply, twenty days later
    exposure(db, 0, "2024-01-01", "2024-12-31")
    assert made(db, "drug_era") == [("1", "10", "2024-01-01", "2024-02-10", "2", "20")]


def death(db: Any, key: str, person: int, day: str, origin: str, table: str | None = "observation") -> None:
    db.execute(
        "INSERT INTO limpide_fact (fact_key, person_id, code, fact_date, time_start, origin, date_origin, family, "
        "target_table) VALUES (?, ?, '419099009', ?, ?, ?, 'fact', false, ?)",
        [key, person, day, day, origin, table],
    )


def test_a_person_dies_once_and_the_source_is_believed_before_a_letter(db: Any) -> None:
    death(db, "a", 1, "2024-03-02", "nlp")
    death(db, "b", 1, "2024-03-01", "coded")
    death(db, "c", 2, "2024-05-05", "nlp")
    death(db, "d", 3, "2024-05-05", "nlp", None)  # withheld: denied, or of a relative
    query, _ = derived.QUERIES["death"]
    asked = f"SELECT person_id, death_date::VARCHAR, death_type_concept_id FROM ({query}) ORDER BY 1"
    assert db.execute(asked).fetchall() == [(1, "2024-03-01", 32817), (2, "2024-05-05", 32858)]
