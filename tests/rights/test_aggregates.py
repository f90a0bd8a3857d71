"""Counts for a project: small cells hidden, and nothing to learn by asking twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.rights import aggregates
from limpide.rights.aggregates import Counted, aggregate, forget_persons
from limpide.rights.project import Project, read_project
from limpide.warehouse.layout import Layout

TODAY = date(2026, 11, 24)


@pytest.fixture
def ward(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Persons (id, sex, year) that the warehouse would publish: 30 women of 1950, 20 men of 1960, 4 men of 1990."""
    people = [(i, 8532, 1950) for i in range(30)] + [(100 + i, 8507, 1960) for i in range(20)]
    people += [(200 + i, 8507, 1990) for i in range(4)]

    @contextmanager
    def population(layout: Layout, project: Project, scratch: str) -> Iterator[tuple[Any, int]]:
        import duckdb

        db = duckdb.connect()
        db.execute("CREATE TABLE person (person_id INTEGER, gender_concept_id INTEGER, year_of_birth INTEGER)")
        db.executemany("INSERT INTO person VALUES (?, ?, ?)", people)
        wanted, values = "true", []
        for criterion in project.population:
            sql, bound = criterion.where[0].sql()
            wanted, values = f"{wanted} AND {sql}", values + bound
        db.execute(f"CREATE TABLE chosen AS SELECT person_id FROM person WHERE {wanted}", values)
        yield db, 1
        db.close()

    monkeypatch.setattr(aggregates, "population", population)
    Vault(layout.vault)
    return people


def asked(*by: str, **more: Any) -> Project:
    said: dict[str, Any] = {
        "kind": "recherche", "opinion": {"body": "CSE", "reference": "1", "date": date(2026, 1, 5)},
        "project": "un", "purpose": "Étude", "approval": "CSE 1", "ends": date(2027, 1, 1),
        "aggregates": [{"name": "a", "table": "person", "by": list(by)}],
    }  # fmt: skip
    return read_project(said | more, TODAY)


def only(found: list[Counted]) -> dict[Any, int | None]:
    return {cell if len(cell) > 1 else cell[0]: count for cell, count in found[0].cells.items()}


def test_large_counts_are_given_with_their_total(layout: Layout, ward: Any) -> None:
    assert only(aggregate(layout, asked("gender_concept_id"))) == {"8532": 30, "8507": 24, None: 54}


def test_a_small_cell_is_hidden_with_another(layout: Layout, ward: Any) -> None:
    assert only(aggregate(layout, asked("year_of_birth"))) == {"1950": 30, "1960": None, "1990": None, None: 54}


def test_the_same_question_gets_the_same_answer(layout: Layout, ward: Any) -> None:
    once = aggregate(layout, asked("year_of_birth"))
    assert aggregate(layout, asked("year_of_birth")) == once
    assert [path.name for path in (layout.vault / "releases").iterdir()] == ["1"]


def test_a_few_people_more_do_not_show_between_two_releases(layout: Layout, ward: list[tuple[int, int, int]]) -> None:
    aggregate(layout, asked("gender_concept_id"))
    ward.append((300, 8532, 1950))
    assert only(aggregate(layout, asked("gender_concept_id"))) == {"8532": None, "8507": 24, None: None}
    ward.extend((301 + i, 8532, 1950) for i in range(10))
    assert only(aggregate(layout, asked("gender_concept_id"))) == {"8532": 41, "8507": 24, None: 65}


def test_a_population_that_leaves_out_a_few_does_not_tell_them(layout: Layout, ward: Any) -> None:
    aggregate(layout, asked("gender_concept_id"))
    narrower = [{"table": "person", "where": {"year_of_birth": {"at_most": 1980}}}]
    found = only(aggregate(layout, asked("gender_concept_id", population=narrower)))
    assert found["8507"] is None
    assert found[None] is None


def test_a_finer_table_does_not_show_what_a_coarser_one_hid(layout: Layout, ward: Any) -> None:
    coarse = only(aggregate(layout, asked("year_of_birth")))
    fine = only(aggregate(layout, asked("gender_concept_id", "year_of_birth")))
    assert coarse["1960"] is None
    assert fine[None, "1960"] is None
    assert fine["8507", "1990"] is None
    assert fine["8507", "1960"] is None


def test_an_erased_person_leaves_the_memory_of_releases(layout: Layout, ward: Any) -> None:
    aggregate(layout, asked("gender_concept_id"))
    vault = Vault(layout.vault)
    assert forget_persons(vault, {3}) == 1
    assert forget_persons(vault, {3}) == 0


def test_counting_is_traced_without_a_count(layout: Layout, ward: Any) -> None:
    aggregate(layout, asked("year_of_birth"))
    act = Audit(Vault(layout.vault)).acts()[-1]
    assert (act.what, act.facts["tables"]) == ("aggregate", {"a": {"cells": 4, "masked": 2}})
