"""Concept ids: the few we know by evidence, and those of a vocabulary folder that the user brings.

Belongs here: from a source code to (source concept, standard concept), from a unit to its UCUM concept.
Does not belong here: guesses. A code that nothing maps gets concept 0 and keeps its source value.

`concepts.csv` states where each id was read. The vocabulary of Athena is a download of the user's own
(https://athena.ohdsi.org); LIMPIDE_VOCABULARY names its folder (limpide/warehouse/vocabulary.py
prepares it).
"""

from __future__ import annotations

import csv
import sqlite3
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

VERSION = "Limpide 0.1"  # of the concepts we ship

UNKNOWN = 0
MALE, FEMALE = 8507, 8532
EHR, NLP = 32817, 32858
EHR_PRESCRIPTION, EHR_DISPENSING, EHR_ADMINISTRATION, LAB = 32838, 32825, 32818, 32856
EHR_ENCOUNTER = 32827
UTF8, FRENCH, CDM_54 = 32678, 4180190, 756265
INPATIENT, OUTPATIENT, EMERGENCY = 9201, 9202, 9203
VISITS = {"IMP": INPATIENT, "AMB": OUTPATIENT, "EMER": EMERGENCY, "EXTERNE": OUTPATIENT, "SEANCE": OUTPATIENT}
GENDERS = {"M": MALE, "F": FEMALE}
OPERATORS = {"<=": 4171754, ">=": 4171755, "<": 4171756, "=": 4172703, ">": 4172704}
# Kind of note by LOINC document type: ids are EHR type concepts, 32831 (EHR note) for all others.
EHR_NOTE = 32831
NOTES = {"11490-0": 32824, "11526-1": 32835, "18748-4": 32841, "57833-6": EHR_PRESCRIPTION, "11502-2": LAB}


@dataclass(frozen=True, slots=True)
class Match:
    """What a source code is in OMOP: its own concept, the standard one, and the domain of the latter."""

    source: int = UNKNOWN
    standard: int = UNKNOWN
    domain: str | None = None


NOTHING = Match()


class Vocabulary:
    """Source code -> concepts. `index`: the file that vocabulary.py made of the user's vocabulary, if any."""

    def __init__(self, codes: dict[tuple[str, str], Match], units: dict[str, int], index: Path | None = None) -> None:
        self._codes, self._units = codes, units
        self._index = sqlite3.connect(f"file:{index}?mode=ro", uri=True) if index else None
        self._look = lru_cache(maxsize=65536)(self._looked)

    def find(self, system: str | None, code: str | None) -> Match:
        """The concepts of a code; NOTHING where nothing is known."""
        if not system or not code:
            return NOTHING
        vocabulary = systems().get(plain_system(system), (None, None))[1]
        return self._look(vocabulary, code) if vocabulary else NOTHING

    def unit(self, written: str | None) -> int | None:
        """The UCUM concept of a unit; None when no unit is written, 0 when it is not known."""
        if not written:
            return None
        ucum = synonyms().get(written.strip(), written.strip())
        return self._units.get(ucum) or self._look("UCUM", ucum).standard

    def _looked(self, vocabulary: str, code: str) -> Match:
        for spelling in _spellings(vocabulary, code):
            if self._index:
                row = self._index.execute(
                    "SELECT source, standard, domain FROM codes WHERE vocabulary = ? AND code = ?",
                    (vocabulary, spelling),
                ).fetchone()
                if row:
                    return Match(row[0], row[1] or UNKNOWN, row[2])
            if found := self._codes.get((vocabulary, spelling)):
                return found
        return NOTHING


def _spellings(vocabulary: str, code: str) -> list[str]:
    """A code as written; and, for CIM-10 written without its dot (E119, as PMSI does), with it."""
    if vocabulary == "CIM10" and len(code) > 3 and "." not in code:
        return [code, f"{code[:3]}.{code[3:]}"]
    return [code]


