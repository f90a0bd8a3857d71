"""Views of the catalogue beside the tables: each fact once, and each domain with names beside its codes.

Belongs here: views that analysts count with, each with its sentence in French. Does not belong here: tables.

OMOP tables keep what was said: a result copied into three letters is three rows. `*_once` keeps one row a person, code,
day (and value): coded before read, and of several the last allotted. Laboratory codes that differ by a method that does
not matter are one analyte (limpide/omop/loinc_families.tsv).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import limpide
from limpide.omop.concepts import NLP


@cache
def views() -> dict[str, tuple[str, str]]:
    """{name: (SELECT, French description)}, in the order in which they can be created."""
    return dict([*_once(), *_named()])


# table, its prefix, its date, what makes two rows the same beside person, code and day
_EVENTS = (
    ("condition_occurrence", "condition", "condition_start_date", ()),
    ("drug_exposure", "drug", "drug_exposure_start_date", ()),
    ("procedure_occurrence", "procedure", "procedure_date", ()),
    ("device_exposure", "device", "device_exposure_start_date", ("unique_device_id", "production_id")),
    ("measurement", "measurement", "measurement_date", ("value_as_number", "value_source_value_if_no_number")),
    ("observation", "observation", "observation_date", ("value_as_string", "qualifier_source_value")),
)


def _once() -> Iterator[tuple[str, tuple[str, str]]]:
    for table, prefix, day, more in _EVENTS:
        code = _family() if table == "measurement" else f"{prefix}_source_value"
        same = ["person_id", day, f"lower(strip_accents({code}))"]
        for column in more:
            same.append(
                "CASE WHEN value_as_number IS NULL THEN value_source_value END"
                if column == "value_source_value_if_no_number"
                else column
            )
        order = f"({prefix}_type_concept_id = {NLP}), {table}_id DESC"
        yield (
            f"{table}_once",
            (
                f"SELECT * FROM {table} QUALIFY"
                f" row_number() OVER (PARTITION BY {', '.join(same)} ORDER BY {order}) = 1",
                f"{table}, chaque fait une fois par personne, code et jour : codé plutôt que lu dans un texte",
            ),
        )


@cache
def _family() -> str:
    file = Path(limpide.__file__).parent / "omop" / "loinc_families.tsv"
    with file.open(encoding="utf-8", newline="") as lines:
        pairs = [(row["code"], row["family"]) for row in csv.DictReader(lines, delimiter="\t")]
    branches = " ".join(f"WHEN '{code}' THEN '{family}'" for code, family in pairs)
    return f"CASE measurement_source_value {branches} ELSE measurement_source_value END"


_NAMED = (
    ("problemes", "condition_occurrence", "condition", "condition_start_date", "Problèmes et diagnostics affirmés"),
    ("medicaments", "drug_exposure", "drug", "drug_exposure_start_date", "Médicaments et vaccins"),
    ("actes", "procedure_occurrence", "procedure", "procedure_date", "Actes réalisés"),
    ("dispositifs", "device_exposure", "device", "device_exposure_start_date", "Dispositifs médicaux"),
    ("mesures", "measurement", "measurement", "measurement_date", "Résultats de biologie et signes vitaux"),
    ("observations", "observation", "observation", "observation_date", "Allergies, antécédents, autres observations"),
)
_VALUES = {
    "mesures": "e.value_as_number AS valeur, e.unit_source_value AS unite, e.value_source_value AS valeur_ecrite,"
    " e.range_low AS norme_basse, e.range_high AS norme_haute, ",
    "medicaments": "e.sig AS posologie, e.days_supply AS jours, e.drug_exposure_end_date AS fin, ",
    "observations": "e.value_as_string AS valeur, e.qualifier_source_value AS precision, ",
    "dispositifs": "e.unique_device_id AS udi_di, e.production_id AS lot, ",
}


def _named() -> Iterator[tuple[str, tuple[str, str]]]:
    for name, table, prefix, day, french in _NAMED:
        yield (
            name,
            (
                f"SELECT e.person_id, e.{day} AS jour, f.vocabulary AS vocabulaire, f.code,"
                f" coalesce(f.display, f.text) AS libelle, e.{prefix}_concept_id AS concept_id,"
                f" c.concept_name AS concept,"
                f" {_VALUES.get(name, '')}f.side AS cote, f.origin AS origine, f.date_origin AS origine_date,"
                f" e.visit_occurrence_id, f.document_key, f.page, f.fact_key, e.{table}_id"
                f" FROM {table} e JOIN limpide_fact f ON f.target_table = '{table}' AND f.target_id = e.{table}_id"
                f" LEFT JOIN concept c ON c.concept_id = e.{prefix}_concept_id",
                f"{french} : code, libellé français, concept, valeur, origine et page",
            ),
        )
