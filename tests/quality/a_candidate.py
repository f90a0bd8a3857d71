"""A candidate that keeps every rule, small enough to be read whole, for tests that spoil it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from limpide.omop.concepts import vocabulary_tables
from limpide.omop.schema import tables
from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.candidate import Candidate, TableState

NIGHT = date(2026, 11, 22)
TEXT = "Compte rendu\nPas de diabète. Hypertension artérielle.\nHémoglobine 12,5 g/dL"
DIABETES, HYPERTENSION = TEXT.index("diabète"), TEXT.index("Hypertension artérielle")

Rows = dict[str, list[dict[str, Any]]]


def good_rows() -> Rows:
    """One person, one letter: a negated mention, a condition read in the text, a coded result."""
    fact = {
        "document_key": "doc1", "note_id": 1, "person_id": 7, "kind": "condition", "origin": "nlp",
        "fact_date": NIGHT, "date_origin": "document", "negated": False, "hypothetical": False, "family": False,
        "history": False, "planned": False, "conditional": False, "reported": False, "prior": False,
    }  # fmt: skip
    mention = {
        "note_id": 1, "section_concept_id": 0, "note_nlp_concept_id": 0, "note_nlp_source_concept_id": 0,
        "nlp_date": NIGHT, "term_temporal": "Present", "nlp_system": "limpide-rules",
    }  # fmt: skip
    rows: Rows = {
        "person": [{
            "person_id": 7, "gender_concept_id": 8532, "year_of_birth": 1950, "month_of_birth": 3, "race_concept_id": 0,
            "ethnicity_concept_id": 0, "person_source_value": "p7", "location_id": None, "care_site_id": 3,
        }],
        "location": [{"location_id": 4, "state": "75"}],
        "care_site": [{"care_site_id": 3, "care_site_name": "Clinique", "location_id": 4}],
        "provider": [{"provider_id": 5, "provider_source_value": "q5"}],
        "observation_period": [{
            "observation_period_id": 7, "person_id": 7, "observation_period_start_date": date(2026, 11, 20),
            "observation_period_end_date": NIGHT, "period_type_concept_id": 32817,
        }],
        "visit_occurrence": [{
            "visit_occurrence_id": 9, "person_id": 7, "visit_concept_id": 9201, "visit_start_date": date(2026, 11, 20),
            "visit_end_date": NIGHT, "visit_type_concept_id": 32827,
        }],
        "note": [{
            "note_id": 1, "person_id": 7, "note_date": NIGHT, "note_type_concept_id": 32831, "note_class_concept_id": 0,
            "note_text": TEXT, "encoding_concept_id": 32678, "language_concept_id": 4180190, "provider_id": 5,
            "visit_occurrence_id": 9,
        }],
        "note_nlp": [
            mention | {"note_nlp_id": 11, "offset": str(DIABETES), "lexical_variant": "diabète", "term_exists": "N"},
            mention | {"note_nlp_id": 12, "offset": str(HYPERTENSION), "lexical_variant": "Hypertension artérielle",
                       "term_exists": "Y"},
        ],
        "condition_occurrence": [{
            "condition_occurrence_id": 21, "person_id": 7, "condition_concept_id": 0, "condition_start_date": NIGHT,
            "condition_end_date": None, "condition_type_concept_id": 32858, "condition_source_value": "I10",
        }],
        "measurement": [{
            "measurement_id": 31, "person_id": 7, "measurement_concept_id": 0, "measurement_date": NIGHT,
            "measurement_datetime": datetime(2026, 11, 22, 8), "measurement_type_concept_id": 32856,
            "value_as_number": Decimal("12.5"), "range_low": Decimal("11.5"), "range_high": Decimal("16"),
            "measurement_source_value": "718-7", "value_source_value": "12.5",
        }],
        "limpide_document": [{
            "document_key": "doc1", "note_id": 1, "person_id": 7, "person_key": "p7", "visit_occurrence_id": 9,
            "provider_id": 5, "care_site_id": 3, "night": NIGHT, "source": "labo", "format": "cda-n3",
            "sha256": "0" * 64, "zone_assumed": False, "document_date": NIGHT,
            "visit_start": datetime(2026, 11, 20), "visit_end": datetime(2026, 11, 21),
            "date_origin": "document", "pages": 1,
            "characters": len(TEXT), "sections": 1, "facts_coded": 1, "facts_nlp": 2, "first_event_date": NIGHT,
            "last_event_date": NIGHT, "gender_source_value": "F", "birth_year": 1950, "birth_month": 3,
            "engine": "limpide-rules",
        }],
        "limpide_section": [{
            "document_key": "doc1", "section_index": 0, "note_id": 1, "person_id": 7, "span_start": 0,
            "span_end": len(TEXT), "depth": 0, "has_entries": True, "furniture": False,
        }],
        "limpide_page": [{
            "document_key": "doc1", "page": 1, "note_id": 1, "person_id": 7, "span_start": 0, "span_end": len(TEXT),
        }],
        "limpide_fact": [
            fact | {"fact_key": "f1", "ordinal": 0, "negated": True, "note_nlp_id": 11, "span_start": DIABETES,
                    "span_end": DIABETES + 7, "text": "diabète"},
            fact | {"fact_key": "f2", "ordinal": 1, "note_nlp_id": 12, "span_start": HYPERTENSION,
                    "span_end": HYPERTENSION + 23, "text": "Hypertension artérielle",
                    "target_table": "condition_occurrence", "target_id": 21},
            fact | {"fact_key": "f3", "ordinal": 2, "kind": "measurement", "origin": "coded",
                    "target_table": "measurement", "target_id": 31},
        ],
        "limpide_quarantine": [{
            "document_key": "doc9", "night": NIGHT, "source": "labo", "format": "unknown", "reason": "unknown_format",
        }],
        "limpide_score": [{
            "set_name": "synthétique", "fact_kind": "condition", "type_code": "*", "table_name": "condition_occurrence",
            "column_names": "condition_source_value", "documents": 9, "truth_n": 10, "recalled_n": 9, "found_n": 10,
            "right_n": 9, "recall": 0.9, "precision": 0.9, "engine": "limpide-rules", "measured_on": NIGHT,
            "set_description": "Neuf documents",
        }],
        "cdm_source": [{
            "cdm_source_name": "Limpide", "cdm_source_abbreviation": "Limpide", "cdm_holder": "Hôpital",
            "source_release_date": NIGHT, "cdm_release_date": NIGHT, "cdm_version_concept_id": 756265,
            "vocabulary_version": "Limpide 0.1",
        }],
    }  # fmt: skip
    return rows | vocabulary_tables()


def written(layout: Layout, rows: Rows, *, new: set[str] | None = None) -> Candidate:
    """A candidate made of these rows, one file a table; `new` says which tables this night wrote (all, by default).

    Written without the care of the warehouse, which would refuse a null where one is not allowed.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    states: dict[str, TableState] = {}
    for table, content in rows.items():
        folder = layout.data / table
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{len(list(folder.glob('*')))}.parquet"
        schema = pa.schema([field.with_nullable(True) for field in tables()[table].arrow()])
        pq.write_table(pa.Table.from_pylist(content, schema=schema), path)
        states[table] = TableState(
            [path], len(content), [path] if new is None or table in new else [], "0" * 64, [path]
        )
    return Candidate("c" * 64, layout.candidates / "c.json", NIGHT, states)
