"""An extraction holds what was approved, and cannot be joined to another or to the warehouse."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.rights.extract import Extraction, extract
from limpide.rights.project import Refusal, read_project
from limpide.warehouse.layout import Layout
from tests.rights.hospital import rows

TODAY = date(2026, 11, 24)
BASE: dict[str, Any] = {
    "kind": "recherche", "opinion": {"body": "CSE", "reference": "1", "date": date(2026, 1, 5)},
    "project": "un", "purpose": "Étude", "approval": "CSE 1", "ends": date(2027, 1, 1),
    "tables": {
        "person": ["person_id", "person_source_value", "year_of_birth"],
        "visit_occurrence": ["visit_occurrence_id", "person_id", "provider_id", "visit_start_date"],
        "limpide_document": ["document_key", "note_id", "person_id", "person_key", "provider_id", "document_date"],
        "note_nlp": ["note_nlp_id", "note_id", "lexical_variant"],
        "provider": ["provider_id", "provider_source_value"],
    },
}  # fmt: skip


def made(layout: Layout, out: Path, **asked: Any) -> Extraction:
    return extract(layout, read_project(BASE | asked, TODAY), out, least=1)


def ask(done: Extraction, name: str, question: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(done.folder / f"{name}.duckdb"), read_only=True) as connection:
        return connection.execute(question).fetchall()


def test_only_approved_tables_and_columns_are_there(two_nights: Layout, tmp_path: Path) -> None:
    done = made(two_nights, tmp_path / "x")
    assert done.persons == 3
    found = ask(done, "un", "SELECT table_name, list(column_name) FROM duckdb_columns() WHERE NOT internal GROUP BY 1")
    assert {table: tuple(columns) for table, columns in found} == {t: tuple(c) for t, c in BASE["tables"].items()}


def test_references_hold_under_the_new_ids(two_nights: Layout, tmp_path: Path) -> None:
    done = made(two_nights, tmp_path / "x")
    question = (
        "SELECT count(*) FROM limpide_document d JOIN person p USING (person_id) JOIN provider USING (provider_id) "
        "WHERE d.person_key = p.person_source_value"
    )
    assert ask(done, "un", question) == [(len(rows(two_nights, "limpide_document")),)]
    assert ask(done, "un", "SELECT count(*) FROM note_nlp n JOIN limpide_document USING (note_id)") == [
        (len(rows(two_nights, "note_nlp")),)
    ]


def test_two_projects_share_no_pseudonym_and_neither_shares_one_with_the_warehouse(
    two_nights: Layout, tmp_path: Path
) -> None:
    one = made(two_nights, tmp_path / "1")
    two = made(two_nights, tmp_path / "2", project="deux")
    again = made(two_nights, tmp_path / "3", project="deux", approval="CSE 2")
    question = (
        "SELECT person_source_value FROM person UNION SELECT document_key FROM limpide_document "
        "UNION SELECT provider_source_value FROM provider"
    )
    keys = [
        {row[0] for row in ask(done, name, question)} for done, name in ((one, "un"), (two, "deux"), (again, "deux"))
    ]
    keys.append(
        {
            str(value)
            for table in ("person", "limpide_document", "provider")
            for row in rows(two_nights, table)
            for value in row
        }
    )
    for rank, left in enumerate(keys):
        for right in keys[rank + 1 :]:
            assert not left & right
    ids = {row[0] for row in ask(one, "un", "SELECT person_id FROM person")}
    assert ids == {1, 2, 3}


def test_genetic_data_are_extracted_under_keys_of_their_own(two_nights: Layout, tmp_path: Path) -> None:
    question = "SELECT person_source_value FROM person"
    plain = ask(made(two_nights, tmp_path / "1"), "un", question)
    genetic = ask(made(two_nights, tmp_path / "2", genetic=True), "un", question)
    assert len(plain) == len(genetic) == 3 and set(plain).isdisjoint(genetic)
    with pytest.raises(Refusal):
        made(two_nights, tmp_path / "3", genetic="oui")


def test_the_same_project_gives_the_same_pseudonyms_again(two_nights: Layout, tmp_path: Path) -> None:
    question = "SELECT * FROM person ORDER BY ALL"
    assert ask(made(two_nights, tmp_path / "1"), "un", question) == ask(
        made(two_nights, tmp_path / "2"), "un", question
    )


def test_population_and_period_bound_the_rows(two_nights: Layout, tmp_path: Path) -> None:
    asked = [{"table": "visit_occurrence", "where": {"visit_source_value": {"in": ["IMP"]}}}]
    done = made(two_nights, tmp_path / "1", population=asked)
    assert (done.persons, done.rows["limpide_document"]) == (2, 4)
    none = made(two_nights, tmp_path / "2", population=[asked[0] | {"not": True}])
    assert (none.persons, none.rows["limpide_document"]) == (1, 1)
    later = made(two_nights, tmp_path / "3", period={"from": date(2026, 11, 2)})
    assert (later.persons, later.rows["limpide_document"], later.rows["visit_occurrence"]) == (3, 0, 0)


def test_dates_move_by_a_constant_of_each_person_when_asked(two_nights: Layout, tmp_path: Path) -> None:
    tables = {
        "visit_occurrence": ["person_id", "visit_start_date", "visit_start_datetime"],
        "limpide_document": ["person_id", "document_date"],
    }
    plain = made(two_nights, tmp_path / "1", tables=tables)
    moved = made(two_nights, tmp_path / "2", tables=tables, shift_dates=True)
    question = "SELECT person_id, document_date FROM limpide_document ORDER BY ALL"
    shifts: dict[int, set[timedelta]] = {}
    for before, after in zip(ask(plain, "un", question), ask(moved, "un", question), strict=True):
        shifts.setdefault(before[0], set()).add(after[1] - before[1])
    assert all(len(found) == 1 for found in shifts.values())
    assert all(0 < abs(next(iter(found)).days) <= 182 for found in shifts.values())
    assert len({next(iter(found)) for found in shifts.values()}) > 1
    same = "SELECT bool_and(visit_start_datetime::DATE = visit_start_date) FROM visit_occurrence"
    assert ask(moved, "un", same) == [(True,)]


def test_an_extraction_says_what_it_is_and_is_traced(two_nights: Layout, tmp_path: Path) -> None:
    made(two_nights, tmp_path / "x")
    assert "01/01/2027" in (tmp_path / "x" / "LISEZMOI.md").read_text("utf-8")
    act = Audit(Vault(two_nights.vault)).acts()[-1]
    assert (act.what, act.facts["approval"], act.facts["persons"]) == ("extract", "CSE 1", 3)


def test_a_project_without_tables_or_into_a_used_folder_is_refused(two_nights: Layout, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        made(two_nights, tmp_path / "x", tables={})
    with pytest.raises(FileExistsError):
        made(two_nights, tmp_path)
