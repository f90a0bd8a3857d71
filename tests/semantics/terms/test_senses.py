"""The meaning of an abbreviation, by what stands around it; and abbreviations among capitals."""

from __future__ import annotations

import pytest

from limpide.document import Document, Fact
from limpide.semantics.engine import load_engine


def conditions(text: str) -> list[Fact]:
    document = Document(path="", sha256="", text=text)
    load_engine().annotate(document)
    return [fact for fact in document.facts if fact.kind == "condition"]


@pytest.mark.parametrize(
    ("text", "short", "code"),
    [
        ("PAC franche, amoxicilline débutée.", "PAC", "J18.9"),
        ("MAP sous tocolyse par atosiban, 28 SA.", "MAP", "O60"),
        ("IVG décompensée avec OAP.", "IVG", "I50.1"),
        ("ETT : IM grade 2, FEVG 45 %.", "IM", "I34.0"),
        ("PR sous méthotrexate depuis 2012.", "PR", "M06.9"),
        ("Salve de TV non soutenue au holter.", "TV", "I47.2"),
        ("IRA sur NTA, créatinine 400.", "IRA", "N17.9"),
        ("IRA hypoxémique, VNI, O2 6 L.", "IRA", "J96.0"),
        ("IRC sous oxygène, BPCO stade 4.", "IRC", "J96.1"),
        ("BAV de l'oeil droit, acuité 2/10.", "BAV", "H54.7"),
        ("FA anticoagulée par Eliquis.", "FA", "I48"),
    ],
)
def test_the_words_around_choose_the_meaning(text: str, short: str, code: str) -> None:
    assert code in [fact.code for fact in conditions(text) if short in (fact.text or "").split()]


@pytest.mark.parametrize(
    "text",
    [
        "PAC jugulaire interne droit posé le 30/10 pour chimiothérapie.",
        "Neuromyopathie sévère, MRC 42/60.",
        "Micronodule du LSD non spécifique.",
        "CMI vancomycine 1 mg/L.",
        "Ceftriaxone 1 g IM",
        "ECG : PR 240 ms",
        "RE 90 %, PR 40 %, HER2 1+",
        "Mme IRA Dupont.",
        "G3P1, une IVG à 9 SA.",
        "Aménorrhée de 7 SA.",
    ],
)
def test_other_meanings_and_open_questions_are_no_condition(text: str) -> None:
    assert not [
        f.text for f in conditions(text) if f.text in ("PAC", "MRC", "LSD", "CMI", "IM", "PR", "IRA", "IVG", "SA")
    ]


SHORT = ("HTA", "BPCO", "FA", "AVC", "EP", "OAP", "IDM", "SEP")


@pytest.mark.parametrize(
    "form", ["- {}\n- {}\n", "ATCD : {}, {}", "MOTIF : {}\n\nATCD : {}", "{} / {}", "BILAN\n{}\n{}\n"]
)
def test_capitals_beside_an_abbreviation_take_nothing_from_it(form: str) -> None:
    for one in SHORT:
        for other in SHORT:
            if one != other:
                assert {one, other} <= {fact.text for fact in conditions(form.format(one, other))}


def test_in_prose_that_is_all_in_capitals_they_say_nothing() -> None:
    assert conditions("LE PATIENT EST VU EN CONSULTATION PAR LE PR MARTIN") == []
