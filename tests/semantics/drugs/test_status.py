"""What becomes of a treatment: by the verb, the word behind, the title above, the dates beside."""

from __future__ import annotations

import pytest

from limpide.document import Document, Fact
from limpide.semantics.engine import load_engine


def drugs(text: str) -> list[Fact]:
    document = Document(path="a.txt", sha256="0", text=text)
    load_engine().annotate(document)
    return [fact for fact in document.facts if fact.kind == "drug" and fact.role is None]


def statuses(text: str) -> list[str | None]:
    return [fact.status for fact in drugs(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Introduction de bisoprolol 2,5 mg, ramipril 2,5 mg et furosémide 40 mg.", ["started"] * 3),
        ("Arrêt du Lasilix et de l'Aldactone.", ["stopped"] * 2),
        ("Le Previscan a été arrêté le 12/03/2024.", ["stopped"]),
        ("Lasilix et Aldactone arrêtés.", ["stopped"] * 2),
        ("Arrêt du Previscan, relais par Eliquis 5 mg x 2.", ["stopped", "started"]),
        ("Relais de la vancomycine par daptomycine à J3.", ["stopped", "started"]),
        ("Xarelto remplacé par Lovenox.", ["stopped", "started"]),
        ("Bisoprolol majoré à 5 mg/j.", ["increased"]),
        ("Cortancyl diminué à 10 mg/j.", ["decreased"]),
        ("Metformine suspendue avant le scanner.", ["suspended"]),
        ("Ramipril suspendu à l'entrée puis repris à J4.", ["resumed"]),
        ("Ramipril non repris.", ["suspended"]),
        (
            "L'irbésartan et l'hydrochlorothiazide ont été arrêtés. L'allopurinol a été suspendu.",
            ["stopped"] * 2 + ["suspended"],
        ),
        ("L'amiodarone n'a pas été introduite.", ["refused"]),
        ("Refus du patient de reprendre le lithium.", ["refused"]),
        ("Réévaluer l'indication de l'Eliquis.", ["continued"]),
        ("Traitements antérieurs : lithium, olanzapine (prise de poids), quétiapine.", ["past"] * 3),
        ("Elle a présenté une toux sous ramipril, qui a donc été remplacé par du valsartan.", ["stopped", "started"]),
        ("Son traitement comporte : Eliquis 5 mg matin et soir, metformine 1 g 3 fois par jour.", ["current"] * 2),
        ("Je n'ai pas modifié le bisoprolol.", ["continued"]),
        ("Elle ne tolère pas les statines.", ["refused"]),
        ("J'ai également prescrit de l'ézétimibe 10 mg/j.", ["started"]),
        ("IDM sous Kardegic et Tahor, AOMI, DT2, tabac sevré.", ["current"] * 2),
        ("J'ai stoppé le ramipril (créat 160) et diminué le Diamicron à 30 mg.", ["stopped", "decreased"]),
        ("Je lui ai interdit les AINS.", ["refused"]),
        ("Ttt actuel : diamicron 60 : 2 le matin, pantoprazole 20", ["current"] * 2),
        ("En cas de progression, passage au Lonsurf.", ["planned"]),
        ("Ttt habituel : Ventoline si besoin, ibuprofène 400 x3/j", ["current"] * 2),
        ("Lasilix augmenté de 40 à 80 mg/j.", ["increased"]),
        ("Diamicron passé de 60 à 30 mg.", ["decreased"]),
        ("Mise en suspens du ramipril.", ["suspended"]),
        ("Midazolam en bolus, échec de la ventilation.", [None]),
        ("Hypothyroïdie substituée par Lévothyrox, HTA traitée par amlodipine.", ["current", "current"]),
        ("Dénosumab (Xgeva) à débuter.", ["planned", "planned"]),
        ("Poursuite du bisoprolol et de l'amlodipine.", ["continued"] * 2),
        ("AINS contre-indiqués.", ["refused"]),
        ("Atorvastatine refusée par la patiente.", ["refused"]),
        ("Traitement de fond par méthotrexate à débuter après le bilan.", ["planned"]),
        ("Patient sous amiodarone.", ["current"]),
        ("Mis sous Eliquis 5 mg matin et soir.", ["started"]),
        ("Ancien traitement par lithium.", ["past"]),
        ("Lasilix -> Burinex.", ["stopped", "started"]),
        ("ARRET : KARDEGIC, PLAVIX", ["stopped"] * 2),
        ("Arrêtés pendant le séjour : zolpidem (chute), Xanax 0,25.", ["stopped"] * 2),
    ],
)
def test_said_in_words(text: str, expected: list[str]) -> None:
    assert statuses(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TRAITEMENT A L'ENTREE\nramipril 5 mg 1-0-0\nbisoprolol 2,5 mg le matin\n", ["current"] * 2),
        ("TRAITEMENTS DEJA RECUS\nEnbrel 50 mg/sem 2016-2019\nRoActemra depuis 2022\n", ["past", "current"]),
        ("EVOLUTION DANS LE SERVICE\nCéfotaxime 2 g x 3/j pendant 5 jours.\n", ["given"]),
        ("PROTOCOLE PROPOSE\nPropofol, sufentanil.\n", ["planned"] * 2),
        (
            "CONDUITE A TENIR\n1. Perfusion de rituximab 1000 mg le 08/04.\n2. Crestor 10 mg le soir.\n",
            ["planned", "started"],
        ),
        ("ORDONNANCE\nPrednisolone 20 mg : 3 cp le matin 5 jours, 2 cp le matin 5 jours puis stop\n", ["current"]),
        ("Médicaments arrêtés :\n- Kardégic 75\n- zolpidem\n\n", ["stopped"] * 2),
    ],
)
def test_said_by_the_title(text: str, expected: list[str]) -> None:
    assert statuses(text) == expected


