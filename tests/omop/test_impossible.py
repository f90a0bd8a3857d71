"""What a person's sex or age forbids is withheld; what is only unusual is not."""

from __future__ import annotations

from datetime import date

import pytest

from limpide.document import Fact, Patient
from limpide.omop.impossible import reason_impossible

DAY = date(2024, 4, 15)


def said(code: str, sex: str | None, born: str | None, **more: bool) -> str | None:
    fact = Fact(kind="condition", origin="nlp", code=code, system="CIM-10", **more)  # type: ignore[arg-type]
    return reason_impossible(fact, Patient(sex=sex, birth_date=born), DAY)


@pytest.mark.parametrize(
    ("code", "sex", "born", "reason"),
    [
        ("O01.9", "M", "1990-02", "impossible_sex"),
        ("O01.9", "F", "1990-02", None),
        ("O01.9", "F", "1930-02", "impossible_age"),
        ("P07.3", "M", "1960-02", "impossible_age"),
        ("P07.3", "M", "2024-02", None),
        ("N40", "F", "1950-02", "impossible_sex"),
        ("C61", "M", "1950-02", None),
        ("I86.1", "F", "1990-02", "impossible_sex"),
        ("I86.0", "F", "1990-02", None),
        ("G30.9", "F", "2015-02", "impossible_age"),
        ("O01.9", None, None, None),
        ("I10", "M", "1950-02", None),
    ],
)
def test_sex_and_age(code: str, sex: str | None, born: str | None, reason: str | None) -> None:
    assert said(code, sex, born) == reason


def test_a_relative_may_have_what_the_patient_cannot() -> None:
    assert said("C56", "M", "1950-02", family=True) is None


def test_what_a_source_coded_is_left_to_the_checks() -> None:
    fact = Fact(kind="condition", origin="coded", code="O01.9", system="CIM-10")
    assert reason_impossible(fact, Patient(sex="M"), DAY) is None
