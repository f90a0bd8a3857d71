"""Validation as a whole: what is looked at, what is told, what never is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from limpide.omop.schema import tables
from limpide.warehouse.snapshots.account import Account, ConservationRow
from limpide.warehouse.snapshots.receipt import objections, write_receipt
from quality.validation import Validation, judged, validate
from tests.quality.a_candidate import NIGHT, good_rows, written

BALANCED = ConservationRow(
    "labo", received=5, published=1, superseded=1, duplicated=1, quarantined=2, deleted=0, opposed=0
)
LOST = replace(BALANCED, source="radio", published=0)


def validation(layout, rows, *names: str, conserved=(), new=None) -> Validation:
    """The validation of a few tables: what `validate` makes of all."""
    candidate = written(layout, rows, new=new)
    outcomes, pages = judged(layout, candidate, names)
    return Validation(candidate, outcomes, list(conserved), pages)


def by_rule(found: Validation):
    return {f"{outcome.rule.table}.{outcome.rule.name}": outcome for outcome in found.outcomes}


def test_a_document_lost_breaks_the_law_of_conservation(layout):
    found = validation(layout, good_rows(), "person", conserved=[BALANCED, LOST])
    told = {r.check: (r.passed, r.status, r.blocking) for r in found.results() if r.check.startswith("conservation")}
    assert told == {
        "conservation.labo": (True, "passed", True),
        "conservation.radio": (False, "failed", True),
    }


def test_a_validation_covers_every_table_and_the_law_of_conservation(layout, monkeypatch):
    night = Account(NIGHT, [BALANCED], {"labo": {"reader_crashed": 2}}, replaced=0, files=5, pending=0)
    monkeypatch.setattr("quality.validation.conservation", lambda layout: [BALANCED])
    monkeypatch.setattr("quality.validation.account", lambda layout, night_asked: night)
    found = validate(layout, written(layout, good_rows()))
    assert found.crashed == (2, 5)
    assert {r.table for r in found.results()} == {*tables(), "ledger"}
    write_receipt(layout, found.candidate, found.results())
    assert objections(layout, found.candidate.sha256) == []


def test_readers_that_fall_on_a_tenth_of_the_night_stop_it(layout):
    found = validation(layout, good_rows(), "person")
    for crashed, stands in [((2, 20), True), ((3, 20), False), ((19, 19), True), ((0, 0), True)]:
        found.crashed = crashed
        result = next(r for r in found.results() if r.check == "readers_stand")
        assert (result.passed, result.blocking) == (stands, True), crashed


def test_a_blocking_failure_is_an_objection_and_a_warning_is_not(layout):
    rows = good_rows()
    rows["measurement"][0] |= {"value_as_number": None, "value_source_value": None}
    found = validation(layout, rows, "measurement", "person")
    write_receipt(layout, found.candidate, found.results())
    assert by_rule(found)["measurement.says_something"].status == "failed"
    assert objections(layout, found.candidate.sha256) == []

    rows["person"][0]["day_of_birth"] = 3
    found = validation(layout, rows, "measurement", "person")
    write_receipt(layout, found.candidate, found.results())
    assert objections(layout, found.candidate.sha256) == [
        "blocking check failed: no_identity.day_of_birth_empty on person"
    ]


def test_a_day_past_what_nanoseconds_hold_is_implausible_and_one_that_is_missing_is_not(layout):
    rows = good_rows()
    kept = rows["condition_occurrence"][0]
    rows["condition_occurrence"] = [
        kept | {"condition_occurrence_id": number, "condition_start_date": day, "condition_end_date": end}
        for number, (day, end) in enumerate([(date(9999, 12, 31), None), (date(1, 1, 1), None), (NIGHT, None)], 1)
    ]
    found = by_rule(validation(layout, rows, "condition_occurrence"))
    start = found["condition_occurrence.condition_start_date_plausible"]
    assert (start.status, start.failing) == ("failed", 2)
    assert found["condition_occurrence.condition_end_date_plausible"].status == "not_applicable"


def test_what_the_night_does_not_write_is_not_read_again(layout):
    rows = good_rows()
    rows["measurement"][0]["range_low"] = 99  # would fail, were it read
    found = by_rule(validation(layout, rows, "measurement", "note", new={"note"}))
    assert found["measurement.range_in_order"].status == "unchanged"
    assert found["note.encoding_concept_id_in_set"].status == "passed"


def test_a_score_measured_with_another_engine_is_a_warning_even_when_no_score_was_written(layout):
    rows = good_rows()
    rows["limpide_score"][0]["engine"] = "limpide-rules of yesterday"
    found = validation(layout, rows, "limpide_score", new={"limpide_document"})
    outcome = by_rule(found)["limpide_score.score_of_this_engine"]
    assert (outcome.status, outcome.keys, outcome.rule.blocking) == ("failed", ("limpide-rules",), False)
    write_receipt(layout, found.candidate, found.results())
    assert objections(layout, found.candidate.sha256) == []


def test_unchanged_counts_as_passed_and_not_applicable_never_does(layout):
    found = validation(layout, good_rows(), "measurement", "death", new={"note"})
    told = {(r.table, r.check): r for r in found.results()}
    assert told["measurement", "range_in_order.range_in_order"].status == "passed"
    assert told["death", "schema.columns_and_types"].status == "not_applicable"
    assert not told["death", "schema.columns_and_types"].passed


def test_an_old_row_whose_parent_is_gone_is_found(layout, monkeypatch):
    before = written(layout, good_rows())
    rows = good_rows()
    rows["provider"] = [{"provider_id": 6, "provider_source_value": "q6"}]
    monkeypatch.setattr(
        "quality.validation._files_before", lambda layout: {n: s.files for n, s in before.tables.items()}
    )
    found = by_rule(validation(layout, rows, "note", new={"provider"}))
    assert (found["note.provider_id_exists"].status, found["note.provider_id_exists"].keys) == ("failed", ("1",))


def test_large_tables_are_judged_in_bounded_batches(layout, monkeypatch):
    monkeypatch.setattr("quality.validation.BATCH_VECTORS", 1)
    rows = good_rows()
    rows["location"] += [rows["location"][0] | {"location_id": 10 + n} for n in range(5000)]
    rows["location"][-1]["zip"] = "75013"  # in the last batch
    found = by_rule(validation(layout, rows, "location"))
    assert (found["location.zip_empty"].status, found["location.zip_empty"].failing) == ("failed", 1)
    assert found["location.zip_empty"].keys == ("5009",)
    assert found["location.location_id_not_negative"].status == "passed"


def test_nothing_that_is_kept_holds_a_value_of_a_row(layout):
    secret = "DUPONT-MARTIN 2 69 05 49 588 157 80"
    rows = good_rows()
    rows["note"][0] |= {"note_text": secret, "note_title": secret * 20, "encoding_concept_id": 424242}
    rows["note_nlp"][0] |= {"term_exists": "S", "lexical_variant": secret}
    rows["limpide_fact"][0] |= {"kind": "secret-kind", "text": secret}
    rows["person"][0]["year_of_birth"] = 1234
    found = validation(layout, rows, "note", "note_nlp", "limpide_fact", "person")
    kept = json.dumps([vars_of(r) for r in found.results()], ensure_ascii=False)
    kept += "".join(page.partition("</head>")[2] for page in found.pages.values())  # colours hold figures too
    for value in ("DUPONT", "49 588", "424242", "secret-kind", "1234"):
        assert value not in kept, value


def vars_of(result) -> dict[str, object]:
    return {name: getattr(result, name) for name in result.__slots__}
