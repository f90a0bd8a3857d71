"""Reconciliation tables: what each column says of a drug, by tabs, bars or spaces."""

from __future__ import annotations

import pytest

from limpide.document import Document, Fact
from limpide.semantics.engine import load_engine

TABBED = """Médicament\tAvant\tSortie
Metformine\t1000 mg x2/j\tARRÊTÉ
Ramipril\t5 mg/j\t2,5 mg/j
Atorvastatine\t40 mg/j\tpoursuivi
Apixaban\t-\t5 mg x2/j
Lasilix\t40 mg/j\t0
Amlodipine\t5 mg/j\t5 mg/j
"""
SPACED = """Médicament           Entrée            Sortie           Décision
Bisoprolol           2,5 mg matin      5 mg matin       majoré
Kardégic 75          1/j               -                arrêt (relais AOD)
Eliquis 5 mg         -                 1 matin et soir  introduit
Coversyl             5 mg/j            5 mg/j           idem
"""


def drugs(text: str) -> dict[str, Fact]:
    document = Document(path="a.txt", sha256="0", text="Mme DURAND\n\n" + text)
    load_engine().annotate(document)
    return {str(fact.text): fact for fact in document.facts if fact.kind == "drug"}


@pytest.mark.parametrize("text", [TABBED, TABBED.replace("\t", " | ")])
def test_two_columns_are_compared(text: str) -> None:
    assert {name: fact.status for name, fact in drugs(text).items()} == {
        "Metformine": "stopped",
        "Ramipril": "decreased",
        "Atorvastatine": "continued",
        "Apixaban": "started",
        "Lasilix": "stopped",
        "Amlodipine": "continued",
    }


def test_the_dose_is_the_one_of_now() -> None:
    found = drugs(TABBED)
    assert (found["Ramipril"].daily_dose, found["Ramipril"].daily_dose_unit) == (2.5, "mg")
    assert (found["Apixaban"].daily_dose, found["Apixaban"].daily_dose_unit) == (10.0, "mg")


def test_columns_of_spaces_and_a_decision() -> None:
    found = drugs(SPACED)
    statuses = {name: found[name].status for name in ("Bisoprolol", "Kardégic", "Eliquis", "Coversyl")}
    assert statuses == {"Bisoprolol": "increased", "Kardégic": "stopped", "Eliquis": "started", "Coversyl": "continued"}
    assert found["Bisoprolol"].daily_dose == 5.0


def test_a_name_struck_out_is_stopped() -> None:
    found = drugs("~~Lasilix 40 mg 1/j~~\nBisoprolol 2,5 mg le matin\nXanax 0,25 (barré)")
    assert [found[name].status for name in ("Lasilix", "Bisoprolol", "Xanax")] == ["stopped", None, "stopped"]


def test_another_drug_in_the_column_of_now_takes_its_place() -> None:
    found = drugs(
        "| Médicament | Domicile | Prescription hospitalière | Divergence / Commentaire |\n"
        "| Eliquis 5 mg | 1-0-1 | Lovenox 6000 UI x2 | relais |\n| Amlodipine 10 mg | 1-0-0 | 1-0-0 | conforme |\n"
    )
    assert (found["Eliquis"].status, found["Eliquis"].daily_dose, found["Lovenox"].status) == (
        "stopped",
        10.0,
        "started",
    )
    assert (found["Amlodipine"].status, found["Amlodipine"].daily_dose) == ("continued", 10.0)


def test_the_name_may_open_the_column_of_before() -> None:
    found = drugs(
        "AVANT | SORTIE | COMMENTAIRE\nLEVOTHYROX 50 µg 1-0-0 | 75 µg 1-0-0 | TSH 6,1\nTahor 10 mg 0-0-1 | STOP |\n"
    )
    assert [found[name].status for name in ("LEVOTHYROX", "Tahor")] == ["increased", "stopped"]
    assert (found["LEVOTHYROX"].daily_dose, found["LEVOTHYROX"].daily_dose_unit) == (75.0, "ug")
