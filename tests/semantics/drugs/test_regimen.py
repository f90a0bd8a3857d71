"""Regimens: what a stretch of posology says of strength, dose, rhythm, duration, and the day's dose or none."""

from __future__ import annotations

import pytest

from limpide.french.tokens import fold
from limpide.semantics.drugs.regimen import Setting, Step, read

MILLIGRAMS = Setting(bare_unit="mg", bare_low=0.1, bare_high=1500)
INSULIN = Setting(insulin=True)


def steps(stretch: str, setting: Setting = MILLIGRAMS) -> list[Step]:
    return read(stretch, fold(stretch), setting)


@pytest.mark.parametrize(
    ("stretch", "daily"),
    [
        ("6 g/j en 2 prises", (6.0, "g")),
        ("500 mg cp : 2cp*3/j", (3000.0, "mg")),
        ("2x500 mg matin, midi et soir", (3000.0, "mg")),
        ("5 mg x 2", (10.0, "mg")),
        ("1 g toutes les 8 h", (3.0, "g")),
        ("1g/8h", (3.0, "g")),
        ("20 mg 1/2-0-1/2", (20.0, "mg")),
        ("20 mg ½-0-½", (20.0, "mg")),
        ("5 mg 1 0 1", (10.0, "mg")),
        ("500 M-M-S", (1500.0, "mg")),
        ("10 mg matin et coucher", (20.0, "mg")),
        ("40 mg ½ cp le soir", (20.0, "mg")),
        ("20 : un demi le soir", (10.0, "mg")),
        ("75 (1 le midi)", (75.0, "mg")),
        ("40 : 1-0-0", (40.0, "mg")),
        ("1000 matin et soir", (2000.0, "mg")),
        ("40 mg : 1 cp le matin et 1/2 cp à midi", (60.0, "mg")),
        ("40 mg le matin et 20 mg le midi", (60.0, "mg")),
        ("14 mg/24 h 1/j", (14.0, "mg")),
        ("8000 UI/0,8 ml : 1 inj SC/j", (8000.0, "[IU]")),
        ("200 mg/5 ml : 5 ml x 3/j", (600.0, "mg")),
        ("1 mg/kg/j soit 60 mg/j", (60.0, "mg")),
        ("3 fois par jour, 500 mg", None),
        ("15 gouttes x 3/j", (45.0, "[drp]")),
        ("800/160 : 1 cp x 2/j", (2.0, "{tbl}")),
        ("1 g x3/j, 4 g max", (3.0, "g")),
        ("5x2, puis arrêt", (10.0, "mg")),
        ("500 mg x2, bien toléré", (1000.0, "mg")),
        ("4000 UI anti-Xa/0,4 mL sol inj - SC - 1 seringue par jour", (4000.0, "[IU]")),
        ("5 UI dans 500 mL", None),
        ("LP 0,4 le soir", (0.4, "mg")),
        ("21 mg/24h : 1 patch par jour", (21.0, "mg")),
        ("4 % : 10 gouttes matin et 20 gouttes le soir", (30.0, "[drp]")),
    ],
)
def test_the_dose_of_a_day(stretch: str, daily: tuple[float, str] | None) -> None:
    step = steps(stretch)[0]
    assert (step.daily, step.daily_unit) == (daily or (None, None))


@pytest.mark.parametrize(
    ("stretch", "daily"),
    [
        ("6-8-6 UI", 20.0),
        ("0-0-24 UI", 24.0),
        ("8 - 10 - 8 UI avant les repas", 26.0),
        ("16 UI à 22 h", 16.0),
        ("10 UI matin, 8 UI midi et 12 UI le soir", 30.0),
    ],
)
def test_units_of_insulin_in_a_day(stretch: str, daily: float) -> None:
    step = steps(stretch, INSULIN)[0]
    assert (step.daily, step.daily_unit) == (daily, "[IU]")


@pytest.mark.parametrize(
    "stretch",
    [
        "300 mg tous les 15 jours",
        "70 mg 1 fois/semaine le lundi",
        "40 mg un jour sur deux",
        "60 mg J1 J8 J15",
        "25 µg/h 1 patch/72h",
        "80 000 UI/ 3 mois",
        "1 g si douleur, max 4/j",
        "1 à 2 cp x 3/j",
        "1 g 1 à 3 fois par jour",
        "1 mg/h",
        "80 mg/kg/j",
        "2 g IV en 2 h",
        "2 g IV à 14h",
        "1 cp/2",
        "200 mg x 4 cycles",
    ],
)
def test_no_dose_of_a_day_is_guessed(stretch: str) -> None:
    assert steps(stretch)[0].daily is None


def test_an_interval_is_no_duration() -> None:
    step = steps("300 mg tous les 15 jours")[0]
    assert (step.duration, step.frequency) == (None, "tous les 15 jours")


@pytest.mark.parametrize(
    ("stretch", "duration"),
    [
        ("1 cp x 3/j pendant 7 jours", "P7D"),
        ("500 mg X 3 par jour x 10 jours", "P10D"),
        ("200 mg/j, 7 jours", "P7D"),
        ("20 mg le soir, 1 mois", "P1M"),
        ("5 mg depuis 3 mois", None),
        ("5 ans, arrêté", "P5Y"),
        ("1 g/j à J7", None),
    ],
)
def test_durations(stretch: str, duration: str | None) -> None:
    assert steps(stretch)[0].duration == duration


def test_a_treatment_in_steps() -> None:
    first, second = steps("20 mg : 2 cp le matin, 1 cp le midi pendant 7 jours puis 1 cp le matin")
    assert (first.daily, first.duration) == (60.0, "P7D")
    assert (second.daily, second.daily_unit, second.strength) == (20.0, "mg", "20 mg")


def test_steps_without_a_word_between() -> None:
    assert [step.daily for step in steps("30 mg/j 5 j, 20 mg/j 5 j puis 10 mg/j")] == [30.0, 20.0, 10.0]


def test_a_day_told_in_two_halves_is_one_step() -> None:
    assert [step.daily for step in steps("10 mg 2 cp le matin puis 1 cp le soir")] == [30.0]


def test_a_dose_worked_out_is_of_one_take_unless_it_says_a_day() -> None:
    step = steps("180 mg/m², soit 290 mg IV sur 90 min")[0]
    assert (step.dose, step.dose_unit, step.daily) == (290.0, "mg", None)


def test_a_weight_or_a_surface_makes_the_dose() -> None:
    child = Setting(weight=12.5)
    assert (steps("80 mg/kg/j en 3 prises", child)[0].daily, steps("80 mg/kg/j", child)[0].daily_unit) == (1000.0, "mg")
    assert steps("100 mg/m²/j", Setting(surface=1.7))[0].daily == 170.0


@pytest.mark.parametrize(
    ("stretch", "strength"),
    [
        ("24/26 mg 1-0-1", "24/26 mg"),
        ("1 g/125 mg : 1 cp x 3/j", "1 g/125 mg"),
        ("200/6 2 bouffées matin et soir", "200/6"),
        ("300 UI/mL : 18 UI SC à 22 h (majoré, 14 UI à l'entrée)", "300 UI/mL"),
        ("LP 150 mg 1 cp matin et soir", "150 mg"),
        ("75 1 le midi", "75 mg"),
        ("2,5 mg : 1 cp", "2.5 mg"),
    ],
)
def test_strengths(stretch: str, strength: str) -> None:
    assert steps(stretch)[0].strength == strength
