"""Two identities, one person or two: verdict with evidence, never with values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limpide.document import Document, Header, Patient
from limpide.identity.conflict import Finding, Verdict, compare, look_alike, with_text, with_vault

ANNE = Patient(
    ins="285057800608491",
    ins_system="1.2.250.1.213.1.4.8",
    family_birth="LE GOFF",
    family_used="MARCHALLOT",
    given=["ANNE", "ANNE LOU"],
    birth_date="1985-05-12",
    sex="F",
)
OTHER_INS = "170032912300141"


@pytest.mark.parametrize(
    ("stated", "verdict", "contradicts"),
    [
        (Patient(ins="2 85 05 78 006 084 91"), Verdict.SAME, ()),
        (Patient(family_used="Marchallot", given=["Anne"]), Verdict.SAME, ()),
        (Patient(family_birth="Le-Goff", birth_date="1985-05-12"), Verdict.SAME, ()),
        (Patient(family_birth="MARCHALOT", given=["Anne"]), Verdict.SAME, ()),
        (Patient(family_birth="MARCHALLOT", given=["ANNE"], birth_date="1985-12-05"), Verdict.SAME, ("birth_date",)),
        (Patient(), Verdict.UNKNOWN, ()),
        (Patient(given=["Anne"]), Verdict.UNKNOWN, ()),
        (Patient(sex="M"), Verdict.UNKNOWN, ("sex",)),
        (Patient(ins="285057800608591"), Verdict.UNKNOWN, ("ins",)),
        (Patient(ins=OTHER_INS), Verdict.DIFFERENT, ("ins",)),
        (Patient(family_birth="PORZOU", given=["YANN"]), Verdict.DIFFERENT, ("family", "given")),
        (Patient(family_birth="LE GOFF", given=["YANN"], birth_date="2015-01-01"), Verdict.DIFFERENT,
         ("given", "birth_date")),
    ],
)  # fmt: skip
def test_header_and_text(stated: Patient, verdict: Verdict, contradicts: tuple[str, ...]) -> None:
    finding = compare(ANNE, stated)
    assert (finding.verdict, finding.contradicts) == (verdict, contradicts)
    assert compare(stated, ANNE).verdict is verdict


def test_a_document_is_compared_with_what_its_text_states() -> None:
    text = "Nom : PORZOU\nPrénom : YANN\nNé le : 01/03/1970\nSexe : M\n"
    finding = with_text(Document("x", "s", header=Header(patient=ANNE), text=text))
    assert finding == Finding(Verdict.DIFFERENT, (), ("family", "given", "birth_date", "sex"))


def test_one_stranger_under_the_same_ins_is_enough() -> None:
    stranger = replace(ANNE, family_birth="PORZOU", family_used=None, given=["YANN"], birth_date="1970-03-01", sex="M")
    assert with_vault(ANNE, [ANNE]).verdict is Verdict.SAME
    assert with_vault(ANNE, [ANNE, stranger]).verdict is Verdict.DIFFERENT
    assert with_vault(ANNE, []).verdict is Verdict.UNKNOWN


def test_a_marriage_or_a_typing_error_is_no_stranger() -> None:
    married = replace(ANNE, family_used="PORZOU")
    mistyped = replace(ANNE, birth_date="1985-05-21")
    assert with_vault(ANNE, [married, mistyped]).verdict is Verdict.SAME


@pytest.mark.parametrize(
    ("changed", "alike"),
    [
        ({}, True),
        ({"family_birth": "LE GAL"}, True),
        ({"family_birth": "GALL"}, False),
        ({"family_birth": "ANNE", "given": ["LEGALL"]}, True),
        ({"given": ["ANNE-MARIE"]}, True),
        ({"sex": None}, True),
        ({"sex": "M"}, False),
        ({"given": ["LOUISE"]}, False),
        ({"birth_date": "1955-08-15"}, False),
        ({"birth_date": "1955"}, False),
        ({"ins": "255081416802635", "ins_system": "1.2.250.1.213.1.4.8"}, True),
    ],
)
def test_two_born_the_same_day_with_close_names_look_alike(changed: dict[str, object], alike: bool) -> None:
    anne = Patient(family_birth="LEGALL", given=["ANNE"], birth_date="1955-08-14", sex="F")
    assert look_alike(anne, replace(anne, **changed)) == alike  # type: ignore[arg-type]


def test_two_ins_are_two_persons_but_for_a_slip_of_the_hand() -> None:
    system = "1.2.250.1.213.1.4.8"
    anne = Patient(
        ins="255081416802538", ins_system=system, family_birth="LEGALL", given=["ANNE"], birth_date="1955-08-14"
    )
    assert look_alike(anne, replace(anne, ins="255081416802635"))
    assert not look_alike(anne, replace(anne, ins="255087516802638"))
