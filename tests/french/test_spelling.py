"""One letter wrong in a long word of the vocabulary, and nothing else, is put right."""

from __future__ import annotations

import pytest

from limpide.french.spelling import Speller
from limpide.french.tokens import fold, tokenise
from limpide.french.variants import stem
from limpide.semantics.rule_engine import build

WORDS = frozenset({"bronchectasi", "paclitaxel", "gemcitabin", "gemfitabin", "visit"})
speller = Speller(WORDS, WORDS)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("paclitaxle", "paclitaxle"),  # the ending is grammar
        ("pacliatxel", "paclitaxel"),  # two neighbours swapped
        ("paclitxel", "paclitaxel"),  # one dropped
        ("paclittaxel", "paclitaxel"),  # one added
        ("paclidaxel", "paclitaxel"),  # one changed
        ("taclitaxel", "taclitaxel"),  # never the first
        ("paclidazel", "paclidazel"),  # never two
        ("gemitabin", "gemitabin"),  # two words could be meant
        ("visyt", "visyt"),  # too short
    ],
)
def test_one_letter(written: str, meant: str) -> None:
    assert speller.correct(written) == meant


def test_conjugated_verbs_are_left_alone() -> None:
    verb = stem(fold("traiteraient"))
    assert Speller(frozenset({verb[:-3] + "z" + verb[-2:]}), [verb[:-3] + "z" + verb[-2:]]).correct(verb) == verb


@pytest.mark.parametrize(
    ("sentence", "code"),
    [("Une bronchopneumopatie, un mélanone.", None), ("Sous levetirazetam.", "N03AX14"), ("Un cholostase.", None)],
)
def test_a_misspelt_word_is_found_where_it_stands(sentence: str, code: str | None) -> None:
    facts = build().mentions(tokenise(sentence))
    assert facts
    assert all(sentence[f.start : f.end] == f.text for f in facts)
    if code:
        assert facts[0].code == code


@pytest.mark.parametrize(
    "sentence", ["Véhicule à l'arrêt.", "Corrections faites.", "Monsieur Paclitoxel se porte bien."]
)
def test_ordinary_words_and_names_are_left_alone(sentence: str) -> None:
    assert build().mentions(tokenise(sentence)) == []
