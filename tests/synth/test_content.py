"""Sentences and their facts: the words of a fact are exactly those written."""

from __future__ import annotations

import pytest

from limpide.synth.content import Paragraph, Prose, Said, TruthFact, article


def condition(words: str, gender: str = "m", **marks: bool) -> Said:
    return Said(words, TruthFact("condition", "text", **marks), gender)


@pytest.mark.parametrize(
    "kind, word, gender, written",
    [
        ("un", "HTA", "f", "une "),
        ("de", "HTA", "f", "d'"),
        ("de", "diabète de type 2", "m", "de "),
        ("le", "œdème aigu du poumon", "m", "l'"),
        ("du", "BPCO", "f", "de la "),
        ("du", "scanner thoracique", "m", "du "),
        ("au", "échographie", "f", "à l'"),
    ],
)
def test_articles(kind: str, word: str, gender: str, written: str) -> None:
    assert article(kind, word, gender) == written


def test_the_article_is_written_but_is_no_part_of_the_fact() -> None:
    facts: list[TruthFact] = []
    prose = Prose(facts)
    prose.say("Absence {de_condition}.", condition=condition("embolie pulmonaire", "f", negated=True))
    assert prose.done() == Paragraph("Absence d'embolie pulmonaire.")
    assert [(fact.text, fact.negated) for fact in facts] == [("embolie pulmonaire", True)]


def test_a_fact_that_opens_a_sentence_takes_a_capital() -> None:
    facts: list[TruthFact] = []
    prose = Prose(facts)
    prose.say("Motif : toux. {condition} ?", condition=condition("pneumopathie", "f"))
    prose.say("{condition} : non.", condition=condition("grippe", "f"))
    assert prose.done().text == "Motif : toux. Pneumopathie ? Grippe : non."
    assert [fact.text for fact in facts] == ["Pneumopathie", "Grippe"]


def test_what_is_absent_or_false_is_not_written_in_the_truth() -> None:
    fact = TruthFact("measurement", "text", "Na 140", "2951-2", "LOINC", 140.0, unit="mmol/L", prior=True)
    assert fact.to_dict() == {
        "kind": "measurement",
        "origin": "text",
        "text": "Na 140",
        "code": "2951-2",
        "system": "LOINC",
        "value": 140.0,
        "unit": "mmol/L",
        "prior": True,
    }
