"""Mentions in sentences of ours: what is found, where, with which code. `annotate` is the whole engine."""

from __future__ import annotations

import pytest

from limpide.document import Document, Fact, Page, Section
from limpide.semantics.engine import load_engine
from limpide.semantics.rule_engine import RulesEngine

engine = load_engine("limpide")


def annotated(text: str) -> Document:
    document = Document(path="note.txt", sha256="0" * 64, text=text)
    engine.annotate(document)
    return document


def found(text: str, kind: str = "condition") -> list[tuple[str | None, str | None]]:
    return [(fact.text, fact.code) for fact in annotated(text).facts if fact.kind == kind]


@pytest.mark.parametrize(
    ("sentence", "mention", "code"),
    [
        ("Patient suivi pour HTA.", "HTA", "I10"),
        ("IDM en 2012, stenté.", "IDM", "I21.9"),
        ("Opéré d'hémorroïdes.", "hémorroïdes", "K64.9"),
        ("Scanner : pneumopéritoine.", "pneumopéritoine", "K66.8"),
        ("Diverticules sigmoïdiens non compliqués.", "Diverticules sigmoïdiens", "K57.3"),
        ("Trouble de la conscience fluctuant.", "Trouble de la conscience", "R40"),
        ("BPCO post-tabagique connue.", "BPCO post-tabagique", "J44.9"),
        ("Il est DT2 sous metformine.", "DT2", "E11"),
        ("AVC sylvien gauche constitué.", "AVC sylvien gauche", "I63.9"),
        ("On note une ins. rénale chr. stable.", "ins. rénale chr", "N18.9"),
        ("K du sein opéré.", "K du sein", "C50.9"),
        ("Diabète non-insulinodépendant équilibré.", "Diabète non-insulinodépendant", "E11"),
        ("Fractures de la clavicule.", "Fractures de la clavicule", "S42.0"),
        ("Adénocarcinome du côlon sigmoïde.", "Adénocarcinome du côlon", "C18.9"),
        ("Métastases hépatiques d'emblée.", "Métastases hépatiques", "C78.7"),
        ("Il présente un anévrysme de l'aorte abdominale.", "anévrysme de l'aorte abdominale", "I71.4"),
        ("HEPATITE A GUERIE", "HEPATITE A", "B15.9"),
        ("Un œdème aigu du poumon.", "œdème aigu du poumon", "I50.1"),
        ("une neutropénie fébrile", "neutropénie fébrile", "D70"),
        ("Jaunissement de la peau.", "Jaunissement de la peau", "R17"),
        ("Un syndrome de Churg-Strauss.", "syndrome de Churg-Strauss", "M30.1"),
        ("Maladie de Charcot-Marie-Tooth.", "Maladie de Charcot-Marie-Tooth", "G60.0"),
        ("Lésion histologiquement maligne du larynx.", "Lésion histologiquement maligne du larynx", "C32.9"),
        ("Processus tumoral manifestement malin.", "Processus tumoral manifestement malin", "C80"),
        ("Une acné du visage.", "acné", "L70.9"),
        ("Des métastases dans le foie.", "métastases dans le foie", "C78.7"),
        ("Un carcinome d'origine mammaire.", "carcinome d'origine mammaire", "C50.9"),
    ],
)
def test_what_clinicians_write_has_its_code(sentence: str, mention: str, code: str) -> None:
    assert (mention, code) in found(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Température à 39, tension à 150.",
        "Il s'agit d'un patient âgé, traité en qualité de salarié.",
        "Tous les gènes ont été étudiés.",
        "Indice de masse corporelle à 23.",
        "Le comité se réunit dans la cité.",
        "Ajouter quelques gouttes de solution.",
        "Visite de suite, sans limite de dose.",
    ],
)
def test_ordinary_words_are_no_disease(sentence: str) -> None:
    assert found(sentence) == []


def test_a_word_known_only_by_its_ending_is_found_without_a_code() -> None:
    facts = annotated("Découverte d'une coenurobiose cutanée.").facts
    assert [(f.text, f.code, f.rule) for f in facts] == [("coenurobiose cutanée", None, "ending:disorder")]


def test_coordinated_sites_share_their_head() -> None:
    assert found("Insuffisance cardiaque et rénale.") == [
        ("Insuffisance cardiaque", "I50.9"),
        ("Insuffisance cardiaque et rénale", "N19"),
    ]


def test_a_head_without_code_is_named_after_its_discoverer() -> None:
    assert found("Porteur d'un syndrome de Zyx-Wumbo.") == [("syndrome de Zyx-Wumbo", None)]


