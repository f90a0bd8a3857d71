"""What a person's sex or age forbids: a pregnancy in a man, a prematurity in an adult.

Belongs here: the table of impossible.tsv and its one question. Does not belong here: what is rare (quality checks),
other reasons not to publish (mapping.py).

Only what was read in a text is judged: what a source coded is kept as it is, and shown by the checks of the night.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from limpide.document import Fact, Patient


@dataclass(frozen=True, slots=True)
class _Rule:
    first: str
    last: str
    sex: str
    least: int | None
    greatest: int | None


@cache
def _rules() -> tuple[_Rule, ...]:
    with Path(__file__).with_name("impossible.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
        return tuple(
            _Rule(row["first"], row["last"], row["sex"] or "", _years(row["least"]), _years(row["greatest"]))
            for row in rows
        )


def _years(written: str | None) -> int | None:
    return int(written) if written else None


def reason_impossible(fact: Fact, patient: Patient, day: date) -> str | None:
    """'impossible_sex' or 'impossible_age' for a condition of the text that the patient cannot have on `day`."""
    if fact.origin != "nlp" or fact.kind != "condition" or fact.family or not fact.code or fact.system != "CIM-10":
        return None
    for rule in _rules():
        code = fact.code if "." in rule.first else fact.code[:3]
        if not rule.first <= code <= rule.last:
            continue
        if rule.sex and patient.sex in ("F", "M") and patient.sex != rule.sex:
            return "impossible_sex"
        if _out_of_age(rule, patient.birth_date, day):
            return "impossible_age"
    return None


def _out_of_age(rule: _Rule, born: str | None, day: date) -> bool:
    """Whether the age is out of bounds whatever the day of birth, which is not known here."""
    if not born or not born[:4].isdigit():
        return False
    years = day.year - int(born[:4])
    return (rule.least is not None and years < rule.least) or (rule.greatest is not None and years - 1 > rule.greatest)
