"""Flatten and recover: what counts as recovered, and what the figures say."""

from __future__ import annotations

from pathlib import Path

import pytest

from limpide.document import Code, Document, Fact, Section
from limpide.evaluation.comparison import pair, same, statement
from limpide.evaluation.exam import ALL, Tally, compare, sit, structured, wilson
from limpide.semantics.engine import load_engine
from limpide.synth.feed import generate
from limpide.synth.recipes import BASE


def lab(**more: object) -> Fact:
    stated: dict[str, object] = {
        "code": "2823-3",
        "system": "LOINC",
        "text": "Potassium",
        "value": 4.1,
        "unit": "mmol/L",
    }
    return Fact(kind="measurement", origin="nlp", **{**stated, **more})  # type: ignore[arg-type]


def alike(one: Fact, other: Fact) -> bool:
    first, second = statement(one), statement(other)
    assert first and second
    return same(first, second)


@pytest.mark.parametrize(
    ("change", "equal"),
    [
        ({}, True),
        ({"value": 4100.0, "unit": "umol/L"}, True),
        ({"value": 4.2}, False),
        ({"unit": "g/L"}, False),
        ({"unit": None}, False),
        ({"code": "2951-2"}, False),
        ({"comparator": "<"}, False),
        ({"prior": True}, False),
    ],
)
def test_a_result_is_its_code_number_unit_comparator_and_turn(change: dict[str, object], equal: bool) -> None:
    assert alike(lab(), lab(**change)) is equal


def problem(code: str | None, text: str, system: str = "CIM-10", **more: bool) -> Fact:
    return Fact(kind="condition", origin="nlp", code=code, system=system if code else None, text=text, **more)  # type: ignore[arg-type]


def test_a_problem_is_its_category_or_its_label_and_never_its_denial() -> None:
    assert alike(problem("E11.9", "Diabète de type 2"), problem("E11", "DT2"))
    assert not alike(problem("E11.9", "Diabète de type 2"), problem("E10", "DT1"))
    assert not alike(problem("E11.9", "Diabète de type 2"), problem("E11", "DT2", negated=True))
    assert alike(problem("MED-1", "Otites à répétition", "local"), problem(None, "otite à répétition"))
    assert statement(problem("E11", "DT2", family=True)) is None


def test_a_drug_without_atc_is_compared_by_name() -> None:
    coded = Fact(kind="drug", origin="coded", code="63564053", system="CIS", display="PLAVIX 75 mg, comprimé")
    assert alike(coded, Fact(kind="drug", origin="nlp", code="B01AC04", system="ATC", text="Plavix"))
    assert not alike(coded, Fact(kind="drug", origin="nlp", code="C03CA01", system="ATC", text="Lasilix"))


def test_one_found_fact_answers_for_one_coded_fact() -> None:
    wanted = [statement(lab()), statement(lab())]
    assert len(pair([w for w in wanted if w], [s for s in [statement(lab())] if s])) == 1


def test_what_the_narrative_does_not_say_is_not_asked_and_what_is_not_coded_is_not_judged() -> None:
    text = "Problèmes\nHypertension artérielle\nHistoire\nFièvre hier."
    coded = [
        Fact(
            kind="condition",
            origin="coded",
            code="I10",
            system="CIM-10",
            display="Hypertension artérielle",
            section_index=0,
        ),
        Fact(kind="condition", origin="coded", code="E03.9", system="CIM-10", display="Hypothyroïdie", section_index=0),
    ]
    document = Document(path="", sha256="", text=text, facts=coded)
    cut = text.index("Histoire")
    document.sections = [Section(None, None, "Problèmes", 0, cut), Section(None, None, "Histoire", cut, len(text))]
    found = [problem("I10", "Hypertension artérielle"), problem("R50.9", "Fièvre")]
    tally = compare(document, Document(path="", sha256="", text=text, facts=found)).tallies["problem"]
    assert (tally.coded, tally.untold, tally.found, tally.right, tally.unjudged) == (1, 1, 1, 1, 1)


def coded(text: str, display: str, place: str, code: str | None = None, negated: bool = False) -> Fact:
    """A coded problem whose entry points to the words `place` of the narrative."""
    start = text.index(place)
    fact = Fact(kind="condition", origin="coded", code=code, system="CIM-10" if code else None, text=place)
    fact.display, fact.start, fact.end, fact.section_index, fact.negated = display, start, start + 1, 0, negated
    return fact


ASKED = "Antécédents\nEmbolie pulmonaire\nAsthme\tNon\nEczéma\tNon\nHypertension\tOui"


def examined(truth: list[Fact], found: list[Fact]) -> Tally:
    document = Document(path="", sha256="", text=ASKED, facts=truth)
    document.sections = [Section(None, None, "Antécédents", 0, len(ASKED))]
    return compare(document, Document(path="", sha256="", text=ASKED, facts=found)).tallies["problem"]


