"""The grammar of the sentences, and the sentences: what they state is in the truth, with codes that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest

from limpide.readers.registry import read
from limpide.semantics.terms.labels import label_of
from limpide.synth.catalogue import chronic, episodes
from limpide.synth.content import Prose, TruthFact
from limpide.synth.feed import generate
from limpide.synth.recipes import BASE
from limpide.synth.sentences import Choice, Mark, Number, Sentence, Slot, parsed
from limpide.synth.speech import phrases
from limpide.synth.truth import read_truth


def said(template: str, seed: int = 0, **slots: str) -> tuple[str, list[TruthFact]]:
    facts: list[TruthFact] = []
    prose = Prose(facts, Random(seed))
    prose.section = "29545-1"
    prose.say(template, **slots)
    return prose.done().text, facts


def test_a_mark_states_its_words_with_its_code_and_flags() -> None:
    text, (first, second) = said("Ni [ictère|R17 no], ni [ascite|R18 no].")
    assert text == "Ni ictère, ni ascite."
    assert first == TruthFact("condition", "text", "ictère", "R17", "CIM-10", negated=True, section="29545-1")
    assert (second.text, second.code, second.negated) == ("ascite", "R18", True)


@pytest.mark.parametrize(
    ("template", "stated"),
    [
        ("[oxygène|drug:V03AN01].", ("drug", "Oxygène", "V03AN01", "ATC", None, None, None)),
        ("[FEVG à 45 %|measurement:10230-1:%].", ("measurement", "FEVG à 45 %", "10230-1", "LOINC", 45.0, "%", None)),
        ("PA [12|vital:8480-6:mm(Hg)].", ("vital", "12", "8480-6", "LOINC", 12.0, "mm[Hg]", None)),
        (
            "[Ne fume pas|observation:72166-2=non_fumeur].",
            ("observation", "Ne fume pas", "72166-2", "LOINC", None, None, "non fumeur"),
        ),
        ("Sans [récidive| no].", ("condition", "récidive", None, None, None, None, None)),
    ],
)
def test_a_mark_may_state_another_kind(template: str, stated: tuple[Any, ...]) -> None:
    _, (fact,) = said(template)
    assert (fact.kind, fact.text, fact.code, fact.system, fact.value, fact.unit, fact.value_text) == stated


def test_the_same_words_may_state_two_facts() -> None:
    text, facts = said("[[Tabagisme actif|F17.2]|observation:72166-2=fumeur], {e}.", e="[toux|R05]")
    assert text == "Tabagisme actif, toux."
    assert [(fact.kind, fact.text) for fact in facts] == [
        ("condition", "Tabagisme actif"),
        ("observation", "Tabagisme actif"),
        ("condition", "toux"),
    ]


def test_wordings_and_numbers_are_drawn() -> None:
    texts = {said("<Souple|Sensible en <haut|bas>>, {2..3} cm.", seed)[0] for seed in range(60)}
    assert texts == {
        f"{words}, {number} cm." for words in ("Souple", "Sensible en haut", "Sensible en bas") for number in (2, 3)
    }


def test_a_template_is_read_once_into_its_parts() -> None:
    assert parsed("a {un_x} {1..2} <b|>") == (
        "a ",
        Slot("un_x", "un", "x"),
        " ",
        Number(1, 2),
        " ",
        Choice((("b",), ())),
    )


@pytest.mark.parametrize("template", ["<a|b", "[a|R05", "a]", "a|b>", "{a"])
def test_an_unbalanced_template_is_refused(template: str) -> None:
    with pytest.raises(ValueError):
        parsed(template)


def strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    else:
        for each in tree.values() if isinstance(tree, dict) else tree:
            yield from strings(each)


def marks(sentence: Sentence) -> Iterator[Mark]:
    for part in sentence:
        if isinstance(part, Mark):
            yield part
            yield from marks(part.words)
        elif isinstance(part, Choice):
            for way in part.ways:
                yield from marks(way)


def test_every_code_that_a_sentence_states_exists() -> None:
    """CIM-10 by its own table; ATC classes, LOINC and CCAM have none here."""
    written = [*strings(phrases()), *(reason for each in episodes() for reason in each.reasons)]
    stated = {mark.code for template in written for mark in marks(parsed(template)) if mark.system == "CIM-10"}
    assert len(stated) > 150
    assert {code for code in stated if label_of("CIM-10", code) is None} == set()


def test_every_disease_has_its_own_story_and_its_own_course() -> None:
    data = phrases()
    assert set(data["onset"]) == set(data["handled"]) == {each.key for each in episodes()}
    assert set(data["chronic"]) == {each.key for each in chronic()}


def test_a_letter_never_says_a_sentence_twice(tmp_path: Path) -> None:
    menu = tuple(recipe for recipe in BASE if recipe.name == "n1-imaging")
    generate(tmp_path / "f", documents=12, nights=1, seed=5, menu=menu)
    for line in read_truth(tmp_path / "f"):
        (document,) = read((tmp_path / "f" / "landing" / line["path"]).read_bytes(), line["path"])
        if document.status == "ok":
            sentences = [each for each in re.sub(r"\s+", " ", document.text).split(". ") if len(each) > 25]
            assert len(sentences) == len(set(sentences)) > 10


def test_letters_are_as_long_as_hospitals_own(tmp_path: Path) -> None:
    """Characters read from the PDFs of each kind, medians; real French PDFs: 3,378, and 2,080 to 5,145 for cases."""
    medians = {}
    for name in ("n1-discharge", "n1-consultation", "n1-imaging", "n1-laboratory"):
        menu = tuple(recipe for recipe in BASE if recipe.name == name)
        generate(tmp_path / name, documents=24, nights=1, seed=5, menu=menu)
        read_back = (
            read((tmp_path / name / "landing" / line["path"]).read_bytes(), line["path"])[0]
            for line in read_truth(tmp_path / name)
            if line["status"] == "published"
        )
        medians[name] = round(median(len(each.text) for each in read_back), -3)
    assert medians == {"n1-discharge": 5000, "n1-consultation": 3000, "n1-imaging": 2000, "n1-laboratory": 3000}
