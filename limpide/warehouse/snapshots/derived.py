"""Tables derived from the events of a snapshot: eras by OHDSI's algorithm, and deaths.

Belongs here: condition_era, drug_era and death as queries over events. Does not belong here: events, files.

OHDSI (CommonDataModel, "Derived elements"; ETL-CMS): an occurrence without an end lasts one day; two occurrences of
one person and concept are one era when the second starts at most 30 days after the first ended. Drugs are taken at the
level of their ingredient, which needs the user's vocabulary (concept_ancestor); without it drug_era is empty.
`gap_days`: days of the era that no exposure covers. Concept 0 makes no era: it would join diseases that have nothing
in common.
"""

from __future__ import annotations

from limpide.omop import concepts

PERSISTENCE = 30  # days
DEATH = "419099009"  # SNOMED CT, Dead: what readers and the engine say of a death


def _islands(events: str, gap: int, more: str) -> str:
    """Runs of `events` (person_id, concept, first, last, …): no start is over `gap` days after every end before it."""
    of = "PARTITION BY person_id, concept ORDER BY first, last"
    return f"""
        SELECT person_id, concept, min(first) AS first, max(last) AS last, {more} FROM (
            SELECT *, sum(fresh) OVER ({of} ROWS UNBOUNDED PRECEDING) AS island FROM (
                SELECT *, CASE WHEN first <= max(last) OVER ({of} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                    + {gap} THEN 0 ELSE 1 END AS fresh FROM ({events})))
        GROUP BY person_id, concept, island"""


_CONDITIONS = """
    SELECT person_id, condition_concept_id AS concept, condition_start_date AS first,
        coalesce(condition_end_date, condition_start_date + 1) AS last
    FROM condition_occurrence WHERE condition_concept_id <> 0"""
_EXPOSURES = """
    SELECT d.person_id, i.concept_id AS concept, d.drug_exposure_start_date AS first,
        greatest(coalesce(nullif(d.drug_exposure_end_date, d.drug_exposure_start_date),
            d.drug_exposure_start_date + d.days_supply, d.drug_exposure_start_date + 1),
            d.drug_exposure_start_date) AS last
    FROM drug_exposure d JOIN concept_ancestor a ON a.descendant_concept_id = d.drug_concept_id
        JOIN concept i ON i.concept_id = a.ancestor_concept_id
    WHERE d.drug_concept_id <> 0 AND i.concept_class_id = 'Ingredient' AND i.standard_concept = 'S'"""
# Exposures that touch are one stretch; stretches within the persistence are one era.
_STRETCHES = _islands(_EXPOSURES, 0, "count(*) AS times")

QUERIES: dict[str, tuple[str, str]] = {
    "condition_era": (
        f"""SELECT row_number() OVER (ORDER BY person_id, concept, first)::INTEGER AS condition_era_id, person_id,
            concept AS condition_concept_id, first AS condition_era_start_date, last AS condition_era_end_date,
            times::INTEGER AS condition_occurrence_count
        FROM ({_islands(_CONDITIONS, PERSISTENCE, "count(*) AS times")})""",
        "condition_era_id",
    ),
    "drug_era": (
        f"""SELECT row_number() OVER (ORDER BY person_id, concept, first)::INTEGER AS drug_era_id, person_id,
            concept AS drug_concept_id, first AS drug_era_start_date, last AS drug_era_end_date,
            times::INTEGER AS drug_exposure_count, (last - first - covered)::INTEGER AS gap_days
        FROM ({_islands(_STRETCHES, PERSISTENCE, "sum(times) AS times, sum(last - first) AS covered")})""",
        "drug_era_id",
    ),
    # One row a person, as the standard wants: the source's own statement before what a letter tells.
    "death": (
        f"""SELECT person_id, fact_date AS death_date, try_cast(time_start AS TIMESTAMP) AS death_datetime,
            CASE origin WHEN 'nlp' THEN {concepts.NLP} ELSE {concepts.EHR} END AS death_type_concept_id,
            0 AS cause_concept_id, NULL AS cause_source_value, 0 AS cause_source_concept_id
        FROM limpide_fact WHERE code = '{DEATH}' AND target_table IS NOT NULL AND NOT family
        QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY origin = 'nlp',
            date_origin NOT IN ('fact', 'fact_partial'), fact_date DESC, fact_key) = 1""",
        "person_id",
    ),
}
INPUTS = (
    "condition_occurrence",
    "drug_exposure",
    "concept",
    "concept_ancestor",
    "limpide_fact",
)  # what the queries read
