"""HPRIM: results of a laboratory in Santé 2.4 and in Médecins 3.0.

Belongs here: segments and lines. Does not belong here: which results.
"""

from __future__ import annotations

from limpide.synth.cases import Case, Result, measured
from limpide.synth.history import flag as judged

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "~": "\\S\\", "&": "\\T\\", "^": "\\R\\"}


def _text(value: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in value)


def sante(case: Case, results: list[Result]) -> str:
    """An ORU of HPRIM Santé, one OBX a result; codes are LOINC."""
    patient, day = case.patient, f"{case.day:%Y%m%d}"
    given = patient.given[0].upper()
    names = f"{_text(patient.used.upper())}~{_text(given)}|{_text(patient.family.upper())}|{patient.birth:%Y%m%d}"
    lines = [
        f"H|~^\\&|{day}.HPR||{case.site.finess}~{_text(case.site.name)}||ORU|||EDS~EDS||P|H2.4~C|{day}0800",
        f"P|1|{patient.ipp}||{case.stay.number}|{names}|{patient.sex}||{_text(patient.street)}",
        f"OBR|1||~{day}|BIO~Biologie~L|R||{day}0735",
    ]
    for number, result in enumerate(results, 1):
        test = result.test
        shown, _, sign = measured(test, result.value)
        value = f"{sign or ''}{shown.replace(',', '.')}"
        lines.append(
            f"OBX|{number}|NM|{test.loinc}~{_text(test.label)}~LN||{value}|{_text(test.unit)}|{_span(result)}"
            f"|{judged(test, result.value)}|||F|||{day}0735"
        )
    return "\r".join([*lines, "L|1|", ""])


def _span(result: Result) -> str:
    test = result.test
    if test.low is not None and test.high is not None:
        return f"{test.low:g}-{test.high:g}"
    return f"<{test.high:g}" if test.high is not None else f">{test.low:g}" if test.low is not None else ""


def medecins(case: Case, results: list[Result], report: list[str]) -> str:
    """Twelve lines, the report, then the results as RES."""
    patient = case.patient
    head = [
        patient.ipp, patient.used.upper(), patient.given[0].upper(), patient.street, "",
        f"{patient.commune.postal} {patient.commune.city}", f"{patient.birth:%d/%m/%Y}", "", case.stay.number,
        f"{case.day:%d/%m/%Y}", f"1 {case.site.name}", "2 Dr EXEMPLE",
    ]  # fmt: skip
    lines = [*head, "", *report, "****LAB****"]
    for result in results:
        test = result.test
        shown, _, sign = measured(test, result.value)
        low, high = ("" if bound is None else f"{bound:g}" for bound in (test.low, test.high))
        value = f"{sign or ''}{shown}"
        flag = judged(test, result.value)
        lines.append(f"RES|{test.name}|{test.loinc}|N|{value}|{test.unit}|{low}|{high}|{flag}|F||||")
    return "\r\n".join([*lines, "****FIN****", "****FINFICHIER****", ""])
