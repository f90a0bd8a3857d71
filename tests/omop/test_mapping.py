"""From a masked document to rows: which fact is an event, and which is only told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from limpide.document import Author, CareSite, Code, Document, Encounter, Fact, Header, Page, Patient, Section
from limpide.omop.events import number
from limpide.omop.mapping import Context, reason_withheld, rows, snippet, target
from limpide.omop.sites import Site, site

TEXT = "Diabète de type 2. Pas de fièvre. HbA1c 7,2 %."
DIABETES = Fact("condition", "nlp", 0, 17, "Diabète de type 2", "E11", "CIM-10", engine="limpide 0.1.0")
HBA1C = Fact(
    "measurement", "coded", 34, 45, "HbA1c 7,2 %", "4548-4", "2.16.840.1.113883.6.1", value=7.2, unit="%",
    comparator="<", range_low=4.0, range_high=6.0, time_start="2024-01-08T08:00:00+01:00", engine="cda",
)  # fmt: skip


def document(*facts: Fact, **header: Any) -> Document:
    head = Header(
        document_id="k-doc", effective_time="2024-01-09T11:30:00+01:00", language="fr-FR", type_code="11490-0",
        title="Lettre de liaison", patient=Patient(birth_date="1954-03", sex="F"), authors=[Author(rpps="f" * 64)],
        care_site=CareSite("1290000017", "Centre hospitalier"),
        encounter=Encounter("k-stay", "IMP", "2024-01-05T08:00:00+01:00", "2024-01-09T10:00:00+01:00"),
    )  # fmt: skip
    return Document("", "s" * 64, format="cda-n3", text=TEXT, facts=list(facts), header=replace(head, **header))


def mapped(found: Document, birth_date: str | None = "1954-03-17") -> dict[str, list[dict[str, Any]]]:
    return rows(found, Context("d1", date(2024, 1, 10), "chu", "a" * 64, b"k" * 32, birth_date))


def test_a_condition_becomes_an_event_a_mention_and_a_fact() -> None:
    out = mapped(document(DIABETES))
    assert out["condition_occurrence"] == [
        {
            "document_key": "d1", "ordinal": 0, "condition_concept_id": 0, "condition_start_date": date(2024, 1, 9),
            "condition_start_datetime": datetime(2024, 1, 9, 11, 30), "condition_end_date": None,
            "condition_end_datetime": None, "condition_type_concept_id": 32858, "condition_source_value": "E11",
            "condition_source_concept_id": 0, "condition_status_source_value": None,
        }
    ]  # fmt: skip
    (mention,) = out["note_nlp"]
    assert (mention["offset"], mention["lexical_variant"], mention["term_exists"], mention["term_temporal"]) == (
        "0", "Diabète de type 2", "Y", "Present",
    )  # fmt: skip
    (fact,) = out["limpide_fact"]
    assert (fact["target_table"], fact["withheld"], fact["vocabulary"], fact["date_origin"]) == (
        "condition_occurrence", None, "CIM-10", "document",
    )  # fmt: skip


def test_a_laboratory_result_keeps_its_value_unit_range_and_own_date() -> None:
    (row,) = mapped(document(HBA1C))["measurement"]
    assert row["measurement_concept_id"] == 3004410
    assert row["measurement_date"] == date(2024, 1, 8)
    assert row["measurement_type_concept_id"] == 32856
    assert row["value_as_number"] == Decimal("7.200")
    assert (row["unit_concept_id"], row["unit_source_value"]) == (8554, "%")
    assert (row["operator_concept_id"], row["range_low"], row["range_high"]) == (4171756, Decimal(4), Decimal(6))
    assert row["value_source_value"] == "<7.2"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"negated": True}, "negated"),
        ({"hypothetical": True}, "hypothetical"),
        ({"conditional": True}, "conditional"),
        ({"prior": True}, "prior"),
        ({"planned": True}, "planned"),
        ({"role": "reaction"}, "part"),
        ({"role": "generic"}, "no_event"),
        ({"role": "no_known"}, "no_event"),
        ({"kind": "encounter"}, "no_table"),
    ],
)
def test_what_asserts_nothing_of_the_patient_is_no_event_but_is_told(change: dict[str, Any], why: str) -> None:
    out = mapped(document(replace(DIABETES, **change)))
    assert out["condition_occurrence"] == []
    assert out["limpide_fact"][0]["withheld"] == why


def test_a_negated_mention_does_not_exist_in_note_nlp() -> None:
    (mention,) = mapped(document(replace(DIABETES, negated=True, history=True)))["note_nlp"]
    assert (mention["term_exists"], mention["term_temporal"]) == ("N", "Past")
    assert mention["term_modifiers"] == "negated=true;history=true"


def test_a_relative_s_disease_is_an_observation_with_the_relative() -> None:
    (row,) = mapped(document(replace(DIABETES, family=True, relative="MTH")))["observation"]
    assert (row["observation_source_value"], row["qualifier_source_value"]) == ("E11", "family:MTH")


def test_an_antecedent_is_a_condition_when_dated_and_an_observation_when_not() -> None:
    assert target(replace(DIABETES, history=True), "fact_partial") == "condition_occurrence"
    assert target(replace(DIABETES, history=True), "document") == "observation"


COLECTOMY = Fact("procedure", "nlp", 0, 17, "Colectomie gauche", engine="limpide 0.1.0")


def test_an_act_read_in_text_without_a_code_is_an_occurrence_with_its_words_and_side() -> None:
    (row,) = mapped(document(replace(COLECTOMY, time_start="2023-05-04", side="left")))["procedure_occurrence"]
    assert (row["procedure_concept_id"], row["procedure_date"], row["procedure_type_concept_id"]) == (
        0, date(2023, 5, 4), 32858,
    )  # fmt: skip
    assert (row["procedure_source_value"], row["modifier_source_value"], row["modifier_concept_id"]) == (
        "Colectomie gauche", "left", 0,
    )  # fmt: skip


def test_a_past_act_without_a_date_is_an_observation_and_one_to_come_is_no_event() -> None:
    (row,) = mapped(document(replace(COLECTOMY, history=True)))["observation"]
    assert (row["observation_source_value"], row["qualifier_source_value"]) == ("Colectomie gauche", "history")
    assert reason_withheld(replace(COLECTOMY, planned=True)) == "planned"


def test_the_side_of_a_fact_has_its_column() -> None:
    (fact,) = mapped(document(replace(COLECTOMY, side="bilateral")))["limpide_fact"]
    assert fact["side"] == "bilateral"


def test_a_planned_drug_is_a_prescription() -> None:
    (row,) = mapped(document(Fact("drug", "coded", code="N02BE01", system="ATC", planned=True, frequency="2/j")))[
        "drug_exposure"
    ]
    assert (row["drug_type_concept_id"], row["drug_source_value"], row["sig"]) == (32838, "N02BE01", "2/j")
    assert row["drug_exposure_end_date"] == row["drug_exposure_start_date"]
    assert row["verbatim_end_date"] is None


RAMIPRIL = Fact("drug", "nlp", 0, 8, "ramipril", "C09AA05", "ATC", engine="limpide 0.1.0")


@pytest.mark.parametrize("status", ["stopped", "suspended", "refused", "planned", "past"])
def test_a_drug_that_a_text_says_is_not_taken_is_no_exposure(status: str) -> None:
    out = mapped(document(replace(RAMIPRIL, status=status)))
    assert out["drug_exposure"] == []
    assert (out["limpide_fact"][0]["withheld"], out["limpide_fact"][0]["status"]) == (status, status)


def test_a_drug_that_was_taken_at_a_known_time_is_an_exposure_of_then() -> None:
    (row,) = mapped(document(replace(RAMIPRIL, status="past", time_start="2019-03-02")))["drug_exposure"]
    assert row["drug_exposure_start_date"] == date(2019, 3, 2)


def test_how_a_drug_is_taken_has_its_columns() -> None:
    taken = replace(RAMIPRIL, status="current", strength="5 mg", daily_dose=5.0, daily_dose_unit="mg", prn=True)
    (fact,) = mapped(document(taken))["limpide_fact"]
    assert (fact["status"], fact["strength"], fact["daily_dose"], fact["daily_dose_unit"], fact["prn"]) == (
        "current", "5 mg", 5.0, "mg", True,
    )  # fmt: skip


def test_the_text_of_a_coded_section_adds_no_event() -> None:
    sections = [Section("11450-4", None, "Problèmes", 0, 20, has_entries=True)]
    assert reason_withheld(DIABETES, sections) == "coded_section"
    assert reason_withheld(replace(DIABETES, start=30), sections) is None
    assert reason_withheld(replace(DIABETES, origin="coded"), sections) is None


def test_a_date_equal_to_the_birth_day_is_cut_to_its_month() -> None:
    out = mapped(document(replace(DIABETES, time_start="1954-03-17T10:00:00+01:00")))
    assert out["limpide_fact"][0]["time_start"] == "1954-03"
    assert out["condition_occurrence"][0]["condition_start_date"] == date(1954, 3, 1)


def test_the_document_s_row_knows_its_person_visit_author_and_place() -> None:
    (row,) = mapped(document(DIABETES))["limpide_document"]
    assert (row["gender_source_value"], row["birth_year"], row["birth_month"]) == ("F", 1954, 3)
    assert (row["visit_class"], row["visit_start"], row["visit_end"]) == (
        "IMP", datetime(2024, 1, 5, 8), datetime(2024, 1, 9, 10),
    )  # fmt: skip
    assert (row["provider_key"], row["care_site_key"], row["care_site_state"]) == ("f" * 32, "290000017", "29")
    assert (row["first_event_date"], row["last_event_date"]) == (date(2024, 1, 9), date(2024, 1, 9))


def test_two_documents_of_one_stay_are_one_visit_and_none_is_invented_without_a_date() -> None:
    one = mapped(document(DIABETES))["limpide_document"][0]["visit_key"]
    same = mapped(document(encounter=Encounter("k-stay", None, "2024-01-06")))["limpide_document"][0]["visit_key"]
    undated = mapped(document(encounter=Encounter("k-stay", "IMP")))["limpide_document"][0]["visit_key"]
    assert one == same is not None
    assert undated is None


def test_facts_have_keys_of_their_own_even_when_they_say_the_same() -> None:
    keys = [f["fact_key"] for f in mapped(document(DIABETES, DIABETES))["limpide_fact"]]
    assert len(set(keys)) == 2
    assert keys == [f["fact_key"] for f in mapped(document(DIABETES, DIABETES))["limpide_fact"]]


def test_a_fact_on_a_page_has_its_box() -> None:
    boxes = np.array([[i, 10.0, i + 1.0, 20.0] for i in range(len(TEXT))], dtype=np.float32)
    boxes[3] = np.nan
    found = document(DIABETES)
    found.pages = [Page(1, 0, len(TEXT), 595.0, 842.0, boxes)]
    (fact,) = mapped(found)["limpide_fact"]
    assert (fact["page"], fact["x0"], fact["y0"], fact["x1"], fact["y1"]) == (1, 0.0, 10.0, 17.0, 20.0)


def test_candidates_and_translations_are_kept_as_json() -> None:
    (fact,) = mapped(document(replace(DIABETES, candidates=[Code("E11.9", "CIM-10", None, 0.91234)])))["limpide_fact"]
    assert fact["candidates"] == '[{"code": "E11.9", "system": "CIM-10", "score": 0.9123}]'
    assert fact["translations"] is None


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (7.2, Decimal("7.200")),
        (0.0004, None),
        (0.5004, Decimal("0.500")),
        (1e17, None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_a_number_that_three_decimals_would_falsify_is_left_out(value: float | None, kept: Decimal | None) -> None:
    assert number(value) == kept


def test_a_snippet_holds_the_passage_and_no_more_than_250_characters() -> None:
    text = "a" * 300 + "CIBLE" + "b" * 300
    assert "CIBLE" in snippet(text, 300, 305)
    assert len(snippet(text, 300, 305)) == 250


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (CareSite("1290000017", "Centre hospitalier"), Site("290000017", "Centre hospitalier", "29")),
        (CareSite("290000017", "Cabinet du Dr [NOM]"), Site("290000017", None, "29")),
        (CareSite("2A0000017", "Clinique"), Site("2A0000017", "Clinique", "2A")),
        (CareSite("970000017", "Clinique"), Site("970000017", "Clinique", None)),
        (CareSite("f" * 64, "Docteur"), Site("f" * 32, None, None)),
        (CareSite(), Site(None, None, None)),
    ],
)
def test_an_establishment_is_shown_and_a_practice_is_not(place: CareSite, shown: Site) -> None:
    assert site(place) == shown
