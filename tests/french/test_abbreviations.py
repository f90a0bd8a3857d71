"""Abbreviations that a document defines: judged by scispaCy, spread to the rest of the document."""

from __future__ import annotations

import subprocess
import sys

import pytest

from limpide.document import Document
from limpide.french.abbreviations import abbreviates
from limpide.semantics.engine import load_engine

engine = load_engine("limpide")


def conditions(text: str) -> list[tuple[str | None, str | None]]:
    document = Document(path="a.txt", sha256="0" * 64, text=text)
    engine.annotate(document)
    return [(f.text, f.code) for f in document.facts if f.kind == "condition"]


@pytest.mark.parametrize(
    ("short", "long", "judged"),
    [
        ("SMN", "syndrome malin des neuroleptiques", True),
        ("EZ", "échinococcose zébrée", True),
        ("HTA", "diabète de type 2", False),
    ],
)
def test_who_abbreviates_whom(short: str, long: str, judged: bool) -> None:
    assert abbreviates(short, long) is judged


def test_long_then_short() -> None:
    text = "Insuffisance surrénale (ISU) ancienne. L'ISU est traitée."
    assert conditions(text) == [("Insuffisance surrénale", "E27.4"), ("ISU", "E27.4"), ("ISU", "E27.4")]


def test_short_then_long() -> None:
    text = "Une MWB (maladie de Willebrand) familiale. Pas d'autre MWB."
    assert conditions(text) == [("MWB", "D68.0"), ("maladie de Willebrand", "D68.0"), ("MWB", "D68.0")]


def test_a_bracket_that_defines_nothing_changes_nothing() -> None:
    assert conditions("Fracture du poignet (DRX) opérée. DRX normal.") == [("Fracture du poignet", "S52.5")]


def test_letters_inside_words_are_left_alone() -> None:
    assert conditions("Insuffisance surrénale (ISU). XISU, ISU-2.") == [
        ("Insuffisance surrénale", "E27.4"),
        ("ISU", "E27.4"),
    ]


def test_spacy_comes_without_its_command_line_and_still_has_it_for_who_asks() -> None:
    code = (
        "import sys; from limpide.french.abbreviations import detector; detector()\n"
        "print('spacy.cli' in sys.modules)\n"
        "import spacy; print('spacy_version' in spacy.info(silent=True), 'spacy.cli' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]
