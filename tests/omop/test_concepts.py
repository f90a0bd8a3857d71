"""Concepts: known by evidence, never guessed."""

from __future__ import annotations

import pytest

from limpide.omop.concepts import NOTHING, Match, known, opened, vocabulary_of, vocabulary_tables
from limpide.omop.schema import tables


def test_every_concept_shipped_says_where_its_id_was_read() -> None:
    assert [row["concept_id"] for row in known() if not row["evidence"].strip()] == []
    assert len({row["concept_id"] for row in known()}) == len(known())


@pytest.mark.parametrize(
    "system", ["2.16.840.1.113883.6.1", "urn:oid:2.16.840.1.113883.6.1", "http://loinc.org", "LOINC"]
)
def test_a_laboratory_code_known_by_evidence_is_found_however_its_system_is_written(system: str) -> None:
    assert opened().find(system, "718-7") == Match(3000963, 3000963, "Measurement")


@pytest.mark.parametrize(("system", "code"), [("CIM-10", "E11"), ("1.2.3", "718-7"), (None, "718-7"), ("LOINC", None)])
def test_what_nothing_maps_is_concept_0(system: str | None, code: str | None) -> None:
    assert opened().find(system, code) == NOTHING


@pytest.mark.parametrize(
    ("written", "concept"), [("G/l", 9444), ("µmol/L", 8749), ("mmHg", 8876), ("%", 8554), ("furlong", 0), (None, None)]
)
def test_units_as_french_laboratories_write_them(written: str | None, concept: int | None) -> None:
    assert opened().unit(written) == concept


def test_systems_have_the_names_analysts_use() -> None:
    assert vocabulary_of("2.16.840.1.113883.6.3") == "CIM-10"
    assert vocabulary_of("1.2.250.1.213.2.5") == vocabulary_of("1.2.250.1.215.300.1") == "CCAM"
    assert vocabulary_of("9.9.9") is None


def test_vocabulary_tables_fill_every_required_column_and_join() -> None:
    shipped = vocabulary_tables()
    for name, rows in shipped.items():
        required = [c.name for c in tables()[name].columns if c.required]
        assert all(row[column] is not None for row in rows for column in required), name
    for column in ("domain_id", "vocabulary_id", "concept_class_id"):
        parent = column.removesuffix("_id")
        ids = {row[column] for row in shipped[parent]}
        assert {row[column] for row in shipped["concept"]} <= ids
