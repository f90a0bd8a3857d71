"""Surrogates: one false name a true one, dates moved together, facts where they were. Persons are ours."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.deidentification.date_shift import date_spans, moved
from limpide.deidentification.known_identities import KnownIdentities
from limpide.deidentification.masking import identifier_spans, masked
from limpide.deidentification.surrogates import Surrogates, configured
from limpide.document import Document, Fact, Header, Patient

KEY = b"\x07" * 32
PATIENT = Patient(
    ins="254031234567847",
    ins_system="1.2.250.1.213.1.4.8",
    family_birth="KERVADEC",
    given=["Solenne"],
    birth_date="1954-03-17",
    sex="F",
)
LETTER = (
    "Mme Solenne KERVADEC, née le 17/03/1954, INS 2 54 03 12 345 678 47, tél. 02 98 11 22 33,\n"
    "demeurant 12 rue du Port, 29200 Brest. Vue le 3 mars 2024 par le Dr Ursule TREMAZAN.\n"
    "Madame Kervadec présente un diabète depuis mai 2019. Courriel : solenne@example.org"
)


MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip


def document(text: str = LETTER) -> Document:
    start = text.index("diabète")
    fact = Fact("condition", "nlp", start=start, end=start + 7, text="diabète", time_start="2019-05-12")
    header = Header(patient=PATIENT, effective_time="2024-03-04T10:00:00+01:00")
    return Document("", "0" * 64, header=header, text=text, facts=[fact])


def published(days: int | None = None, person: str = "p", text: str = LETTER) -> Document:
    return masked(document(text), KEY, how=Surrogates(KEY, person, days or -70), days=days)


def test_a_name_is_replaced_by_the_same_name_throughout_and_in_its_own_case() -> None:
    text = published().text
    found = re.match(r"Mme (\w+) (\w+), née le", text)
    assert found and found[2].isupper() and found[1].istitle()
    assert f"Madame {found[2].capitalize()} présente" in text
    assert "KERVADEC" not in text.upper() and "TREMAZAN" not in text.upper() and "[" not in text


def test_the_same_person_has_the_same_surrogates_in_another_document_and_another_person_has_others() -> None:
    other = published(text="Compte rendu de diabète. Kervadec Solenne, ce jour.").text
    name = re.match(r"Mme (\w+) (\w+),", published().text)
    assert name and other == f"Compte rendu de diabète. {name[2].capitalize()} {name[1]}, ce jour."
    assert published(person="q").text != published().text


def test_numbers_keep_their_layout_and_are_nobody_s() -> None:
    text = published().text
    ins = re.search(r"INS (9 \d\d \d\d \d\d \d{3} \d{3} \d\d),", text)
    assert ins and re.search(r"tél\. 02 61 91 \d\d \d\d,", text) and "@exemple.fr" in text


def test_facts_keep_their_place_and_dates_move_together() -> None:
    clean = published(days=-70)
    fact = clean.facts[0]
    assert fact.start is not None and clean.text[fact.start : fact.end] == "diabète" == fact.text
    assert fact.time_start == "2019-03-03"
    assert clean.header.effective_time == "2023-12-25T10:00:00+01:00"
    assert "Vue le 24 décembre 2023 par" in clean.text and "depuis mars 2019" in clean.text
    assert "née le 06/01/1954" in clean.text


def test_dates_of_care_stay_unless_they_are_to_move() -> None:
    assert "Vue le 3 mars 2024" in published().text


@given(st.dates(date(1931, 1, 1), date(2030, 1, 1)), st.integers(-364, 364), st.integers(0, 6))
def test_a_moved_date_is_written_as_it_was(day: date, days: int, form: int) -> None:
    def write(one: date) -> str:
        first = "er" if one.day == 1 else ""
        return [
            f"{one:%d/%m/%Y}", f"{one:%Y-%m-%d}", f"{one:%d.%m.%Y}", f"{one:%Y%m%d}", f"{one:%d/%m/%y}",
            f"{one:%d - %m - %Y}", f"{one.day:02}{first} {MONTHS[one.month - 1]} {one.year}",
        ][form]  # fmt: skip

    if form == 6 and (day.day == 1) != ((day + timedelta(days)).day == 1):
        return  # '1er' keeps its ordinal only where there is one
    assert moved(write(day), days) == write(day + timedelta(days))
    assert [(s.start, s.end) for s in date_spans(f"le {write(day)} à")] == [(3, 3 + len(write(day)))]


def test_figures_that_are_no_dates_stay() -> None:
    for text in ("TA 120/80", "version 1.2.10", "12/7", "OID 1.2.250.1.213", "31/02/2024", "glycémie 1.20 g/L"):
        assert masked(document(f"{text} diabète"), KEY, days=-7).text == f"{text} diabète"


def test_a_misspelt_choice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured() == ("types", "kept")
    monkeypatch.setenv("LIMPIDE_MASKS", "surrogate")
    with pytest.raises(ValueError):
        configured()


def test_no_surrogate_is_looked_for_where_no_identifier_stands() -> None:
    text = "Diabète de type 2 équilibré. Maladie de Charcot écartée."
    assert identifier_spans(text, KnownIdentities()) == []
    assert published(text=text.replace("Diabète", "Un diabète")).text == "Un diabète" + text[7:]
