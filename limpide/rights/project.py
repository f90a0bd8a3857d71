"""A project's request: what it is for, who approved it, until when, and what it may see. YAML, declarative, no SQL.

Belongs here: reading and refusing. Does not belong here: extracting (extract.py), counting (aggregates.py).

    project: diabete-cardio            # a short name
    kind: recherche                    # a purpose of the closed list (purposes.tsv), which names the forbidden ones too
    purpose: Étude des complications…  # refused without purpose, approval, opinion, ends, or once past
    approval: CSE 2026-014
    opinion: {body: CESREES, reference: 2026-118, date: 2026-03-02}
    ends: 2027-12-31
    tables: {person: [person_id, year_of_birth], condition_occurrence: [condition_source_value, condition_start_date]}
    population:                        # all must hold; each asks for one row at least (or none, with `not: true`)
      - {table: person, where: {year_of_birth: {at_least: 1930, at_most: 1980}}}
      - {table: condition_occurrence, where: {condition_source_value: {starts_with: E11}}}
    period: {from: 2025-01-01, to: 2026-12-31}
    shift_dates: true                  # each person's dates moved by a constant of this project
    genetic: true                      # it holds genetic data: pseudonyms under the vault's other class of keys
    small_cells: 11
    aggregates:
      - {name: par-sexe, table: condition_occurrence, by: [gender_concept_id]}
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from limpide.omop.schema import Table, tables

K = 11
LEAST_K = 5
DIMENSIONS = 3

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
_KEYS = {
    "project", "kind", "purpose", "approval", "opinion", "ends", "tables", "population", "period", "shift_dates",
    "genetic", "small_cells",
    "aggregates",
}  # fmt: skip
# Hashes and ids of documents tell the same document to two projects; a target id is of another table each time.
REFUSED = {"sha256", "container_sha256", "document_id", "set_id", "replaces", "target_id"}
# Text says dates that no shift reaches.
WITH_DATES = {
    "note_text",
    "snippet",
    "lexical_variant",
    "text",
    "value_text",
    "effective_time",
    "time_start",
    "time_end",
}


# Columns that tell one person, document or author: a population that names some is a look-up, not a population.
NAMING = {
    "person_id", "note_id", "visit_occurrence_id", "visit_detail_id", "provider_id", "unique_device_id", "note_text",
    "value_text", "text", "snippet", "lexical_variant",
}  # fmt: skip
NAMES_OF_TABLES = {
    ("person", "person_source_value"),
    ("provider", "provider_source_value"),
    ("note", "note_source_value"),
}
_OPINION = {"body", "reference", "date"}


class Refusal(ValueError):
    """The request is not one that may be answered; the message says why, in French: its author reads it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What one column must satisfy: one of `among`, `starts`, or bounds. Values are bound, never written into SQL."""

    column: str
    among: tuple[Any, ...] | None = None
    starts: str | None = None
    least: Any = None
    most: Any = None

    def sql(self) -> tuple[str, list[Any]]:
        """A condition with placeholders, and its values."""
        name, parts, values = f'"{self.column}"', [], []
        if self.among is not None:
            parts.append(f"{name} IN ({', '.join('?' * len(self.among))})")
            values += list(self.among)
        if self.starts is not None:
            parts.append(f"starts_with(CAST({name} AS VARCHAR), ?)")
            values.append(self.starts)
        for bound, sign in ((self.least, ">="), (self.most, "<=")):
            if bound is not None:
                parts.append(f"{name} {sign} ?")
                values.append(bound)
        return " AND ".join(parts), values


@dataclass(frozen=True, slots=True)
class Criterion:
    """A person belongs when some row of `table` satisfies every condition (or none does, when `absent`)."""

    table: str
    where: tuple[Condition, ...]
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Persons counted by one to three columns of a table, or of person."""

    name: str
    table: str
    by: tuple[str, ...]
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whose opinion stands beside the approval: the body that gave it, its reference, its day."""

    body: str
    reference: str
    date: date


@dataclass(frozen=True, slots=True)
class PurposeKind:
    """One line of the closed list. `words`: what betrays it in a free text."""

    name: str
    french: str
    allowed: bool
    words: re.Pattern[str] | None
    law: str


@cache
def purposes() -> dict[str, PurposeKind]:
    """The closed list, the forbidden ones included."""
    with Path(__file__).with_name("purposes.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return {
        row["kind"]: PurposeKind(
            row["kind"], row["french"], row["allowed"] == "oui",
            re.compile(row["words"], re.IGNORECASE) if row["words"] else None, row["law"],
        )
        for row in rows
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Project:
    """A request that may be answered."""

    name: str
    purpose: str
    approval: str
    ends: date
    kind: str = "recherche"
    opinion: Opinion | None = None
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    population: tuple[Criterion, ...] = ()
    begin: date | None = None
    end: date | None = None
    shift_dates: bool = False
    genetic: bool = False
    small_cells: int = K
    aggregates: tuple[Aggregate, ...] = ()


def load_project(path: Path, today: date) -> Project:
    """A request from its file. Raises Refusal."""
    import yaml

    try:
        said = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise Refusal("le fichier n'est pas du YAML lisible") from None
    if not isinstance(said, dict):
        raise Refusal("le fichier ne décrit pas un projet")
    return read_project(said, today)


def read_project(said: dict[str, Any], today: date) -> Project:
    """A request from its content. Raises Refusal."""
    _known(said, _KEYS, "le projet")
    for name, french in (("project", "nom"), ("purpose", "finalité"), ("approval", "référence d'autorisation")):
        if not isinstance(said.get(name), str) or not said[name].strip():
            raise Refusal(f"pas de {french} ({name})")
    kind, opinion = _kind(said), _opinion(said.get("opinion"), today)
    if not _NAME.fullmatch(said["project"]):
        raise Refusal("le nom du projet s'écrit en minuscules, chiffres et tirets")
    ends = said.get("ends")
    if type(ends) is not date:
        raise Refusal("pas de date de fin (ends)")
    if ends < today:
        raise Refusal(f"le projet est terminé depuis le {ends.strftime('%d/%m/%Y')}")
    shift, genetic = said.get("shift_dates", False), said.get("genetic", False)
    if not isinstance(genetic, bool):
        raise Refusal("genetic est vrai ou faux")
    small = said.get("small_cells", K)
    if not isinstance(shift, bool) or type(small) is not int or small < LEAST_K:
        raise Refusal(f"shift_dates est vrai ou faux, small_cells un entier d'au moins {LEAST_K}")
    period = said.get("period") or {}
    _known(period, {"from", "to"}, "la période")
    if any(type(day) is not date for day in period.values()):
        raise Refusal("la période s'écrit avec des dates")
    return Project(
        name=said["project"],
        purpose=said["purpose"].strip(),
        approval=said["approval"].strip(),
        ends=ends,
        kind=kind,
        opinion=opinion,
        tables={name: _columns(name, columns, shift) for name, columns in (said.get("tables") or {}).items()},
        population=tuple(_criterion(one) for one in said.get("population") or ()),
        begin=period.get("from"),
        end=period.get("to"),
        shift_dates=shift,
        genetic=genetic,
        small_cells=small,
        aggregates=tuple(_aggregate(one) for one in said.get("aggregates") or ()),
    )


def _kind(said: dict[str, Any]) -> str:
    """The kind of purpose. Raises Refusal for one that is not on the list, or that the law forbids."""
    known = purposes().get(str(said.get("kind", "")))
    if known is None:
        allowed = ", ".join(kind.name for kind in purposes().values() if kind.allowed)
        raise Refusal(f"pas de catégorie de finalité (kind) ; une de : {allowed}")
    betrayed = [kind for kind in purposes().values() if kind.words and kind.words.search(said["purpose"])]
    for kind in [known, *betrayed]:
        if not kind.allowed:
            raise Refusal(f"finalité interdite par la loi ({kind.law}) : {kind.french.lower()}")
    return known.name


def _opinion(said: Any, today: date) -> Opinion:
    if not isinstance(said, dict):
        raise Refusal("pas d'avis (opinion : body, reference, date)")
    _known(said, _OPINION, "l'avis")
    body, reference, day = (said.get(name) for name in ("body", "reference", "date"))
    if not isinstance(body, str) or not body.strip() or not str(reference or "").strip() or type(day) is not date:
        raise Refusal("un avis a une instance (body), une référence (reference) et une date (date)")
    if day > today:
        raise Refusal("l'avis est daté d'après aujourd'hui")
    return Opinion(body.strip(), str(reference).strip(), day)


def _known(said: Any, allowed: set[str], what: str) -> None:
    if not isinstance(said, dict):
        raise Refusal(f"{what} n'est pas écrit comme il faut")
    unknown = set(said) - allowed
    if unknown:
        raise Refusal(f"{what} : clé inconnue « {sorted(map(str, unknown))[0]} »")


def _table(name: Any) -> Table:
    if name not in tables() or name == "limpide_quarantine":
        raise Refusal(f"table inconnue ou non extractible « {name} »")
    return tables()[name]


def _column(table: Table, name: Any) -> str:
    if name not in table.names:
        raise Refusal(f"colonne inconnue « {table.name}.{name} »")
    return str(name)


def _columns(name: str, columns: Any, shift: bool) -> tuple[str, ...]:
    table = _table(name)
    if not isinstance(columns, list) or not columns:
        raise Refusal(f"{name} : dire quelles colonnes")
    for column in columns:
        _column(table, column)
        if column in REFUSED:
            raise Refusal(f"« {name}.{column} » permettrait de rapprocher deux projets")
        if shift and column in WITH_DATES:
            raise Refusal(f"« {name}.{column} » dit des dates que le décalage n'atteint pas")
    return tuple(columns)


def _conditions(table: Table, said: Any) -> tuple[Condition, ...]:
    out = []
    for column, how in (said or {}).items():
        _column(table, column)
        if column in NAMING or column.endswith("_key") or (table.name, column) in NAMES_OF_TABLES:
            raise Refusal(
                f"une population ne se désigne pas par « {table.name}.{column} » : elle nommerait des personnes"
            )
        _known(how, {"in", "starts_with", "at_least", "at_most"}, f"{table.name}.{column}")
        among = how.get("in")
        if not how or (among is not None and (not isinstance(among, list) or not among)):
            raise Refusal(f"{table.name}.{column} : condition vide")
        if "starts_with" in how and (not isinstance(how["starts_with"], str) or not how["starts_with"]):
            raise Refusal(f"{table.name}.{column} : starts_with est un début de texte")
        out.append(
            Condition(
                column,
                tuple(among) if among is not None else None,
                how.get("starts_with"),
                how.get("at_least"),
                how.get("at_most"),
            )
        )
    return tuple(out)


def _criterion(said: Any) -> Criterion:
    _known(said, {"table", "where", "not"}, "un critère")
    table = _table(said.get("table"))
    if "person_id" not in table.names:
        raise Refusal(f"« {table.name} » ne parle pas de personnes")
    return Criterion(table.name, _conditions(table, said.get("where")), bool(said.get("not", False)))


def _aggregate(said: Any) -> Aggregate:
    _known(said, {"name", "table", "by", "where"}, "un comptage")
    table, by = _table(said.get("table")), said.get("by")
    if "person_id" not in table.names:
        raise Refusal(f"« {table.name} » ne parle pas de personnes")
    if not isinstance(said.get("name"), str) or not _NAME.fullmatch(said["name"]):
        raise Refusal("un comptage a un nom, en minuscules")
    if not isinstance(by, list) or not 1 <= len(by) <= DIMENSIONS or len(set(by)) != len(by):
        raise Refusal(f"un comptage se fait par 1 à {DIMENSIONS} colonnes")
    for column in by:
        if column not in table.names:
            _column(tables()["person"], column)
        if column in REFUSED | WITH_DATES or column.endswith(("_key", "_datetime")) or column == "person_source_value":
            raise Refusal(f"on ne compte pas par « {column} »")
        if column.endswith("_id") and not column.endswith("_concept_id"):
            raise Refusal(f"on ne compte pas par « {column} »")
    return Aggregate(said["name"], table.name, tuple(by), _conditions(table, said.get("where")))