def test_how_much_is_left_out_of_what() -> None:
    assert found("Une anémie sévère.") == [("anémie", "D64.9")]


def test_an_unknown_site_takes_away_the_code_of_the_bare_head() -> None:
    assert found("Carcinome épidermoïde de la cuisse.") == [("Carcinome épidermoïde de la cuisse", None)]


@pytest.mark.parametrize(
    ("sentence", "mention", "code"),
    [
        ("Sous Kardégic 75 mg.", "Kardégic", "B01AC06"),
        ("Traité par amoxicilline-acide clavulanique.", "amoxicilline-acide clavulanique", "J01CR02"),
        ("Bêtabloquants à visée antalgique.", "Bêtabloquants", "C07"),
        ("chlorhydrate de morphine", "chlorhydrate de morphine", "N02AA01"),
        ("Pas d'AINS.", "AINS", "M01A"),
    ],
)
def test_drugs_have_their_atc(sentence: str, mention: str, code: str) -> None:
    assert (mention, code) in found(sentence, "drug")


def test_a_new_drug_is_known_by_its_ending() -> None:
    assert found("Début du zorbatinib ce jour.", "drug") == [("zorbatinib", None)]


def test_a_brand_is_matched_to_the_letter() -> None:
    assert found("La vessie est vide.", "drug") == []


def test_a_molecule_is_told_from_a_treatment() -> None:
    facts = [f for f in annotated("Dosage des cytokines.").facts if f.kind == "drug"]
    assert [(f.text, f.role) for f in facts] == [("cytokines", "substance")]


def test_a_measured_substance_is_no_treatment() -> None:
    kinds = {f.kind for f in annotated("Potassium 3,5 mmol/L.").facts}
    assert kinds == {"measurement"}


def test_ambiguous_abbreviations_need_their_capitals() -> None:
    assert found("Une SEP rémittente.")[0][1] == "G35"
    assert found("le sep de vigne") == []


def test_every_fact_can_be_opened_on_its_text() -> None:
    text = "Antécédents : HTA.\nPas de fièvre. Insuffisance rénale chronique en 2018, sous Lasilix 40 mg/j."
    document = annotated(text)
    assert document.facts
    for fact in document.facts:
        assert fact.start is not None and fact.end is not None
        assert text[fact.start : fact.end] == fact.text
        assert fact.origin == "nlp" and fact.rule and fact.engine and fact.engine.startswith("limpide-rules")
        assert fact.confidence is None or 0 < fact.confidence <= 1


def test_denied_and_dated_facts_say_so() -> None:
    facts = {f.text: f for f in annotated("Pas de fièvre. Infarctus du myocarde en 2015.").facts}
    assert facts["fièvre"].negated
    assert facts["Infarctus du myocarde"].time_start == "2015"
    assert not facts["Infarctus du myocarde"].negated


def test_what_entries_state_is_not_said_twice() -> None:
    text = "Problèmes\nHTA\nTraitements\nHTA à surveiller, asthme\nHTA"
    document = Document(path="a.xml", sha256="0" * 64, text=text)
    document.sections = [
        Section("11450-4", None, "Problèmes", 0, 14, has_entries=True),
        Section("10160-0", None, "Traitements", 14, len(text)),
    ]
    document.facts = [
        Fact("condition", "coded", code="I10", system="CIM-10", section_index=0),
        Fact("condition", "coded", start=26, end=29, code="I10", system="CIM-10", section_index=1),
    ]
    engine.annotate(document)
    assert [(f.text, f.start) for f in document.facts if f.origin == "nlp"] == [("asthme", 44), ("HTA", 51)]


def test_page_furniture_holds_no_fact() -> None:
    text = "Service de cancer du sein\nPas d'asthme."
    document = Document(path="a.pdf", sha256="0" * 64, text=text, pages=[Page(3, 0, len(text))])
    document.sections = [Section(None, None, None, 0, 25, furniture=True)]
    engine.annotate(document)
    assert [(f.text, f.negated, f.page) for f in document.facts] == [("asthme", True, 3)]


def test_a_text_with_page_furniture_has_sections_that_go_on_after_it() -> None:
    foot = "Traitement : service de cardiologie, page 1/2"
    text = f"Antécédents :\nAsthme.\n{foot}\nPneumopathie.\n\nConclusion :\nGrippe."
    at = text.index(foot)
    document = Document(path="a.pdf", sha256="0" * 64, text=text)
    document.sections = [Section(None, None, None, at, at + len(foot), furniture=True)]
    engine.annotate(document)
    assert [(s.title, s.furniture) for s in document.sections] == [
        ("Antécédents", False), (None, True), ("Conclusion", False)
    ]  # fmt: skip
    told = [(f.text, f.history, f.section) for f in document.facts]
    assert told == [("Asthme", True, "11348-0"), ("Pneumopathie", True, "11348-0"), ("Grippe", False, "55110-1")]


