"""Health is a function of the patient and the day: coherent, plausible, without memory."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from limpide.synth.cases import measured
from limpide.synth.catalogue import analytes, chronic, drugs, episodes
from limpide.synth.history import flag, health, lab_value, stay
from limpide.synth.population import Population

PEOPLE = Population(3, 400)
DAY = date(2026, 11, 1)


def test_diseases_respect_sex_and_age() -> None:
    for index in range(400):
        patient = PEOPLE.patient(index)
        for disease, onset in health(3, patient).diseases:
            assert disease.sex in {"", patient.sex}
            assert patient.age(DAY) >= disease.min_age
            assert patient.birth < onset < DAY


def test_nobody_takes_two_drugs_of_one_class() -> None:
    for index in range(400):
        groups = Counter(each.drug.atc[:4] for each in health(3, PEOPLE.patient(index)).treatments)
        groups.pop("A10A", None)
        assert not groups or max(groups.values()) == 1


def test_a_value_is_the_same_whoever_asks() -> None:
    patient = PEOPLE.patient(5)
    state = health(3, patient)
    test = analytes()["creat"]
    assert lab_value(3, patient, state, test, DAY) == lab_value(3, patient, health(3, patient), test, DAY)
    week = {lab_value(3, patient, state, test, DAY + timedelta(days=step)) for step in range(7)}
    assert len(week) > 1


def test_diabetics_have_a_high_hba1c() -> None:
    test = analytes()["hba1c"]
    flags = Counter(
        flag(test, lab_value(3, PEOPLE.patient(i), health(3, PEOPLE.patient(i)), test, DAY))
        for i in range(400)
        if health(3, PEOPLE.patient(i)).has("dt2")
    )
    assert flags["H"] > 40
    assert flags["H"] / sum(flags.values()) > 0.95


def test_a_stay_ends_before_the_day_that_asks() -> None:
    for index in range(100):
        found = stay(3, PEOPLE.patient(index), DAY)
        assert found.start < found.end < DAY
        assert found.started


@pytest.mark.parametrize("value, shown", [(0.4, ("1", 1.0, "<")), (3.26, ("3,3", 3.26, None))])
def test_below_the_limit_of_detection_a_value_is_censored(value: float, shown: tuple[str, float, str | None]) -> None:
    assert measured(analytes()["crp"], value) == shown


def test_the_catalogue_hangs_together() -> None:
    for disease in (*chronic(), *episodes()):
        assert set(disease.drugs) <= set(drugs()), disease.key
        assert set(disease.labs) <= set(analytes()), disease.key
        assert all(gender in "fm" for gender, _ in disease.surfaces)
    assert all(disease.imaging and disease.reasons for disease in episodes())