def test_an_entry_that_its_own_print_contradicts_is_neither_asked_nor_judged() -> None:
    truth = [
        coded(ASKED, "Embolie pulmonaire", "Embolie pulmonaire", "I26", negated=True),  # nothing printed denies it
        coded(ASKED, "Asthme", "Asthme", "J45"),  # the print answers "Non"
        coded(ASKED, "Eczéma", "Eczéma", "L30", negated=True),
    ]
    found = [problem("I26", "Embolie pulmonaire"), problem("J45", "Asthme", negated=True)]
    tally = examined(truth, [*found, problem("L30", "Eczéma", negated=True)])
    assert (tally.coded, tally.clashing, tally.found, tally.right, tally.unjudged) == (1, 2, 1, 1, 2)
    assert (tally.entries, tally.strict_found, tally.strict_right) == (3, 3, 1)


def test_a_problem_is_judged_in_the_rows_that_code_one_and_strictly_in_their_whole_section() -> None:
    truth = [coded(ASKED, "Eczéma", "Eczéma", "L30", negated=True)]
    tally = examined(truth, [problem("L30", "Eczéma"), problem("I10", "Hypertension")])
    assert (tally.found, tally.right, tally.unjudged, tally.strict_found) == (1, 0, 1, 2)


def test_what_an_entry_codes_in_other_words_is_confirmed_though_not_asked() -> None:
    truth = [coded(ASKED, "Maladie hypertensive essentielle", "Oui", "I10")]
    tally = examined(truth, [problem("I10", "Hypertension")])
    assert (tally.coded, tally.untold, tally.found, tally.confirmed, tally.precision) == (0, 1, 1, 1, 1.0)


def test_a_code_that_differs_by_its_method_is_the_same_result_and_strictly_another() -> None:
    truth = statement(lab(code="20509-6", text="Hémoglobine", value=13.4, unit="g/dL"))
    found = statement(
        lab(code="718-7", value=13.4, unit="g/dL", candidates=[Code("718-7", "LOINC"), Code("20509-6", "LOINC")])
    )
    assert truth and found
    assert same(truth, found) and not same(truth, found, exactly=True)


@pytest.mark.parametrize(
    ("label", "words", "equal"),
    [
        ("Otites à répétition", "otites", True),
        ("Tumeur maligne, SAI", "tumeur maligne", True),
        ("Fente (labio-) palatine", "fente labio-palatine", True),
        ("Atrésie de l'œsophage", "atrésie de l'oesophage type III", True),
        ("Affections bronchopulmonaires à répétition dont sifflantes", "affections", False),
        ("Maladie de l'hémoglobine", "hémoglobine", False),
        ("Maladie métabolique", "maladie endocrinienne", False),
    ],
)
def test_a_label_without_code_is_told_by_its_first_word_and_half_of_the_others(
    label: str, words: str, equal: bool
) -> None:
    assert alike(problem("MED-1", label, "local"), problem(None, words)) is equal


def test_a_class_of_drugs_beside_its_member_is_not_an_error() -> None:
    text = "AVK : warfarine"
    drug = Fact(kind="drug", origin="coded", code="B01AA03", system="ATC", text="warfarine", section_index=0)
    document = Document(path="", sha256="", text=text, facts=[drug])
    document.sections = [Section(None, None, "Traitements", 0, len(text))]
    said = [
        Fact(kind="drug", origin="nlp", code=code, system="ATC", text=words)
        for code, words in (("B01AA", "AVK"), ("B01AA03", "warfarine"))
    ]
    tally = compare(document, Document(path="", sha256="", text=text, facts=said)).tallies["drug"]
    assert (tally.found, tally.right) == (1, 1)


def test_wilson_is_wide_on_little_and_never_beyond_one() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(10, 10)
    assert (round(low, 3), round(high, 3)) == (0.722, 1.0)


def test_the_feed_is_recovered_from_its_print(tmp_path: Path) -> None:
    generate(tmp_path / "f", documents=24, nights=1, seed=3, menu=tuple(r for r in BASE if r.name[:2] == "n3"))
    files = sorted(p for p in (tmp_path / "f" / "landing").rglob("*") if p.is_file())
    result = sit(structured(files), load_engine())
    assert result.documents > 10 and result.unreadable == 0
    for subject, recall in (("laboratory", 0.7), ("drug", 0.7), ("problem", 0.6)):
        tally = result.tallies[subject, ALL]  # type: ignore[index]
        assert (tally.recall or 0) >= recall


def test_an_exam_saved_beside_the_warehouse_is_published_as_the_hospitals_own(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from limpide.warehouse.layout import Layout
    from limpide.warehouse.scores import score_rows
    from pipelines.cli.main import main

    generate(tmp_path / "f", documents=6, nights=1, seed=3, menu=tuple(r for r in BASE if r.name == "n3-summary"))
    layout = Layout(tmp_path / "warehouse", tmp_path / "vault")
    arguments = ["exam", str(tmp_path / "f" / "landing"), "--save", "--warehouse", str(layout.warehouse)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    mine = [row for row in score_rows(layout) if row["set_name"] == "établissement"]
    assert {(row["fact_kind"], row["type_code"]) for row in mine} >= {("condition", "*"), ("drug", "*")}
    assert all(row["engine"] == f"limpide {load_engine().version}" for row in mine)
