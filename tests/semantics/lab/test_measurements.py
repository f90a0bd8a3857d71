"""Measurements: what sentences and laboratory rows give, exactly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Fact
from limpide.french.phrases import read_table
from limpide.french.tokens import tokenise
from limpide.french.units import convert, parse_unit
from limpide.semantics.lab.analytes import analyte_table
from limpide.semantics.lab.measurements import find_measurements


def found(text: str) -> list[Fact]:
    return find_measurements(tokenise(text), [])


def brief(text: str) -> list[tuple[str | None, float | None, str | None]]:
    return [(fact.code, fact.value, fact.unit) for fact in found(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HbA1c à 8,2 %", [("4548-4", 8.2, "%")]),
        ("créat 92 µmol/L", [("14682-9", 92.0, "umol/L")]),
        ("Hb 12,3 g/dL", [("718-7", 12.3, "g/dL")]),
        ("plaquettes à 245 000/mm3", [("777-3", 245000.0, "/mm3")]),
        ("Leucocytes 8,2 G/L", [("6690-2", 8.2, "10*9/L")]),
        ("TA 14/8", [("8480-6", 140.0, "mm[Hg]"), ("8462-4", 80.0, "mm[Hg]")]),
        ("PA à 110/70 mmHg", [("8480-6", 110.0, "mm[Hg]"), ("8462-4", 70.0, "mm[Hg]")]),
        ("Température 38°5", [("8310-5", 38.5, "Cel")]),
        ("Température à 39", [("8310-5", 39.0, "Cel")]),
        ("fièvre à 39°", [("8310-5", 39.0, "Cel")]),
        ("FC à 87 bpm", [("8867-4", 87.0, "/min")]),
        (
            "poids 72 kg, taille 1m75, IMC 23,5",
            [("29463-7", 72.0, "kg"), ("8302-2", 1.75, "m"), ("39156-5", 23.5, "kg/m2")],
        ),
        ("natrémie à 138", [("2951-2", 138.0, "mmol/L")]),
        ("hyperkaliémie à 6,2 mmol/L", [("2823-3", 6.2, "mmol/L")]),
        ("Protéinurie 1,2 g/24h", [("2889-4", 1.2, "g/(24.h)")]),
    ],
)
def test_values_in_sentences(text: str, expected: list[tuple[str, float, str | None]]) -> None:
    assert brief(text) == expected


@pytest.mark.parametrize(
    "text",
    ["Potassium 600 mg le matin", "Fer 80 mg/j", "thrombopénie sévère", "lésion de taille 25 mm", "anémie ferriprive"],
)
def test_drugs_lesions_and_diseases_are_not_measured(text: str) -> None:
    assert found(text) == []


def test_what_was_written_is_kept() -> None:
    fact = found("CRP < 5 mg/L")[0]
    assert (fact.comparator, fact.value, fact.value_text) == ("<", 5.0, "< 5 mg/L")


def test_without_a_unit_two_plausible_codes_are_candidates_and_none_is_chosen() -> None:
    fact = found("Créatinine 25")[0]
    assert (fact.code, fact.unit, sorted(c.code for c in fact.candidates)) == (None, None, ["14682-9", "2160-0"])


def test_a_unit_that_was_not_written_is_told_by_the_rule_and_the_confidence() -> None:
    fact = found("Créatinine 92")[0]
    assert (fact.code, fact.unit, fact.rule) == ("14682-9", "umol/L", "measurement:usual_unit")
    assert fact.value_text == "92"
    assert fact.confidence is not None and fact.confidence < 0.8


def test_two_names_and_their_two_values() -> None:
    assert brief("ASAT/ALAT 45/78 UI/L") == [("1920-8", 45.0, "[IU]/L"), ("1742-6", 78.0, "[IU]/L")]


def test_the_unit_of_a_series_is_told_by_the_rule() -> None:
    first, second = found("CRP 180 mg/L puis 45")
    assert (first.rule, second.rule, second.unit) == ("measurement", "measurement:unit_of_the_series", "mg/L")


def test_a_previous_value_is_apart() -> None:
    facts = found("HbA1c 7,1 % contre 8,5 % en mars")
    assert [(fact.value, fact.prior) for fact in facts] == [(7.1, False), (8.5, True)]


ROWS = (
    "Prélevé le 12/03/2024 à 08:15\n"
    "BIOCHIMIE\n"
    "Examen\tRésultat\tUnité\tValeurs de référence\t\tAntériorités 10/01/2024\n"
    "Potassium\t5,6\tmmol/L\t3,5 - 5,1\tH\t4,2\n"
    "URINES\n"
    "Leucocytes\t12000\t/mL\t< 10000\n"
    "Nitrites\tPositif\n"
)


def test_a_row_gives_range_flag_time_and_the_previous_result() -> None:
    now, before = (fact for fact in found(ROWS) if fact.code == "2823-3")
    assert (now.value, now.unit, now.range_low, now.range_high, now.flag) == (5.6, "mmol/L", 3.5, 5.1, "H")
    assert (now.time_start, now.prior) == ("2024-03-12T08:15", False)
    assert (before.value, before.unit, before.time_start, before.prior) == (4.2, "mmol/L", "2024-01-10", True)


def test_the_heading_tells_the_specimen() -> None:
    codes = {fact.display: fact.code for fact in found(ROWS)}
    assert (codes["Leucocytes"], codes["Nitrites"]) == ("30405-5", "5802-4")


def test_a_row_set_apart_by_spaces_and_told_in_two_units() -> None:
    facts = found("Glucose à jeun   5,2 mmol/L   (3,9 - 5,5)   0,94 g/L   (0,70 - 1,00)\n")
    assert [(f.code, f.value, f.range_low, f.prior) for f in facts] == [
        ("40193-5", 5.2, 3.9, False),
        ("53049-3", 0.94, 0.7, False),
    ]


def test_the_unit_may_stand_in_the_name_and_a_letter_be_missing() -> None:
    facts = found("Polynuclaires éosinophiles (%)\t2\t1 à 3\n")
    assert [(f.code, f.value, f.unit, f.range_high) for f in facts] == [("26450-7", 2.0, "%", 3.0)]


def test_headings_that_lost_the_cell_above_the_names_are_one_column_further() -> None:
    table = "Méthode\t04/01/2024 13:19\tValeurs de référence\nAlbumine (g/L)\tElectrophorèse\t45,0\t36,00 à 48,00\n"
    facts = found(f"Electrophorèse des protéines sériques\n{table}Gamma (g/L)\tElectrophorèse\t11,3\n")
    assert [(f.code, f.value, f.range_low, f.prior) for f in facts] == [
        ("2862-1", 45.0, 36.0, False),
        ("2874-6", 11.3, None, False),
    ]


def test_a_row_with_fewer_cells_than_its_headings_is_read_by_what_it_holds() -> None:
    table = "04/01/2024\tValeurs de référence\tInterprétation\t12/09/2020\nPlaquettes (10*9/L)\t220\t210\n"
    assert [(f.value, f.prior, f.time_start) for f in found(table)] == [
        (220.0, False, "2024-01-04"),
        (210.0, True, "2020-09-12"),
    ]


def test_a_name_goes_on_below_its_row() -> None:
    rows = "Teneur corpusculaire moyenne en\t31.0\t27 à 31\t32.5\nhémoglobine (pg)\nVGM (fL)\t97\nsous traitement\n"
    facts = found(rows)
    assert [(f.code, f.value, f.unit, f.prior) for f in facts] == [
        ("28539-5", 31.0, "pg", False),
        ("28539-5", 32.5, "pg", True),
        ("30428-7", 97.0, "fL", False),
    ]
    assert facts[0].text is not None and facts[0].text.endswith("(pg)")


def test_a_censored_result_is_no_range_and_its_unit_may_stand_in_brackets() -> None:
    facts = found("Antibiogramme\nGentamicine\t<0,014 (µg/ml)\tS\nCRP\t<1,0\tmg/l\t(< 5,0)\n")
    assert [(f.code, f.comparator, f.value, f.unit, f.flag, f.range_high) for f in facts] == [
        ("18928-2", "<", 0.014, "ug/mL", "S", None),
        ("1988-5", "<", 1.0, "mg/L", None, 5.0),
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("ASAT\t45\tUI/L\t10 - 50", "1920-8"),
        ("ASAT\t45\tUI/L\t10 - 50\n...(IFCC avec P5P)", "30239-8"),
        ("VGM (fL)\t97\t85 - 95", "30428-7"),
        ("VGM (comptage automate) (fL)\t97\t85 - 95", "787-2"),
        ("Gentamicine - CMI\t<0,014 µg/ml\tS", "267-5"),
    ],
)
def test_a_method_that_is_told_chooses_the_code_and_the_others_are_candidates(row: str, code: str) -> None:
    fact = found(f"Antibiogramme\n{row}\n" if "CMI" in row else f"{row}\n")[0]
    assert fact.code == code and code in [candidate.code for candidate in fact.candidates]


def test_an_unknown_name_keeps_its_value_without_a_code() -> None:
    fact = found("Analyte rarissime\t12,3\tmg/L\t2 - 5\n")[0]
    assert (fact.display, fact.code, fact.value, fact.unit) == ("Analyte rarissime", None, 12.3, "mg/L")


def test_every_biology_and_examination_item_of_the_socle_commun(shared: Path) -> None:
    """Items 3.* and 5.a.* are named in the table by one of the words of their label."""
    names = "urée créatinine dfg leucocytes hémoglobine hématocrite hématies vgm plaquettes pnn lymphocytes"
    names += " éosinophiles monocytes tp tca asat alat ggt pal bilirubine glycémie hba1c taille poids pas pad"
    for name in [*names.split(), "bilirubine conjuguée", "glycémie à jeun"]:
        assert analyte_table().at(tokenise(name).form, 0), name
    assert (shared / "socle-commun.csv").exists()


def _codes() -> list[str]:
    cells = [item.split("=", 1)[1].split("@")[0] for row in read_table("analytes") for item in row["codes"].split()]
    return sorted({code.partition("#")[0].lstrip("=") for cell in cells for code in cell.split("~") if code != "?"})


def test_every_loinc_code_has_its_check_digit() -> None:
    def check_digit(number: str) -> int:
        total = 0
        for place, digit in enumerate(reversed(number)):
            doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
            total += doubled // 10 + doubled % 10
        return -total % 10

    assert [code for code in _codes() if check_digit(code.split("-")[0]) != int(code.split("-")[1])] == []
    assert len(_codes()) > 280


def test_every_unit_of_the_table_is_a_unit() -> None:
    units = {item.split("=")[0] for row in read_table("analytes") for item in row["codes"].split()}
    special = {"text", "germ", "{none}", "{ratio}", "10*6/L", "{copies}/mL"}
    assert [unit for unit in sorted(units - special) if parse_unit(unit) is None and not re.match(r"\[|\{", unit)] == []


@given(st.floats(min_value=0.001, max_value=1e6), st.sampled_from([("g/L", "mg/dL"), ("mmol/L", "umol/L")]))
def test_conversion_is_reversible(value: float, units: tuple[str, str]) -> None:
    there = convert(value, *units)
    assert there is not None
    assert convert(there, units[1], units[0]) == pytest.approx(value)


def test_no_conversion_between_properties() -> None:
    assert convert(1.0, "g/L", "mmol/L") is None


@given(st.text(max_size=200))
def test_any_text_is_read_without_error(text: str) -> None:
    for fact in found(text):
        assert 0 <= (fact.start or 0) < (fact.end or 0) <= len(text)
