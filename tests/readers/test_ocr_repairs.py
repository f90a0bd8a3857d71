"""What OCR cannot spell is put right; what is merely doubtful is not."""

from __future__ import annotations

import pytest

from limpide.readers.ocr_repairs import repaired, unit


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("umol/L", "µmol/L"),
        ("pg/L", "µg/L"),
        ("UVL", "UI/L"),
        ("gL", "g/L"),
        ("mg/l", "mg/L"),
        ("m2", "m²"),
        ("$", "%"),
        ("pg/mL", "pg/mL"),  # a unit as it stands, though µg/mL resembles it
        ("pmol/L", "pmol/L"),
        ("H", None),
        ("comprimés", None),
    ],
)
def test_a_word_that_resembles_one_unit_is_that_unit(read: str, meant: str | None) -> None:
    assert unit(read) == meant


def test_units_are_put_right_only_after_a_number() -> None:
    assert repaired(["Ferritine", "199", "pg/L"]) == [("Ferritine", False), ("199", False), ("µg/L", True)]
    assert repaired(["le", "gL", "m2"]) == [("le", False), ("gL", False), ("m2", False)]


def test_decimal_commas_and_a_lone_bar() -> None:
    assert repaired(["Troponine", "|", "3;5"]) == [("Troponine", False), ("I", True), ("3,5", True)]
    assert repaired(["un;", "2;", "trois"]) == [("un;", False), ("2;", False), ("trois", False)]


def test_the_surface_of_a_clearance_takes_its_square() -> None:
    assert repaired(["132", "mL/min/1,73", "m2"])[-1] == ("m²", True)


def test_a_unit_that_may_have_lost_its_mu_is_kept_and_marked() -> None:
    assert repaired(["50", "pmol/L"]) == [("50", False), ("pmol/L", True)]


def test_creatinine_is_never_given_in_picomoles() -> None:
    assert repaired(["Créatinine", "50", "pmol/L"])[-1] == ("µmol/L", True)
    assert repaired(["T4", "libre", "12", "pmol/L"])[-1] == ("pmol/L", True)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        (["5", "—-55"], ["5", "-55"]),
        (["4,0--6,0"], ["4,0-6,0"]),
        (["59", "—", "104"], ["59", "-", "104"]),
        (["90", "-,120"], ["90", "-120"]),
        (["—", "fièvre"], ["—", "fièvre"]),
        (["12-03-2024"], ["12-03-2024"]),
        (["-0,5"], ["-0,5"]),
    ],
)
def test_the_hyphen_of_a_range_is_one_hyphen(read: list[str], meant: list[str]) -> None:
    assert [word for word, _ in repaired(read)] == meant


def test_glycated_haemoglobin_and_the_surface_of_a_body_are_spelled() -> None:
    assert repaired(["Hémoglobine", "Alc"])[-1] == ("A1c", True)
    assert repaired(["HbAlc"])[-1] == ("HbA1c", True)
    assert repaired(["132", "mL/min/1,73", "m?"])[-1] == ("m²", True)


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        (["0,68", "*", "gL"], "g/L"),  # a flag between value and unit
        (["8,74", "GJ/L"], "G/L"),
        (["1,27", "gl"], "g/L"),
        (["388", "pug/L"], "µg/L"),
        (["Ferritine", "242", "g/L"], "µg/L"),  # never given in grams: its first letter was lost
        (["167", "ml/min/1,73m2"], "mL/min/1,73m²"),
        ([">", ">150"], "150"),
        (["4,0", "-", "-6,0"], "6,0"),
    ],
)
def test_units_behind_flags_lost_first_letters_and_signs_read_twice(read: list[str], meant: str) -> None:
    assert repaired(read)[-1] == (meant, True)


def test_a_clearance_whose_square_was_read_twice_has_it_once() -> None:
    assert [word for word, _ in repaired(["88", "mL/min/1,73m2", "m2"])] == ["88", "mL/min/1,73", "m²"]


def test_a_negative_bound_is_no_hyphen_read_twice() -> None:
    assert repaired(["-2,0", "à", "-1,0"])[-1] == ("-1,0", False)
