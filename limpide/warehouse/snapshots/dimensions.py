"""Tables that are not one document's: persons, visits, periods, authors, establishments, and the static ones.

Belongs here: their recomputation from the current documents, one query each. Does not belong here: documents' own rows.

Each is a function of the set of current documents only, whatever the order in which nights were loaded: of several
values, the one of the latest document stands, ties broken by document key.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from limpide.omop import concepts
from limpide.omop.concepts import vocabulary_tables

_LATEST = "strftime(document_date, '%Y%m%d') || document_key"


def _last(column: str) -> str:
    return f"arg_max({column}, {_LATEST}) FILTER ({column} IS NOT NULL)"


def _case(column: str, known: dict[str, int]) -> str:
    branches = " ".join(f"WHEN '{value}' THEN {concept}" for value, concept in known.items())
    return f"CASE {column} {branches} ELSE 0 END"


_LOCATION = "(ascii(care_site_state) * 256 + ascii(care_site_state[2:]))::INTEGER"

QUERIES: dict[str, tuple[str, str]] = {
    "person": (
        f"""SELECT *, {_case("gender_source_value", concepts.GENDERS)} AS gender_concept_id FROM (
            SELECT person_id, {_last("gender_source_value")} AS gender_source_value,
                {_last("birth_year")} AS year_of_birth,
                arg_max(birth_month, {_LATEST}) FILTER (birth_year IS NOT NULL) AS month_of_birth,
                min(person_key)[:50] AS person_source_value, 0 AS race_concept_id, 0 AS ethnicity_concept_id,
                0 AS gender_source_concept_id
            FROM documents GROUP BY person_id)""",
        "person_id",
    ),
    "observation_period": (
        # OHDSI's convention for electronic records: from the first to the last contact. What a letter remembers of
        # 2011 is history, not observation. A document dated by the night that brought it tells no contact but that.
        f"""SELECT person_id AS observation_period_id, person_id,
            min(least(coalesce(visit_start::DATE, document_date), document_date)) AS observation_period_start_date,
            max(greatest(coalesce(visit_end::DATE, document_date), document_date)) AS observation_period_end_date,
            {concepts.EHR} AS period_type_concept_id
        FROM documents GROUP BY person_id""",
        "person_id",
    ),
    "visit_occurrence": (
        f"""SELECT *, visit_start_datetime::DATE AS visit_start_date, visit_end_datetime::DATE AS visit_end_date,
            {_case("visit_source_value", concepts.VISITS)} AS visit_concept_id FROM (
            SELECT visit_occurrence_id, min(person_id) AS person_id,
                min(coalesce(visit_start, visit_end)) AS visit_start_datetime,
                max(coalesce(visit_end, visit_start)) AS visit_end_datetime,
                {_last("visit_class")} AS visit_source_value, {_last("care_site_id")} AS care_site_id,
                {_last("visit_discharge")}[:50] AS discharged_to_source_value,
                {concepts.EHR_ENCOUNTER} AS visit_type_concept_id, 0 AS visit_source_concept_id
            FROM documents WHERE visit_occurrence_id IS NOT NULL GROUP BY visit_occurrence_id)""",
        "person_id, visit_start_date, visit_occurrence_id",
    ),
    "provider": (
        f"""SELECT provider_id, min(provider_key) AS provider_source_value, 0 AS specialty_concept_id,
            {_last("provider_specialty")}[:50] AS specialty_source_value, 0 AS specialty_source_concept_id
        FROM documents WHERE provider_id IS NOT NULL GROUP BY provider_id""",
        "provider_id",
    ),
    "care_site": (
        f"""SELECT care_site_id, {_last("care_site_name")}[:255] AS care_site_name, 0 AS place_of_service_concept_id,
            min({_LOCATION}) AS location_id, min(care_site_key) AS care_site_source_value
        FROM documents WHERE care_site_id IS NOT NULL GROUP BY care_site_id""",
        "care_site_id",
    ),
    "location": (
        f"""SELECT DISTINCT {_LOCATION} AS location_id, care_site_state AS state,
            'département ' || care_site_state AS location_source_value, 0 AS country_concept_id,
            'France' AS country_source_value
        FROM documents WHERE care_site_state IS NOT NULL""",
        "location_id",
    ),
}


def complete(query: str, names: tuple[str, ...], types: tuple[str, ...], given: set[str]) -> str:
    """The query with every column of its table: those it does not give are null of the declared type."""
    columns = ", ".join(
        f'q."{n}"::{t} AS "{n}"' if n in given else f'NULL::{t} AS "{n}"' for n, t in zip(names, types, strict=True)
    )
    return f"(SELECT {columns} FROM ({query}) q)"


def cdm_source(nights: list[date], holder: str) -> list[dict[str, Any]]:
    """The one row that describes the warehouse. Its dates are those of the data: a rerun changes nothing."""
    last = max(nights, default=date(1970, 1, 1))
    return [
        {
            "cdm_source_name": "Limpide",
            "cdm_source_abbreviation": "LIMPIDE",
            "cdm_holder": holder,
            "source_description": "Documents de santé français, structurés et pseudonymisés",
            "source_release_date": last,
            "cdm_release_date": last,
            "cdm_version": "v5.4",
            "cdm_version_concept_id": concepts.CDM_54,
            "vocabulary_version": concepts.VERSION,
        }
    ]


def static() -> dict[str, list[dict[str, Any]]]:
    """Vocabulary tables."""
    return vocabulary_tables()