def test_the_same_text_gives_the_same_facts() -> None:
    text = "HTA, diabète de type 2, fracture du poignet, sous metformine."
    assert annotated(text).facts == annotated(text).facts


def test_an_empty_text_has_no_fact() -> None:
    assert annotated("").facts == []


def test_the_engine_keeps_the_protocol() -> None:
    assert isinstance(engine, RulesEngine)
    assert engine.name == "limpide"


@pytest.mark.parametrize("title", ["TUMEUR", "Maladie Rare", "Infection :"])
def test_a_title_that_only_names_a_class_is_no_disease(title: str) -> None:
    assert found(f"Bilan\n{title}\nScanner le 12 mars.") == []


@pytest.mark.parametrize("line", ["- Fracture", "Tumeur du rein", "Il y a une infection.", "Diabète"])
def test_a_disease_on_a_line_is_one(line: str) -> None:
    assert len(found(f"Bilan\n{line}\nScanner le 12 mars.")) == 1


def test_an_adjective_by_its_make_belongs_to_the_syndrome() -> None:
    assert found("Un syndrome dysprosodique net.") == [("syndrome dysprosodique", None)]


@pytest.mark.parametrize("words", ["progression de la maladie", "stabilité de la maladie", "récidive de la tumeur"])
def test_the_course_of_a_disease_is_one_finding(words: str) -> None:
    assert found(f"On note une {words} au scanner.") == [(words, None)]


@pytest.mark.parametrize(
    "sentence", ["La maladie évolue.", "Survie sans progression de 8 mois.", "Maladie stable au scanner."]
)
def test_a_reference_or_a_measure_of_oncology_is_no_disease(sentence: str) -> None:
    assert found(sentence) == []


def test_a_treatment_under_a_title_that_we_do_not_know_is_no_allergen() -> None:
    text = "Allergies :\nIode\n\nPris jusqu'au scanner\nMetformine 1 g\n"
    assert [f.kind for f in annotated(text).facts if f.text == "Metformine"] == ["drug"]


def test_a_lobe_is_no_drug() -> None:
    assert found("Nodule du LSD.") == [("Nodule du LSD", "R91")]


def test_the_absence_of_allergies_is_said_once() -> None:
    (fact,) = annotated("Pas d'allergie connue.").facts
    assert (fact.kind, fact.negated) == ("allergy", True)


def test_a_salt_alone_is_a_substance() -> None:
    (fact,) = [f for f in annotated("CLOPIDOGREL (HYDROGÉNOSULFATE DE)").facts if f.code is None]
    assert (fact.kind, fact.role) == ("drug", "substance")


def test_an_allergen_is_no_treatment_and_gives_its_code_to_the_allergy() -> None:
    facts = [f for f in annotated("Allergie à l'amoxicilline. Sous metformine.").facts if f.kind != "condition"]
    assert [(f.kind, f.code) for f in facts] == [("allergy", "J01CA04"), ("drug", "A10BA02")]
    listed = annotated("Allergies :\nParacétamol\tUrticaire\nTraitement :\nMetformine").facts
    assert [(f.kind, f.code) for f in listed if f.kind in ("allergy", "drug")] == [
        ("allergy", "N02BE01"),
        ("drug", "A10BA02"),
    ]


def test_an_adverb_of_doubt_is_no_part_of_the_name() -> None:
    (fact,) = [f for f in annotated("Une lésion probablement maligne.").facts if f.kind == "condition"]
    assert (fact.text, fact.code) == ("lésion", None)


@pytest.mark.parametrize(
    "sentence",
    ["Vu par le Dr Jean Barrett.", "Mme Turner est sortie.", "Mme Rose DA SILVA, née en 1950.", "Diane va bien."],
)
def test_a_person_is_no_disease_and_no_drug(sentence: str) -> None:
    assert [f.text for f in annotated(sentence).facts if f.kind in ("condition", "drug")] == []


def test_a_disease_named_after_somebody_is_one() -> None:
    assert found("Un œsophage de Barrett, M. se plaint de brûlures.")[0][1] == "K22.7"
    assert found("Sous Diane 35.", "drug")[0][0] == "Diane"
