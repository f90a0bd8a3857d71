"""Posology: dose, scheme, route, duration, status and the daily dose with its unit, or none."""

from __future__ import annotations

import pytest

from limpide.document import Fact
from limpide.french.tokens import tokenise
from limpide.semantics.drugs.posology import attach
from tests.semantics.marked import parse


def taken(sentence: str) -> list[Fact]:
    marked = parse(sentence)
    attach(tokenise(marked.text), marked.facts)
    return marked.facts


@pytest.mark.parametrize(
    ("sentence", "strength", "dose", "dose_unit", "frequency", "daily", "daily_unit"),
    [
        ("[[Metformine]] 1000 mg 1-0-1", "1000 mg", None, None, "1-0-1", 2000.0, "mg"),
        ("[[amlodipine]] 5 mg : 1 cp le matin", "5 mg", 1.0, "{tbl}", "le matin", 5.0, "mg"),
        ("[[paracétamol]] 1 g x3/j", None, 1.0, "g", "x3/j", 3.0, "g"),
        ("[[paracétamol]] 1 g x3/j si besoin", None, 1.0, "g", "x3/j si besoin", None, None),
        ("[[Doliprane]] 500 mg, 1 cp matin et soir", "500 mg", 1.0, "{tbl}", "matin et soir", 1000.0, "mg"),
        ("[[prednisone]] 20 mg/j", None, 20.0, "mg", "/j", 20.0, "mg"),
        ("[[vancomycine]] 1 g/12h", None, 1.0, "g", "/12h", 2.0, "g"),
        ("[[Ventoline]] 2 bouffées matin et soir", None, 2.0, "{puff}", "matin et soir", 4.0, "{puff}"),
        ("[[Lantus]] 22 UI le soir", None, 22.0, "[IU]", "le soir", 22.0, "[IU]"),
        ("[[ramipril]]", None, None, None, None, None, None),
        ("2 g de [[ceftriaxone]]", None, 2.0, "g", None, None, None),
    ],
)
def test_dose_scheme_and_daily_dose(
    sentence: str,
    strength: str | None,
    dose: float | None,
    dose_unit: str | None,
    frequency: str | None,
    daily: float | None,
    daily_unit: str | None,
) -> None:
    fact = taken(sentence)[0]
    assert (fact.strength, fact.dose, fact.dose_unit, fact.frequency) == (strength, dose, dose_unit, frequency)
    assert (fact.daily_dose, fact.daily_dose_unit) == (daily, daily_unit)


def test_route_and_duration() -> None:
    fact = taken("[[amoxicilline]] 1 g 3 fois par jour pendant 7 jours per os")[0]
    assert (fact.route, fact.duration, fact.daily_dose) == ("20053000", "P7D", 3.0)


def test_until_a_day() -> None:
    assert taken("[[levofloxacine]] 500 mg jusqu'au 12/03/2024")[0].time_end == "2024-03-12"


def test_the_next_line_of_a_prescription_belongs_to_its_drug() -> None:
    first, second = taken("[[LEVOTHYROX]] 75 µg\\n1 comprimé le matin\\n[[Crestor]] 10 mg\\n1 cp le soir, QSP 3 mois")
    assert (first.daily_dose, first.daily_dose_unit) == (75.0, "ug")
    assert (second.daily_dose, second.duration) == (10.0, "P3M")


def test_an_amount_before_the_name_is_its_own() -> None:
    salt, potassium = taken("4 g [[NaCl]] + 2 g [[KCl]] par litre")
    assert (salt.dose, salt.dose_unit, potassium.dose, potassium.dose_unit) == (4.0, "g", 2.0, "g")


def test_a_table_of_times_of_the_day() -> None:
    first, second = taken(
        "[[FUROSEMIDE]] 40 mg      1      0     0     0\\n[[PARACETAMOL]] 500 mg    2      2     2     0"
    )
    assert [(fact.daily_dose, fact.daily_dose_unit) for fact in (first, second)] == [(40.0, "mg"), (3000.0, "mg")]


def test_millions_of_units() -> None:
    fact = taken("[[Oracilline]] 1 MUI x 2/j")[0]
    assert (fact.dose, fact.dose_unit, fact.daily_dose) == (1.0, "M[IU]", 2.0)
