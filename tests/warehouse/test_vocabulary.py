"""The user's vocabulary: typed, indexed, used, published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from limpide.omop.concepts import Match, opened
from limpide.warehouse import vocabulary
from limpide.warehouse.layout import Layout
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send
from tests.warehouse.test_road import ask

# Invented concepts: ids above two thousand million are the user's own by OMOP's convention.
HEADS = {
    "CONCEPT": "concept_id concept_name domain_id vocabulary_id concept_class_id standard_concept concept_code "
    "valid_start_date valid_end_date invalid_reason",
    "CONCEPT_RELATIONSHIP": "concept_id_1 concept_id_2 relationship_id valid_start_date valid_end_date invalid_reason",
    "VOCABULARY": "vocabulary_id vocabulary_name vocabulary_reference vocabulary_version vocabulary_concept_id",
    "DOMAIN": "domain_id domain_name domain_concept_id",
    "CONCEPT_CLASS": "concept_class_id concept_class_name concept_class_concept_id",
    "RELATIONSHIP": "relationship_id relationship_name is_hierarchical defines_ancestry reverse_relationship_id "
    "relationship_concept_id",
}
VALID = ("19700101", "20991231", "")
ROWS = {
    "CONCEPT": [
        ("2000000001", 'Diabète "sucré" de type 2', "Condition", "CIM10", "Hierarchy", "", "E11", *VALID),
        ("2000000002", "Type 2 diabetes", "Condition", "SNOMED", "Disorder", "S", "1", *VALID),
        ("2000000003", "Asthme", "Condition", "CIM10", "Hierarchy", "", "J45", *VALID),
        ("2000000004", "Asthma, one", "Condition", "SNOMED", "Disorder", "S", "2", *VALID),
        ("2000000005", "Asthma, two", "Condition", "SNOMED", "Disorder", "S", "3", *VALID),
        ("2000000006", "Antécédent", "Condition", "CIM10", "Hierarchy", "", "Z86.7", *VALID),
        ("2000000007", "History", "Observation", "SNOMED", "Finding", "S", "4", *VALID),
        ("2000000008", "Autrefois", "Condition", "CIM10", "Hierarchy", "", "E11", "19700101", "20001231", "D"),
    ],
    "CONCEPT_RELATIONSHIP": [
        ("2000000001", "2000000002", "Maps to", *VALID),
        ("2000000003", "2000000004", "Maps to", *VALID),
        ("2000000003", "2000000005", "Maps to", *VALID),
        ("2000000006", "2000000007", "Maps to", *VALID),
    ],
    "VOCABULARY": [("CIM10", "CIM-10 FR", "ATIH", "2026", "0"), ("SNOMED", "SNOMED", "", "", "0")],
    "DOMAIN": [("Condition", "Condition", "19")],
    "CONCEPT_CLASS": [("Disorder", "Disorder", "0")],
    "RELATIONSHIP": [("Maps to", "Maps to", "0", "0", "Mapped from", "44818977")],
}


@pytest.fixture
def athena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vocabulary as Athena's download lays it out."""
    folder = tmp_path / "athena"
    folder.mkdir()
    for name, rows in ROWS.items():
        lines = [HEADS[name].replace(" ", "\t"), *("\t".join(row) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    monkeypatch.setenv(vocabulary.VARIABLE, str(folder))
    return folder


def test_codes_find_their_concept_the_standard_one_and_its_domain(athena: Path, tmp_path: Path) -> None:
    found = opened(vocabulary.index(Layout(tmp_path / "warehouse", tmp_path / "vault")))
    assert found.find("CIM-10", "E11") == Match(2000000001, 2000000002, "Condition")
    assert found.find("2.16.840.1.113883.6.3", "Z867") == Match(2000000006, 2000000007, "Observation")
    assert found.find("LOINC", "718-7") == Match(3000963, 3000963, "Measurement")


def test_a_code_that_maps_to_several_standard_concepts_gets_none(athena: Path, tmp_path: Path) -> None:
    found = opened(vocabulary.index(Layout(tmp_path / "warehouse", tmp_path / "vault")))
    assert found.find("CIM-10", "J45") == Match(2000000003, 0, None)


def test_a_vocabulary_that_arrives_is_used_and_published_when_the_night_is_loaded_again(
    athena: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, night = Layout(tmp_path / "warehouse", tmp_path / "vault"), date(2026, 11, 1)
    send(tmp_path / "landing", "chu", "a.xml", cda("A", "Diabète de type 2 connu."))
    question = (
        "SELECT condition_source_value, condition_source_concept_id, concept_name FROM condition_occurrence "
        "LEFT JOIN concept ON concept_id = condition_concept_id WHERE condition_source_value = 'E11'"
    )
    monkeypatch.delenv(vocabulary.VARIABLE)
    load(layout, tmp_path / "landing", night)
    assert ask(layout, question) == [("E11", 0, "No matching concept")]
    monkeypatch.setenv(vocabulary.VARIABLE, str(athena))
    load(layout, tmp_path / "landing", night)
    assert ask(layout, question) == [("E11", 2000000001, "Type 2 diabetes")]
    assert ask(layout, "SELECT count(*) FROM concept WHERE concept_id IN (0, 32858, 2000000003)") == [(3,)]
    assert ask(layout, "SELECT concept_name FROM concept WHERE concept_id = 2000000001") == [
        ('Diabète "sucré" de type 2',)
    ]


def test_a_folder_that_is_no_vocabulary_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(vocabulary.VARIABLE, str(tmp_path))
    with pytest.raises(vocabulary.BadVocabulary, match="no concept, concept_relationship"):
        vocabulary.folder()


@pytest.mark.samples
def test_a_real_vocabulary_as_parquet_is_read(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (shared / "omop" / "vocab").is_dir():
        pytest.skip("the small real vocabulary is not here")
    monkeypatch.setenv(vocabulary.VARIABLE, str(shared / "omop" / "vocab"))
    layout = Layout(tmp_path / "warehouse", tmp_path / "vault")
    assert opened(vocabulary.index(layout)).find("LOINC", "718-7") == Match(3000963, 3000963, "Measurement")
    assert set(vocabulary.files(layout)) >= {"concept", "concept_ancestor", "concept_relationship"}