def plain_system(system: str) -> str:
    """An OID without its urn prefix; anything else as it is."""
    return system.removeprefix("urn:oid:").strip()


@lru_cache(maxsize=4096)
def vocabulary_of(system: str | None) -> str | None:
    """The name of a code system ('CIM-10', 'LOINC'...); None when it is not one we know."""
    return systems().get(plain_system(system), (None, None))[0] if system else None


@cache
def systems() -> dict[str, tuple[str | None, str | None]]:
    """System as written -> (our name, Athena's vocabulary id)."""
    return {r["system"]: (r["vocabulary"], r["athena"] or None) for r in _rows("systems.tsv")}


@cache
def synonyms() -> dict[str, str]:
    """Unit as French laboratories write it -> UCUM."""
    return {r["written"]: r["ucum"] for r in _rows("units.tsv")}


@cache
def known() -> list[dict[str, str]]:
    """The concepts shipped, with their evidence."""
    with (HERE / "concepts.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def opened(index: Path | None = None) -> Vocabulary:
    """The vocabulary: LOINC measurements and UCUM units known by evidence, and what the user brought."""
    codes: dict[tuple[str, str], Match] = {}
    units: dict[str, int] = {}
    for row in known():
        number, code = int(row["concept_id"]), row["concept_code"]
        if row["vocabulary_id"] == "UCUM":
            units[code] = number
        elif row["vocabulary_id"] == "LOINC" and row["standard_concept"] == "S":
            codes["LOINC", code] = Match(number, number, row["domain_id"])
    return Vocabulary(codes, units, index)


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


def vocabulary_tables() -> dict[str, list[dict[str, Any]]]:
    """Rows of the vocabulary tables that make every concept we use joinable."""
    from datetime import date

    first, last = date(1970, 1, 1), date(2099, 12, 31)
    concepts: list[dict[str, Any]] = [
        {
            **{k: row[k] for k in ("concept_name", "domain_id", "vocabulary_id", "concept_class_id", "concept_code")},
            "concept_id": int(row["concept_id"]),
            "concept_name": row["concept_name"][:255],
            "standard_concept": row["standard_concept"] or None,
            "valid_start_date": first,
            "valid_end_date": last,
        }
        for row in known()
    ]
    domains = {row["concept_name"].removeprefix("Domain: "): int(row["concept_id"]) for row in known()
               if row["vocabulary_id"] == "Domain"}  # fmt: skip
    relations = {"Maps to": ("Mapped from", 44818977), "Mapped from": ("Maps to", 44818976)}
    standard = [c["concept_id"] for c in concepts if c["standard_concept"] == "S"]
    return {
        "concept": concepts,
        "vocabulary": [
            {
                "vocabulary_id": v,
                "vocabulary_name": v,
                "vocabulary_version": VERSION,
                "vocabulary_concept_id": 0,
            }
            for v in sorted({c["vocabulary_id"] for c in concepts})
        ],
        "domain": [
            {"domain_id": d, "domain_name": d, "domain_concept_id": domains.get(d, 0)}
            for d in sorted({c["domain_id"] for c in concepts} | set(domains))
        ],
        "concept_class": [
            {"concept_class_id": c, "concept_class_name": c, "concept_class_concept_id": 0}
            for c in sorted({c["concept_class_id"] for c in concepts})
        ],
        "relationship": [
            {
                "relationship_id": name,
                "relationship_name": name,
                "is_hierarchical": "0",
                "defines_ancestry": "0",
                "reverse_relationship_id": reverse,
                "relationship_concept_id": number,
            }
            for name, (reverse, number) in sorted(relations.items())
        ],
        "concept_relationship": [
            {
                "concept_id_1": number,
                "concept_id_2": number,
                "relationship_id": name,
                "valid_start_date": first,
                "valid_end_date": last,
            }
            for number in standard
            for name in sorted(relations)
        ],
    }
