"""A team's own terms: read from its files, kept in its folder, found in texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from limpide.document import Document, Fact
from limpide.semantics.rule_engine import build
from limpide.semantics.terms import user_terms


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LIMPIDE_TERMINOLOGIES", str(tmp_path / "terminologies"))
    monkeypatch.setenv("LIMPIDE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def conditions(text: str) -> list[Fact]:
    document = Document(path="", sha256="", text=text)
    build().annotate(document)
    return [fact for fact in document.facts if fact.kind == "condition"]


def test_a_csv_in_the_system_of_the_kind_stands_above_ours(own_folder: Path) -> None:
    file = own_folder / "maison.csv"
    file.write_text("code;libelle\nZ99.8;zorglubite chronique|syndrome zorglub\n", "cp1252")
    added = user_terms.add(file, "CIM-10", "condition")
    assert (added.terms, added.path.name) == (2, "cim-10-condition-maison.tsv")
    (fact,) = conditions("Patient suivi pour un syndrome zorglub.")
    assert (fact.code, fact.system, fact.text) == ("Z99.8", "CIM-10", "syndrome zorglub")
    assert [(each.system, each.kind, each.terms) for each in user_terms.listed()] == [("CIM-10", "condition", 2)]


def test_another_system_gives_its_code_beside_ours_and_its_own_to_what_only_it_names(own_folder: Path) -> None:
    file = own_folder / "CONCEPT.csv"
    columns = "concept_id\tconcept_name\tvocabulary_id\tconcept_code\tinvalid_reason\n"
    rows = "1\thypertension artérielle\tSNOMED\t38341003\t\n2\tzorglubite\tSNOMED\t111\t\n3\tvieux\tSNOMED\t5\tD\n"
    file.write_text(columns + rows, "utf-8")
    assert user_terms.add(file, "SNOMED CT", "condition", "athena").terms == 2
    known, new = conditions("Hypertension artérielle. Zorglubite.")
    assert (known.code, known.system) == ("I10", "CIM-10")
    assert [(code.code, code.system) for code in known.translations] == [("38341003", "SNOMED CT")]
    assert (new.code, new.system, new.translations) == ("111", "SNOMED CT", [])


def test_a_file_without_a_code_column_is_refused_in_french(own_folder: Path) -> None:
    file = own_folder / "x.csv"
    file.write_text("mot,libelle\na,b\n", "utf-8")
    with pytest.raises(user_terms.UnreadableTerminology, match="aucune colonne « code »"):
        user_terms.add(file, "HPO", "condition")
