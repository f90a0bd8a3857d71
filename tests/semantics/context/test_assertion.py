"""Assertion: each attribute on sentences of our own, and the constructions that the field is known to get wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from limpide.document import Document, Fact
from limpide.french.tokens import tokenise
from limpide.semantics.context.assertion import assert_all
from limpide.semantics.context.fact_dates import date_all
from limpide.semantics.context.sections import find_sections
from limpide.semantics.engine import load_engine
from tests.semantics.marked import ATTRIBUTES, Marked, all_sentences, parse

DOCUMENT_DATE = "2024-04-15"


def understood(marked: Marked) -> list[Fact]:
    tokens = tokenise(marked.text)
    sections = find_sections(tokens)
    assert_all(tokens, marked.facts, sections, DOCUMENT_DATE)
    date_all(tokens, marked.facts, sections, DOCUMENT_DATE)
    return marked.facts


def scores() -> tuple[dict[str, Counter[str]], list[str]]:
    counts = {name: Counter[str]() for name in (*ATTRIBUTES, "relative")}
    errors = []
    for marked in all_sentences():
        for fact, expected in zip(understood(marked), marked.expected, strict=True):
            for name in ATTRIBUTES:
                wanted, found = bool(expected.get(name)), bool(getattr(fact, name))
                counts[name]["tp" if wanted and found else "fn" if wanted else "fp" if found else "tn"] += 1
                if wanted != found:
                    errors.append(f"{name} {'missed' if wanted else 'invented'}: {marked.source}  <{fact.text}>")
            relative = expected.get("family")
            if isinstance(relative, str):
                right = fact.relative == relative
                counts["relative"]["tp" if right else "fn"] += 1
                counts["relative"]["fp"] += 0 if right or fact.relative is None else 1
                if not right:
                    errors.append(f"relative {fact.relative} for {relative}: {marked.source}  <{fact.text}>")
    return counts, errors


def f1(count: Counter[str]) -> float:
    return 2 * count["tp"] / max(1, 2 * count["tp"] + count["fp"] + count["fn"])


def test_there_are_at_least_500_sentences() -> None:
    assert len(all_sentences()) >= 500


def test_f1_of_each_attribute_on_our_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    counts, errors = scores()
    with capsys.disabled():
        print(f"\n{len(all_sentences())} sentences of our own")
        for name, count in counts.items():
            print(f"  {name:13} F1 {f1(count):.3f}   tp {count['tp']} fp {count['fp']} fn {count['fn']}")
    assert {name: f1(count) for name, count in counts.items() if f1(count) < 0.95} == {}, "\n".join(errors)


@pytest.mark.parametrize(
    "sentence",
    [
        "Le scanner ne permet pas d'exclure une [[embolie pulmonaire|hypothetical]].",
        "Angioscanner pour éliminer une [[embolie pulmonaire|hypothetical]].",
        "Le patient présente une [[neutropénie]] fébrile.",
        "On retrouve une [[anémie]] et une [[neuropathie]].",
        "[[Fièvre|negated]] : non",
        "Pas de [[fièvre|negated]], une [[toux]] grasse.",
        "Né le 12/03/1950, suivi pour un [[diabète]].",
        "Aucun antécédent à part une [[appendicectomie]].",
        "Père [[diabétique|family=FTH]].",
        "Antécédent familial de [[cancer du sein|family]].",
        "Accompagné de sa mère, il présente une [[fièvre]].",
    ],
)
def test_constructions_the_field_gets_wrong(sentence: str) -> None:
    marked = parse(sentence)
    for fact, expected in zip(understood(marked), marked.expected, strict=True):
        found = {name: True for name in ATTRIBUTES if getattr(fact, name)}
        assert found == dict.fromkeys(expected, True)
        assert fact.relative == (expected["family"] if isinstance(expected.get("family"), str) else None)


def test_a_coded_fact_is_left_alone() -> None:
    marked = parse("Pas de [[fièvre]].")
    marked.facts[0].origin = "coded"
    assert not understood(marked)[0].negated


def test_what_a_finding_evokes_is_affirmed_as_probable() -> None:
    fact = understood(parse("L'aspect évoque un [[angiome]]."))[0]
    assert (fact.hypothetical, fact.certainty) == (False, "probable")


def test_a_disease_said_negative_is_the_name_of_a_test() -> None:
    fact = understood(parse("[[Hépatite B]] négative, [[VIH]] : négatif."))[0]
    assert (fact.kind, fact.value_text, fact.negated) == ("observation", "négatif", False)


def test_a_measured_value_is_never_denied() -> None:
    marked = parse("Pas de fièvre ni [[température à 37,2|kind=vital]].")
    marked.facts[0].value = 37.2
    assert not understood(marked)[0].negated


def test_no_text_no_facts_is_no_trouble() -> None:
    assert_all(tokenise(""), [], [], None)


def test_a_cell_that_answers_no_denies_the_cell_before_it_alone() -> None:
    table = "Otites à répétition\tNon\nAsthme\tOui\tEczéma\tNon\nDolipathine\tParacétamol\t1 g\tNon\n"
    document = Document(path="", sha256="", text=table)
    load_engine().annotate(document)
    assert [(f.text, f.negated) for f in document.facts if f.code] == [
        ("Otites", True),
        ("Asthme", False),
        ("Eczéma", True),
        ("Paracétamol", False),
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Sérologies [[VIH]], [[VHB]], [[VHC]] négatives.",
        "[[Hépatites B]] et [[C]] : négatif.",
        "[[Grippe A]] : Négatif",
        "[[Grippe B]] : non détectée",
        "PCR [[SARS-CoV-2]] et [[grippe]] négatives.",
        "[[Helicobacter]] : recherche négative.",
    ],
)
def test_a_negative_result_is_an_observation_over_all_that_it_names(sentence: str) -> None:
    facts = understood(parse(sentence))
    assert {(fact.kind, fact.value_text) for fact in facts} == {("observation", "négatif")}
