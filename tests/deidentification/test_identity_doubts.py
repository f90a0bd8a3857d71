"""Doubts: kinds for the warehouse, values for the vault, and strangers told whatever the order of loading."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from limpide.deidentification.identity_doubts import Stated, of_masked, of_text, strangers
from limpide.document import Document, Fact, Header, Patient
from limpide.errors import Reason

ANNE = Patient(
    ins="285057800608491", ins_system="1.2.250.1.213.1.4.8", family_birth="MARCHALLOT", given=["ANNE"],
    birth_date="1985-05-12", sex="F",
)  # fmt: skip
YANN = replace(ANNE, family_birth="PORZOU", given=["YANN"], birth_date="1970-03-01", sex="M")


def test_a_leak_is_told_by_kind_and_count_and_shown_to_the_vault_only() -> None:
    doubt = of_masked(Document("", "s", text="Vue par le Dr Porzou, joindre le 02 98 22 33 44 ou le 02 98 22 33 45."))
    assert doubt is not None and doubt.reason is Reason.RESIDUAL_IDENTITY
    assert doubt.detail == "suspected in the masked text: NOM 1, TEL 2"
    assert "Porzou" in doubt.shown["excerpts"][0][1]


def test_a_title_is_published_too() -> None:
    assert of_masked(Document("", "s", header=Header(title="Lettre du Dr Porzou"), text="Rien.")) is not None


def test_masks_and_codes_of_the_facts_are_no_leak() -> None:
    facts = [Fact("drug", "coded", code="940012345678")]
    assert of_masked(Document("", "s", text="Dr [NOM], code 940012345678", facts=facts)) is None


def test_header_and_text_side_by_side() -> None:
    text = "Nom : PORZOU\nPrénom : YANN\nNé le : 01/03/1970\nSexe : M\n"
    doubt = of_text(Document("", "s", header=Header(patient=ANNE), text=text))
    assert doubt is not None
    assert doubt.detail == "header and text differ: family, given, birth_date, sex"
    assert doubt.shown["header"]["family_birth"] == "MARCHALLOT" and doubt.shown["other"]["given"] == ["YANN"]
    assert of_text(Document("", "s", header=Header(patient=YANN), text=text)) is None


def test_the_first_identity_stands_and_a_stranger_waits() -> None:
    found = strangers([Stated("a", ANNE), Stated("b", YANN), Stated("c", replace(ANNE, sex=None))])
    assert list(found) == ["b"]
    assert found["b"].detail == (
        "header and earlier documents of the same person differ: family, given, birth_date, sex"
    )
    assert found["b"].shown["other_document"] == "a"
    assert list(strangers([Stated("b", YANN), Stated("a", ANNE)])) == ["a"]


def test_what_a_person_released_brings_its_like_with_it_and_makes_nobody_else_a_stranger() -> None:
    found = strangers([Stated("a", ANNE), Stated("b", YANN, released=True), Stated("c", YANN), Stated("d", ANNE)])
    assert list(found) == ["b"]  # still in doubt, as far as the machine can tell; its decision lets it through


@given(st.lists(st.sampled_from([ANNE, replace(ANNE, family_used="PORZOU"), replace(ANNE, birth_date="1985-05-21")])))
def test_a_marriage_or_a_typing_error_is_no_stranger(patients: list[Patient]) -> None:
    assert strangers(Stated(str(n), patient) for n, patient in enumerate(patients)) == {}
