"""Dates: read as precisely as written, chosen in a stated order."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from limpide.document import Encounter, Header
from limpide.omop.dates import When, document_date, fact_date, parse, plausible

NIGHT = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024", When(date(2024, 1, 1), None, False)),
        ("2024-05", When(date(2024, 5, 1), None, False)),
        ("2024-05-17", When(date(2024, 5, 17))),
        ("2024-05-17T09:30:00+02:00", When(date(2024, 5, 17), datetime(2024, 5, 17, 9, 30))),
        ("2024-05-17T09:30:15.250Z", When(date(2024, 5, 17), datetime(2024, 5, 17, 9, 30, 15))),
        ("2023-02-29", None),
        ("hier", None),
        ("", None),
        (None, None),
    ],
)
def test_iso_dates_of_every_precision(written: str | None, read: When | None) -> None:
    assert parse(written) == read


def test_the_year_2918_is_not_plausible() -> None:
    assert not plausible(parse("2918-12-01"), NIGHT)
    assert not plausible(None, NIGHT)
    assert plausible(parse("2027-11-01"), NIGHT)


def test_a_document_is_dated_by_itself_then_its_encounter_then_its_night() -> None:
    stay = Encounter(start="2024-01-02", end="2024-01-05")
    assert document_date(Header(effective_time="2024-01-09T11:30:00+01:00", encounter=stay), NIGHT)[1] == "document"
    assert document_date(Header(effective_time="2918-01-09", encounter=stay), NIGHT) == (
        When(date(2024, 1, 5)),
        "encounter",
    )
    assert document_date(Header(), NIGHT) == (When(NIGHT), "night")


def test_a_fact_is_dated_by_itself_or_else_by_its_document() -> None:
    document = (When(date(2024, 1, 9)), "document")
    assert fact_date("2019-03-01", document, NIGHT) == (When(date(2019, 3, 1)), "fact")
    assert fact_date("2019", document, NIGHT) == (When(date(2019, 1, 1), None, False), "fact_partial")
    assert fact_date(None, document, NIGHT) == document
    assert fact_date("2999-01-01", document, NIGHT) == document
