"""Every family of rules, proved with bad data: a rule that cannot fail protects nobody."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from limpide.omop.schema import tables
from quality.rules import checks_of, rules
from tests.quality.a_candidate import DIABETES, TEXT, good_rows

INS = "2 69 05 49 588 157 80"  # the made-up number of the INS guides: its key is right


def spoiled(table: str, row: int = 0, **values):
    """The good candidate with some columns of one row replaced."""
    rows = good_rows()
    rows[table][row] |= values
    return rows


def without(table: str, row: int = 0):
    rows = good_rows()
    del rows[table][row]
    return rows


def with_more(table: str, **values):
    """The good candidate with the first row of a table repeated, changed."""
    rows = good_rows()
    rows[table].append(rows[table][0] | values)
    return rows


def test_a_good_candidate_fails_nothing(outcomes):
    found = outcomes(good_rows())
    assert [name for name, outcome in found.items() if outcome.status == "failed"] == []


# (what is spoiled, rule that must fail, blocking, key named)
CASES = {
    "required": (spoiled("person", gender_concept_id=None), "person.gender_concept_id_required", True, "7"),
    "primary key": (with_more("person", person_source_value="p8"), "person.primary_key_unique", True, "7"),
    "reference": (spoiled("note", provider_id=99), "note.provider_id_exists", True, "1"),
    "reference to a concept": (
        spoiled("note", note_class_concept_id=99), "note.note_class_concept_id_exists", True, "1"),
    "domain": (
        spoiled("measurement", unit_concept_id=8532), "measurement.unit_concept_id_domain", False, "31"),
    "negative id": (spoiled("location", location_id=-4), "location.location_id_not_negative", True, "-4"),
    "length": (
        spoiled("measurement", value_source_value="x" * 51), "measurement.value_source_value_length", False, "31"),
    "implausible date": (
        spoiled("measurement", measurement_date=date(1799, 1, 1)), "measurement.measurement_date_plausible", False,
        "31"),
    "gender set": (spoiled("person", gender_concept_id=32817), "person.gender_concept_id_in_set", True, "7"),
    "year of birth": (spoiled("person", year_of_birth=1492), "person.year_of_birth_in_range", True, "7"),
    "day of birth": (spoiled("person", day_of_birth=3), "person.day_of_birth_empty", True, "7"),
    "two genders": (
        with_more("limpide_document", document_key="doc2", gender_source_value="M"), "person.one_gender", False, "7"),
    "two persons, one pseudonym": (with_more("person", person_id=8), "person.one_person_a_pseudonym", True, "7"),
    "person without document": (
        with_more("person", person_id=8, person_source_value="p8"), "person.person_has_a_document", True, "8"),
    "two periods": (
        with_more("observation_period", observation_period_id=8), "observation_period.one_period_a_person", True, "7"),
    "period too short": (
        spoiled("observation_period", observation_period_end_date=date(2026, 11, 21)),
        "observation_period.period_covers_documents", True, "7"),
    "visit ends first": (
        spoiled("visit_occurrence", visit_end_date=date(2026, 11, 1)), "visit_occurrence.start_before_end", True, "9"),
    "condition ends first": (
        spoiled("condition_occurrence", condition_end_date=date(2026, 11, 1)), "condition_occurrence.start_before_end",
        True, "21"),
    "measurement without value": (
        spoiled("measurement", value_as_number=None, value_source_value=None), "measurement.says_something", False,
        "31"),
    "range upside down": (
        spoiled("measurement", range_low=Decimal(20)), "measurement.range_in_order", False, "31"),
    "impossible in a body": (
        spoiled("measurement", value_as_number=Decimal(9000)), "measurement.possible_in_a_body", False, "31"),
    "note without document": (with_more("note", note_id=2), "note.one_document_a_note", True, "2"),
    "social security number": (
        spoiled("note", note_text=f"Patiente {INS}"), "note.no_social_security_number", True, "1"),
    "mention without note": (spoiled("note_nlp", note_id=99), "note_nlp.note_exists", True, "11"),
    "mention past the end": (
        spoiled("note_nlp", offset=str(len(TEXT))), "note_nlp.span_inside_note", True, "11"),
    "mention that is not a number": (spoiled("note_nlp", offset="abc"), "note_nlp.span_inside_note", True, "11"),
    "mention shifted by one": (
        spoiled("note_nlp", offset=str(DIABETES + 1)), "note_nlp.text_is_the_span", True, "11"),
    "negated said to exist": (spoiled("note_nlp", term_exists="Y"), "note_nlp.assertion_agrees", True, "11"),
    "term_exists of another word": (spoiled("note_nlp", term_exists="1"), "note_nlp.term_exists_in_set", True, "11"),
    "wrong length": (spoiled("limpide_document", characters=3), "limpide_document.characters_counted", True, "doc1"),
    "wrong count of facts": (spoiled("limpide_document", facts_nlp=9), "limpide_document.facts_counted", True, "doc1"),
    "section past the end": (
        spoiled("limpide_section", span_end=9999), "limpide_section.span_inside_note", True, "doc1 section 0"),
    "page past the end": (spoiled("limpide_page", span_end=9999), "limpide_page.span_inside_note", True, "doc1 page 1"),
    "fact's text is not its span": (
        spoiled("limpide_fact", text="asthme !"), "limpide_fact.text_is_the_span", True, "f1"),
    "fact's span turned round": (spoiled("limpide_fact", span_end=1), "limpide_fact.span_inside_note", True, "f1"),
    "fact read nowhere": (
        spoiled("limpide_fact", span_start=None, span_end=None), "limpide_fact.nlp_has_a_place", True, "f1"),
    "denied and published": (
        spoiled("limpide_fact", 1, negated=True), "limpide_fact.denied_is_not_published", True, "f2"),
    "fact whose row is lost": (without("measurement"), "limpide_fact.target_exists", True, "f3"),
    "row whose fact is lost": (without("limpide_fact", 2), "measurement.opens_on_a_fact", True, "31"),
    "confidence over one": (spoiled("limpide_fact", confidence=1.5), "limpide_fact.confidence_in_range", True, "f1"),
    "unknown kind": (spoiled("limpide_fact", kind="rumour"), "limpide_fact.kind_in_set", True, "f1"),
    "described twice": (with_more("cdm_source"), "cdm_source.one_row", True, "2 lignes"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_data_fails_its_rule_and_names_the_row_by_key(case, outcomes):
    rows, name, blocking, key = CASES[case]
    found = outcomes(rows, name.split(".")[0])[name]
    assert (found.status, found.rule.blocking) == ("failed", blocking)
    assert found.failing >= 1
    assert key in found.keys


def test_a_column_of_another_type_fails_the_schema(outcomes, monkeypatch):
    import pyarrow as pa

    table = tables()["person"]
    wrong = pa.schema([pa.field(f.name, pa.int64() if f.name == "year_of_birth" else f.type) for f in table.arrow()])
    monkeypatch.setattr(type(table), "arrow", lambda self: wrong if self.name == "person" else _arrow(self))
    found = outcomes(good_rows(), "person")["person.columns_and_types"]
    assert (found.status, found.keys) == ("failed", ("year_of_birth",))


_arrow = type(tables()["person"]).arrow


def test_an_empty_table_is_not_applicable_and_never_passes(outcomes):
    rows = good_rows()
    rows["provider"] = []
    found = outcomes(rows, "provider")
    assert {o.status for name, o in found.items() if name.startswith("provider.")} == {"not_applicable"}


def test_what_bounds_values_does_not_apply_to_an_empty_column(outcomes):
    found = outcomes(good_rows(), "measurement", "person")
    assert found["measurement.unit_source_value_length"].status == "not_applicable"
    assert found["person.day_of_birth_empty"].status == "passed"


def test_every_table_has_its_types_required_columns_and_key_checked():
    for name, table in tables().items():
        checks = checks_of(name)
        assert "schema" in checks
        assert ("required" in checks) == any(column.required for column in table.columns)
        if table.keys:
            assert "primary_key_unique" in {rule.name for rule in checks["keys"]}


def test_rules_never_select_a_value_of_a_document():
    # Whatever a rule names a row by must be an identifier: these columns hold what documents say.
    said = ("note_text", "snippet", "lexical_variant", "value_source_value", "text")
    for kept in rules().values():
        for rule in kept:
            selected = rule.sql.split(" FROM ")[0]
            assert not any(f'"{column}"' in selected or f".{column} AS key" in selected for column in said), rule.name