def test_the_new_dose_keeps_the_rhythm_of_the_old_one() -> None:
    before, after = drugs("Sous méthadone 40 mg/j à l'entrée. Méthadone majorée à 60 mg.")
    assert (before.daily_dose, after.daily_dose, after.daily_dose_unit) == (40.0, 60.0, "mg")


def test_a_need_said_before_the_drug() -> None:
    restless, pain = drugs("Si agitation haldol 2,5 mg SC, si douleur morphine 5 mg SC.")
    assert (restless.prn, pain.prn) == (True, True)


def test_a_name_in_brackets_is_the_same_drug_taken_the_same_way() -> None:
    name, brand = drugs("Sous dénosumab (Xgeva) 120 mg SC/4 semaines.")
    assert (name.dose, name.dose_unit, brand.dose) == (120.0, "mg", 120.0)


def test_what_was_begun_in_a_stay_was_started_if_it_is_on_the_discharge_list_and_given_if_not() -> None:
    text = (
        "EVOLUTION\nHéparine puis relais par apixaban. Fièvre : mise sous ceftriaxone 1 g/j.\n\n"
        "TRAITEMENT DE SORTIE\napixaban 5 mg 1-0-1\n"
    )
    assert statuses(text) == ["given", "started", "given", "current"]


def test_when_needed() -> None:
    pain, fever, head = drugs(
        "Tramadol 50 mg si dyspnée. Doliprane 1 g x 4/j si T > 38,5°C.\nSi besoin : Spasfon 80 mg"
    )
    assert [fact.prn for fact in (pain, fever, head)] == [True] * 3
    assert fever.daily_dose is None


@pytest.mark.parametrize(
    "text",
    [
        "Streptocoque sensible à la pénicilline, résistant à l'érythromycine et à la clindamycine.",
        "ECBU : E. coli.\nAmoxicilline : R CMI > 8\nOfloxacine : S\n",
        "Mme DURAND\n\nEXAMENS\nFer et vitamine B12 non dosés. Dosage de la digoxine en cours.",
        "Cabinet d'infirmières de BB - 12 rue des Lilas",
        "HDL-direct 0,52 g/L\nHexokinase\nGlucose 1,02 g/L",
        "Taux de vitamine B12 normal. TCA héparine 2,3.",
        "MODE DE VIE\nTabac : sevré. Alcool : occasionnel.",
        "HDJ biothérapies, bâtiment B\nDr DURAND\n",
    ],
)
def test_no_exposure(text: str) -> None:
    assert drugs(text) == []


def test_a_class_that_heads_its_drugs_is_no_exposure() -> None:
    assert [fact.text for fact in drugs("EVOLUTION\nATB : ceftriaxone 2 g + gentamicine 300 mg")] == [
        "ceftriaxone",
        "gentamicine",
    ]
