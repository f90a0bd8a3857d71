"""Dates: what governs a fact, to ISO with the precision that was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from limpide.french.anchored_dates import Setting
from limpide.french.date_expressions import find_dates
from limpide.french.tokens import tokenise
from limpide.semantics.context.fact_dates import date_all, is_past
from limpide.semantics.context.sections import find_sections
from tests.semantics.marked import parse

DOCUMENT_DATE = "2024-04-15T10:00:00+02:00"


def dated(sentence: str, day: str | None = DOCUMENT_DATE) -> list[tuple[str | None, str | None, bool]]:
    marked = parse(sentence)
    tokens = tokenise(marked.text)
    date_all(tokens, marked.facts, find_sections(tokens), day)
    return [(fact.time_start, fact.time_end, fact.history) for fact in marked.facts]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("[[IDM]] en 2012, [[AVC]] il y a 3 ans.", [("2012", None, True), ("2021", None, True)]),
        ("[[HTA]] depuis mars 2020.", [("2020-03", None, False)]),
        ("En 2015, [[appendicite]] compliquée de [[péritonite]].", [("2015", None, True), ("2015", None, True)]),
        ("[[Fièvre]] depuis hier.", [("2024-04-14", None, False)]),
        ("[[Toux]] depuis 3 jours", [("2024-04-12", None, False)]),
        ("[[Zona]] il y a deux mois", [("2024-02", None, False)]),
        ("[[Phlébite]] (2008)", [("2008", None, True)]),
        ("[[Phlébite]] le 3 mars", [("2024-03-03", None, False)]),
        ("Intervention le 12/02/2024. À J2 [[fièvre]].", [("2024-02-14", None, False)]),
        ("Scanner du 12/03/2024 : [[embolie]].", [("2024-03-12", None, False)]),
        ("Hospitalisé du 3 au 12/03/2024 pour [[pneumopathie]].", [("2024-03-03", "2024-03-12", False)]),
        ("Biologie du 12/03/2024 :\\n[[anémie]]", [("2024-03-12", None, False)]),
    ],
)
def test_the_date_that_governs(sentence: str, expected: list[tuple[str | None, str | None, bool]]) -> None:
    assert dated(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "Né le 12/03/1950, [[diabète]].",
        "Patiente née en 1948, [[insuffisance cardiaque]].",
        "[[Migraine]]. Vu en consultation en 2019.",
        "Courrier du 12/03/2024. [[HTA]].",
    ],
)
def test_what_governs_nothing(sentence: str) -> None:
    assert dated(sentence)[0] == (None, None, False)


def test_relative_dates_need_the_document_s_own() -> None:
    assert dated("[[AVC]] il y a 3 ans", None) == [(None, None, False)]


def test_an_impossible_date_is_no_date() -> None:
    assert find_dates(tokenise("le 45/13/2024"), None) == []


def test_past_at_the_precision_both_have() -> None:
    assert is_past("2012", DOCUMENT_DATE) and not is_past("2024", DOCUMENT_DATE)
    assert is_past("2023-12", DOCUMENT_DATE) and not is_past("2024-03", DOCUMENT_DATE)


def variants() -> list[tuple[str, list[str]]]:
    """The sentences of dated.txt and the dates of their mentions."""
    lines = Path(__file__).with_name("dated.txt").read_text("utf-8").splitlines()
    split = [line.rsplit(" = ", 1) for line in lines if line and not line.startswith("#")]
    return [(sentence, dates.split()) for sentence, dates in split]


@pytest.mark.parametrize(("sentence", "expected"), variants())
def test_constructions_of_dates(sentence: str, expected: list[str]) -> None:
    marked = parse(sentence)
    tokens = tokenise(marked.text)
    for fact, flags in zip(marked.facts, marked.expected, strict=True):
        fact.planned = bool(flags.get("planned"))
        fact.value = 1.0 if fact.kind in ("measurement", "vital") else None
    setting = Setting("2024-04-15", "2024-04-10", "2024-04-15", "1960-05-20")
    date_all(tokens, marked.facts, find_sections(tokens), setting.document, setting)
    assert [fact.time_start or "-" for fact in marked.facts] == expected


def test_what_is_measured_in_a_consultation_is_of_its_day_and_says_so() -> None:
    marked = parse("[[Poids 64 kg|kind=vital]], [[HTA]]. ATCD : [[phlébite]] en 2011.")
    day = Setting("2024-04-15", "2024-04-15", "2024-04-15")
    date_all(tokenise(marked.text), marked.facts, [], day.document, day)
    assert [(fact.time_start, fact.date_origin) for fact in marked.facts] == [
        ("2024-04-15", "document"),
        (None, None),
        ("2011", None),
    ]


def test_hours_of_a_stay_of_one_night_are_days() -> None:
    marked = parse("BIO 23h20\n[[CRP 96|kind=measurement]]\n\n02h30 : [[T 38.9|kind=vital]]")
    night = Setting("2024-04-15", "2024-04-14", "2024-04-15")
    date_all(tokenise(marked.text), marked.facts, [], night.document, night)
    assert [fact.time_start for fact in marked.facts] == ["2024-04-14", "2024-04-15"]


def test_an_appointment_dates_no_disease_and_a_plan_lies_ahead() -> None:
    marked = parse("Consultation d'[[insuffisance cardiaque]] le 12/09/2024. [[ETT|kind=procedure]] en juin.")
    marked.facts[1].planned = True
    date_all(tokenise(marked.text), marked.facts, [], "2024-04-15")
    assert [fact.time_start for fact in marked.facts] == [None, "2024-06"]
