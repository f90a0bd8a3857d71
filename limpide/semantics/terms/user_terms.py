"""The terminologies that a team adds: from its files to TSV of the lexicon's own shape, in a folder of its own.

Belongs here: the folder, reading CSV (of the ANS, Orphanet, HPO, a hospital's own) and Athena exports, adding, listing.
Does not belong here: compiling and matching (terminology.py, matcher.py). Nothing is downloaded.

A term in the system that a kind is coded in (CIM-10 for conditions, ATC for drugs) stands above ours; a term in another
system gives its code beside ours to what both name, and its own to what only it names.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from limpide.document import Kind
from limpide.french.tokens import fold

Form = Literal["csv", "athena"]
HEADER = ("term", "code", "system", "kind", "note")
_CODE = ("code", "concept_code", "conceptcode", "orphacode", "orpha_code", "hpo_id", "id", "notation")
_TERM = ("term", "label", "libelle", "libelle_long", "libelle_court", "terme", "nom", "name", "concept_name",
         "preflabel", "synonyme", "synonym", "altlabel", "designation")  # fmt: skip
_ATHENA = {
    "CIM-10": ("ICD10", "ICD10CM", "CIM10"),
    "SNOMED CT": ("SNOMED",),
    "ATC": ("ATC",),
    "LOINC": ("LOINC",),
    "HPO": ("HPO",),
    "Orphanet": ("Orphanet", "ORDO"),
}
csv.field_size_limit(1 << 20)


class UnreadableTerminology(ValueError):
    """A file that holds no terms that can be read; the message, in French, says which column is missing."""


@dataclass(frozen=True, slots=True)
class Added:
    """One terminology of the folder: its file, system, kind, and number of terms."""

    path: Path
    system: str
    kind: str
    terms: int


def folder() -> Path:
    """Where the user's terminologies are: $LIMPIDE_TERMINOLOGIES, else ./terminologies."""
    return Path(os.environ.get("LIMPIDE_TERMINOLOGIES") or "terminologies")


def files() -> list[Path]:
    """The TSV files of the folder, sorted; none when there is no folder."""
    return sorted(folder().glob("*.tsv"))


def add(file: Path, system: str, kind: str, form: Form = "csv") -> Added:
    """Store the terms of `file` in the folder, in place of those that a file of the same name gave before.

    Raises UnreadableTerminology when a column is missing or no term is left, ValueError for an unknown kind.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"unknown kind {kind!r}")
    pairs = dict.fromkeys(_athena(file, system) if form == "athena" else _columns(file))
    rows = [(term, code) for term, code in pairs if term.strip("=~ ")]
    if not rows:
        raise UnreadableTerminology(f"{file.name} : aucun terme pour {system}")
    name = "-".join(re.sub(r"[^a-z0-9]+", "-", fold(part)).strip("-") for part in (system, kind, file.stem))
    target = folder() / f"{name}.tsv"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as out:
        out.write("\t".join(HEADER) + "\n")
        out.writelines(f"{term}\t{code}\t{system}\t{kind}\t{file.name}\n" for term, code in rows)
    part.replace(target)
    return Added(target, system, kind, len(rows))


def listed() -> Iterator[Added]:
    """What the folder holds, one a file."""
    for path in files():
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            first, count = next(rows, None), 0
            count = sum(1 for _ in rows) + (first is not None)
        if first is not None:
            yield Added(path, first.get("system") or "", first.get("kind") or "", count)


def _text(file: Path) -> str:
    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _columns(file: Path) -> Iterator[tuple[str, str]]:
    """(term, code) of a table whose header names its columns; every label column gives a term."""
    lines = _text(file).splitlines()
    if not lines:
        raise UnreadableTerminology(f"{file.name} : fichier vide")
    mark = max(";\t,|", key=lines[0].count)
    rows = csv.DictReader(lines, delimiter=mark)
    names = {name: re.sub(r"[\s-]+", "_", fold(name).strip()) for name in rows.fieldnames or () if name}
    code = next((name for wanted in _CODE for name, plain in names.items() if plain == wanted), None)
    labels = [name for name, plain in names.items() if plain in _TERM]
    if code is None or not labels:
        missing = "code" if code is None else "libelle"
        raise UnreadableTerminology(f"{file.name} : aucune colonne « {missing} » parmi {', '.join(names)}")
    for row in rows:
        for label in labels:
            # several names in a cell are set apart by a bar, as in our own lexicon
            for term in (row[label] or "").split("|"):
                if term.strip() and (row[code] or "").strip():
                    yield " ".join(term.split()), " ".join((row[code] or "").split())


def _athena(file: Path, system: str) -> Iterator[tuple[str, str]]:
    """(name, code) of the valid concepts of one vocabulary in CONCEPT.csv, and of CONCEPT_SYNONYM.csv beside it."""
    wanted = _ATHENA.get(system, (system,))
    codes: dict[str, str] = {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        absent = {"concept_id", "concept_name", "vocabulary_id", "concept_code"} - set(rows.fieldnames or ())
        if absent:
            raise UnreadableTerminology(f"{file.name} : colonnes absentes d'un export Athena : {', '.join(absent)}")
        for row in rows:
            if row["vocabulary_id"] in wanted and not row.get("invalid_reason"):
                codes[row["concept_id"]] = row["concept_code"]
                yield " ".join(row["concept_name"].split()), row["concept_code"]
    synonyms = file.with_name("CONCEPT_SYNONYM.csv")
    if synonyms.is_file():
        with synonyms.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["concept_id"] in codes:
                    yield " ".join(row["concept_synonym_name"].split()), codes[row["concept_id"]]
