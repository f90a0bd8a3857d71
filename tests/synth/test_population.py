"""Synthetic identities: numbers that pass the checks of real ones, and never a real person's."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.synth.catalogue import Commune, communes
from limpide.synth.population import SITES, Population, luhn_key, nir


def test_a_nir_has_its_key() -> None:
    assert nir("F", date(1979, 3, 28), Commune("69123", "69003", "Lyon"), 456) == "279036912345659"


@pytest.mark.parametrize("cog, counted", [("2A004", "19004"), ("2B033", "18033")])
def test_corsica_counts_as_19_and_18(cog: str, counted: str) -> None:
    made = nir("M", date(1950, 1, 2), Commune(cog, "20000", "Ajaccio"), 7)
    assert made[5:10] == cog
    assert int(made[13:]) == 97 - int(f"15001{counted}007") % 97


@given(st.dates(date(1930, 1, 1), date(2010, 1, 1)), st.sampled_from(communes()), st.integers(1, 999))
def test_any_nir_is_fifteen_characters_and_its_key_checks(birth: date, place: Commune, order: int) -> None:
    made = nir("F", birth, place, order)
    assert len(made) == 15
    body = int(made[:13].replace("2A", "19").replace("2B", "18"))
    assert (body + int(made[13:])) % 97 == 0


def test_luhn() -> None:
    assert luhn_key("7992739871") == "3"


def test_a_patient_depends_on_seed_and_index_alone() -> None:
    one, other = Population(7, 10), Population(7, 5000)
    assert one.patient(3) == other.patient(3)
    assert one.patient(3) != Population(8, 10).patient(3)


def test_clinicians_bear_an_rpps_of_eleven_digits() -> None:
    staff = Population(7, 1).clinicians
    assert set(staff) == {site.source for site in SITES}
    for clinician in (each for site in staff.values() for each in site):
        assert len(clinician.rpps) == 11
        assert luhn_key(clinician.rpps[:-1]) == clinician.rpps[-1]
