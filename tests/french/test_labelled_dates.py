"""Dates as French documents write them."""

from __future__ import annotations

import pytest

from limpide.french.labelled_dates import stated_date


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("28/03/1979", "1979-03-28"),
        ("28.3.1979 à 08:00", "1979-03-28"),
        ("1979-03-28", "1979-03-28"),
        ("28 mars 1979", "1979-03-28"),
        ("le 1er août 2020", "2020-08-01"),
        ("Vendredi 15 déc. 2023", "2023-12-15"),
        ("29/02/2024", "2024-02-29"),
        ("29/02/2023", None),
        ("13/13/2023", None),
        ("01/01/2918", None),
        ("28/03/79", None),
        ("hier", None),
        ("", None),
    ],
)
def test_a_date_is_iso_or_none(written: str, iso: str | None) -> None:
    assert stated_date(written) == iso
