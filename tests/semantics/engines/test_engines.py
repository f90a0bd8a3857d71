"""Engines of others behind our protocol: what becomes of their spans, codes and qualifiers."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from limpide.document import Document, Fact, Kind
from limpide.semantics.engine import load_engine, rules_version
from limpide.semantics.engines.folder import NotAPipeline
from limpide.semantics.engines.folder import build as from_folder
from limpide.semantics.engines.spans import kinds
from tests.semantics.engines.pipelines import saved_edsnlp, saved_spacy


def read(engine_name: str, text: str) -> list[Fact]:
    document = Document(path="", sha256="", text=text)
    load_engine(engine_name).annotate(document)
    return document.facts


def test_every_label_names_a_kind_of_ours_or_nothing() -> None:
    assert set(kinds().values()) - {""} <= set(get_args(Kind))
    assert all(label == label.casefold() for label in kinds())


def test_a_spacy_pipeline_from_a_folder_gives_kinds_and_codes(tmp_path: Path) -> None:
    text = "Un diabète sous metformine, pied propre, à domicile."
    facts = read(str(saved_spacy(tmp_path / "mon-modele")), text)
    assert [(f.kind, f.text, f.code, f.system) for f in facts] == [
        ("condition", "diabète", "E14.9", "CIM-10"),
        ("drug", "metformine", "A10BA02", "ATC"),
        ("observation", "domicile", None, None),  # a label nobody told us of; anatomy is left out
    ]
    assert all(text[f.start : f.end] == f.text for f in facts)
    assert {f.rule for f in facts} == {"mon-modele:DISO", "mon-modele:CHEM", "mon-modele:chose"}


def test_an_edsnlp_pipeline_from_a_folder_gives_its_negation(tmp_path: Path) -> None:
    facts = read(str(saved_edsnlp(tmp_path / "eds")), "Pas d'HTA.\nHypertension connue.\nPas d'HTA secondaire.")
    assert [(f.text, f.code, f.negated, f.origin) for f in facts] == [
        ("HTA", "I10", True, "nlp"),
        ("Hypertension", "I10", False, "nlp"),
        ("HTA", "I10", True, "nlp"),  # no entity, since a longer one covers it: it is denied with it
        ("HTA secondaire", "I15", True, "nlp"),
    ]


def test_the_version_of_a_folder_follows_its_bytes(tmp_path: Path) -> None:
    folder = saved_spacy(tmp_path / "m")
    first = from_folder(folder).version
    assert from_folder(folder).version == first
    (folder / "meta.json").write_text((folder / "meta.json").read_text("utf-8") + "\n", "utf-8")
    assert from_folder(folder).version != first


def test_a_folder_without_a_pipeline_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotAPipeline):
        load_engine(str(tmp_path))


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_engine("no-such-engine")


def test_iknow_gives_concepts_without_code_and_what_it_denies() -> None:
    text = "Le patient n'a pas de fièvre ni de toux.\nHypertension artérielle sévère."
    facts = read("iknow", text)
    assert [(f.text, f.negated) for f in facts] == [
        ("patient", True),  # iKnow's denial reaches the whole path, its subject too
        ("fièvre", True),
        ("toux", True),
        ("Hypertension artérielle sévère", False),
    ]
    assert {(f.kind, f.code) for f in facts} == {("observation", None)}
    assert all(text[f.start : f.end] == f.text for f in facts)
    assert read("iknow", "") == []


def test_our_version_is_the_release_and_the_hash_of_the_rules() -> None:
    release, _, rules = rules_version().partition("+")
    assert release and len(rules) == 8
    engine = load_engine()
    assert engine.version == rules_version()
    assert {f.engine for f in read("limpide", "Hypertension artérielle.")} == {f"limpide-rules {engine.version}"}
