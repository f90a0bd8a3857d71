"""From the landing folder to a warehouse one can query, and again, and in another order."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from limpide.omop.schema import tables
from limpide.warehouse.explain import explain, history
from limpide.warehouse.layout import Busy, Layout
from limpide.warehouse.night.ingest import ingest
from limpide.warehouse.night.structuring import structure_night
from limpide.warehouse.query import NothingPublished, connect
from limpide.warehouse.snapshots import manifest
from limpide.warehouse.snapshots.account import account, conservation
from limpide.warehouse.snapshots.publication import NotValidated, current_snapshot, publish
from limpide.warehouse.snapshots.receipt import CheckResult, write_receipt
from tests.warehouse.loading import PASSED, load, prepare
from tests.warehouse.sender import cda, send

ONE, TWO, THREE = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Three nights loaded once, for tests that only ask."""
    root = tmp_path_factory.mktemp("three")
    layout = Layout(root / "warehouse", root / "vault")
    for night, folder in nights(root / "landing").items():
        load(layout, folder, night)
    return layout


def nights(landing: Path) -> dict[date, Path]:
    """Three nights of two hospitals: new documents, a replacement, duplicates, a broken file, a conflict of ids."""
    one, two, three = landing / "1", landing / "2", landing / "3"
    send(one, "chu", "a.xml", cda("A", patient="1", set_id="S", version=1, stay="V1"))
    send(one, "chu", "b.xml", cda("B", "Asthme ancien.", patient="2"))
    send(one, "chu", "broken.xml", b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id')
    send(one, "clinique", "c.xml", cda("C", "Hypertension artérielle.", patient="1"))
    send(two, "chu", "again.xml", cda("B", "Asthme ancien.", patient="2"))
    send(two, "chu", "a2.xml", cda("A2", "Diabète de type 2 équilibré.", patient="1", set_id="S", version=2, stay="V1"))
    send(two, "clinique", "d.xml", cda("D", "Insuffisance cardiaque.", patient="3"))
    send(three, "clinique", "c2.xml", cda("C2", "Hypertension traitée.", patient="1", replaces="C"))
    send(three, "clinique", "clash.xml", cda("D", "Un tout autre contenu.", patient="2"))
    return {ONE: one, TWO: two, THREE: three}


def ask(layout: Layout, question: str) -> list[tuple[Any, ...]]:
    connection = connect(layout)
    try:
        return list(connection.execute(question).fetchall())
    finally:
        connection.close()


def content(layout: Layout) -> dict[str, list[Any]]:
    """What is published, less integer ids, which depend on the order of nights."""
    out: dict[str, list[Any]] = {}
    for table in ("limpide_document", "limpide_fact", "limpide_section", "limpide_quarantine"):
        columns = ", ".join(n for n in tables()[table].names if not n.endswith("_id") or n == "document_id")
        out[table] = sorted(ask(layout, f"SELECT {columns} FROM {table}"), key=repr)
    for table in (
        "person",
        "visit_occurrence",
        "observation_period",
        "provider",
        "care_site",
        "location",
        "cdm_source",
    ):
        out[table] = sorted(ask(layout, f"SELECT * FROM {table}"), key=repr)
    for table in tables():
        out[f"count of {table}"] = ask(layout, f"SELECT count(*) FROM {table}")
    out["notes"] = sorted(ask(layout, "SELECT note_source_value, note_text, person_id FROM note"))
    out["conditions"] = sorted(
        ask(layout, "SELECT f.fact_key, c.* EXCLUDE (condition_occurrence_id) FROM limpide_fact f JOIN "
                   "condition_occurrence c "
                   "ON f.target_table = 'condition_occurrence' AND f.target_id = c.condition_occurrence_id"), key=repr,
    )  # fmt: skip
    return out


def files(layout: Layout) -> dict[str, bytes]:
    """The bytes of every published file."""
    last = manifest.current(layout)
    assert last is not None
    return {
        f"{t}/{e['name']}": (layout.data / t / e["name"]).read_bytes() for t, found in last.files.items() for e in found
    }


def test_a_document_is_asked_and_explained(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A", "Diabète de type 2 connu."))
    snapshot = load(layout, landing, ONE)
    assert (snapshot.number, snapshot.tables["note"], snapshot.tables["person"]) == (1, 1, 1)
    assert ask(layout, "SELECT gender_concept_id, year_of_birth, month_of_birth, day_of_birth FROM person") == [
        (8532, 1954, 3, None)
    ]
    ((row, code),) = ask(
        layout, "SELECT condition_occurrence_id, condition_source_value FROM condition_occurrence "
               "WHERE condition_source_value = 'E11'",
    )  # fmt: skip
    said = explain(layout, "condition_occurrence", row)
    assert (code, said.snippet is not None and "Diabète de type 2" in said.snippet, said.origin) == ("E11", True, "nlp")
    assert said.source == "chu" and said.night == "2026-11-01" and said.section_title == "Histoire de la maladie"
    assert said.engine and said.rule and said.start == 23
    ((person,),) = ask(layout, "SELECT person_id FROM person")
    assert explain(layout, "person", person).documents == [said.document_key]
    with pytest.raises(KeyError):
        explain(layout, "condition_occurrence", 999)
    with pytest.raises(KeyError):
        explain(layout, "concept", 0)


def test_every_table_can_be_asked_with_the_declared_types(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    load(layout, landing, ONE)
    connection = duckdb.connect()
    for table in tables().values():
        connection.execute(table.ddl())
        declared = [row[:2] for row in connection.execute(f'DESCRIBE "{table.name}"').fetchall()]
        assert [row[:2] for row in ask(layout, f'DESCRIBE "{table.name}"')] == declared, table.name


def test_the_same_night_twice_gives_the_same_bytes(layout: Layout, landing: Path) -> None:
    for night, folder in nights(landing).items():
        load(layout, folder, night)
    before, number = files(layout), current_snapshot(layout)
    for night, folder in nights(landing).items():
        report = load(layout, folder, night)
    assert files(layout) == before
    assert report == number


def empty_vault(key: Path, vault: Path) -> None:
    """An empty vault at `vault` with the master key of the one at `key`: their pseudonyms are then the same."""
    vault.mkdir(mode=0o700, parents=True)
    for name in ("master.key", "vault.json"):
        shutil.copy2(key / name, vault / name)
    (vault / "raw").mkdir(mode=0o700)


def test_a_warehouse_made_again_elsewhere_has_the_same_bytes(three: Layout, landing: Path, tmp_path: Path) -> None:
    """Same key, same documents: neither the folder nor the number of workers shows anywhere."""
    other = Layout(tmp_path / "elsewhere" / "warehouse", tmp_path / "elsewhere" / "vault")
    empty_vault(three.vault, other.vault)
    every = nights(landing)
    load(other, every[ONE], ONE, workers=2)
    load(other, every[TWO], TWO)
    load(other, every[THREE], THREE)
    assert files(other) == files(three)


def test_nights_in_any_order_give_the_same_content(three: Layout, landing: Path, tmp_path: Path) -> None:
    every = nights(landing)
    backwards = Layout(tmp_path / "backwards", three.vault)
    for night in reversed(every):
        load(backwards, every[night], night)
    assert content(backwards) == content(three)


def test_the_account_of_three_nights(three: Layout) -> None:
    layout = three
    chu, clinique = conservation(layout)
    assert (chu.received, chu.published, chu.superseded, chu.duplicated, chu.quarantined) == (5, 2, 1, 1, 1)
    assert (clinique.received, clinique.published, clinique.superseded, clinique.quarantined) == (4, 2, 1, 1)
    assert chu.balanced and clinique.balanced
    last = account(layout, THREE)
    assert last.quarantine == {"clinique": {"id_conflict": 1}}
    assert (last.replaced, last.files, last.pending, last.rows["note"]) == (1, 2, 0, 4)
    assert account(layout, ONE).quarantine["chu"].keys() <= {"malformed", "truncated"}


def test_conservation_before_publication_tells_what_would_be(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    ingest(layout, landing, ONE, "chu")
    assert conservation(layout)[0].waiting == 1
    prepare(layout, landing, ONE)
    (row,) = conservation(layout, ONE)
    assert row.balanced and row.published == 1
    assert account(layout, ONE).pending == 1


def test_a_replaced_document_leaves_the_published_files_and_only_its_own_are_written_again(
    layout: Layout, landing: Path
) -> None:
    every = nights(landing)
    load(layout, every[ONE], ONE)
    assert ask(layout, "SELECT count(*) FROM note WHERE note_text LIKE '%connu%'") == [(1,)]
    load(layout, every[TWO], TWO)
    before = manifest.current(layout)
    assert ask(layout, "SELECT count(*) FROM note WHERE note_text LIKE '%connu%'") == [(0,)]
    assert ask(layout, "SELECT count(*) FROM visit_occurrence") == [(1,)]
    load(layout, every[THREE], THREE)
    after = manifest.current(layout)
    assert before is not None and after is not None

    def of(snapshot: manifest.Manifest, night: date, source: str) -> list[str]:
        place = (night.isoformat(), source)
        return [
            e["name"] for found in snapshot.files.values() for e in found if (e.get("night"), e.get("source")) == place
        ]

    assert of(after, ONE, "chu") == of(before, ONE, "chu")
    assert of(after, TWO, "clinique") == of(before, TWO, "clinique")
    assert of(before, ONE, "clinique") and not of(after, ONE, "clinique")
    life = history(layout, "1.2.3^A")
    assert [(event.status, event.version) for event in life] == [("superseded", 1), ("published", 2)]
    assert all(event.file and event.file.endswith(".xml") for event in life)


def test_every_row_leads_somewhere(three: Layout) -> None:
    layout = three
    for table in tables().values():
        for column in table.columns:
            if column.references and column.references[0] not in ("concept", "domain", "vocabulary", "concept_class"):
                other, key = column.references
                orphans = ask(
                    layout,
                    f'SELECT count(*) FROM "{table.name}" t WHERE t."{column.name}" IS NOT NULL AND NOT EXISTS '
                    f'(SELECT 1 FROM "{other}" o WHERE o."{key}" = t."{column.name}")',
                )
                assert orphans == [(0,)], (table.name, column.name)
    assert ask(layout, "SELECT count(*) FROM note_nlp WHERE note_id NOT IN (SELECT note_id FROM note)") == [(0,)]
    unknown = ask(
        layout, "SELECT DISTINCT condition_concept_id FROM condition_occurrence WHERE condition_concept_id NOT IN "
               "(SELECT concept_id FROM concept)",
    )  # fmt: skip
    assert unknown == []


def test_every_column_that_is_filled_says_what_it_is_made_of(three: Layout) -> None:
    for name, table in tables().items():
        counts = ", ".join(f"count(nullif(CAST(\"{column.name}\" AS VARCHAR), '0'))" for column in table.columns)
        (filled,) = ask(three, f'SELECT {counts} FROM "{name}"')
        without = [c.name for c, count in zip(table.columns, filled, strict=True) if count and not c.fields]
        assert without == [], name


def test_files_are_sorted_by_person_and_date_and_carry_statistics(three: Layout) -> None:
    layout = three
    for path in layout.data.glob("condition_occurrence/*.parquet"):
        found = pq.ParquetFile(path)
        rows = found.read(["person_id", "condition_start_date", "condition_occurrence_id"]).to_pylist()
        assert rows == sorted(rows, key=lambda r: tuple(r.values()))
        if rows:
            chunk = found.metadata.row_group(0).column(0)
            assert chunk.compression == "ZSTD" and chunk.statistics.has_min_max


def test_no_identity_is_anywhere_in_the_warehouse(layout: Layout, landing: Path) -> None:
    for night, folder in nights(landing).items():
        load(layout, folder, night)
    send(
        landing / "9",
        "chu",
        "KERVADEC-Solenne.xml",
        cda("Z", "Vu par le Dr TREMAZAN pour Solenne KERVADEC7.", patient="7"),
    )
    load(layout, landing / "9", THREE)
    seen = bytearray()
    for path in layout.warehouse.rglob("*.parquet"):
        seen += repr(pq.read_table(path).to_pylist()).encode()
    with sqlite3.connect(layout.ledger_path) as ledger:
        for (table,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            seen += repr(ledger.execute(f"SELECT * FROM {table}").fetchall()).encode()
    for path in layout.warehouse.rglob("*.json"):
        seen += path.read_bytes()
    lowered = seen.decode().lower()
    for identity in ("kervadec", "solenne", "ipp1", "ipp7", "19540317", "1954-03-17", "1954, 3, 17", "tremazan",
                     "81000000001", ".xml"):  # fmt: skip
        assert identity not in lowered, identity


def test_nothing_is_published_without_a_receipt_for_this_very_data(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    first = prepare(layout, landing, ONE)
    with pytest.raises(NotValidated, match="no receipt"):
        publish(layout, first)
    for results in ([], [CheckResult("rows", "note", False, True, "not_applicable")]):
        write_receipt(layout, first, results)
        with pytest.raises(NotValidated, match="no blocking check passed"):
            publish(layout, first)
    write_receipt(layout, first, [PASSED, CheckResult("dates", "note", False, True, "failed", "note 12")])
    with pytest.raises(NotValidated, match="dates on note"):
        publish(layout, first)
    with pytest.raises(NothingPublished):
        connect(layout)
    assert current_snapshot(layout) is None

    write_receipt(layout, first, [PASSED, CheckResult("style", "note", False, False, "failed")])
    assert publish(layout, first).number == 1
    send(landing, "chu", "b.xml", cda("B"))
    second = prepare(layout, landing, TWO)
    assert second.sha256 != first.sha256
    with pytest.raises(NotValidated):
        publish(layout, second)
    assert ask(layout, "SELECT count(*) FROM note") == [(1,)]


def test_a_file_altered_after_the_checks_is_refused(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    candidate = prepare(layout, landing, ONE)
    write_receipt(layout, candidate, [PASSED])
    victim = candidate.tables["person"].files[0]
    sound = victim.read_bytes()
    victim.write_bytes(sound[:-1] + b"?")
    with pytest.raises(NotValidated, match="person"):
        publish(layout, candidate)
    victim.write_bytes(sound)
    assert publish(layout, candidate).number == 1


def test_a_receipt_that_contradicts_itself_is_not_written(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    candidate = prepare(layout, landing, ONE)
    with pytest.raises(ValueError, match="not_applicable"):
        write_receipt(layout, candidate, [CheckResult("rows", "note", True, True, "not_applicable")])


def test_older_snapshots_stay_readable_and_those_past_the_number_kept_leave_no_file(
    layout: Layout, landing: Path
) -> None:
    every = nights(landing)
    for night, folder in every.items():
        load(layout, folder, night, keep=2)
    assert manifest.numbers(layout) == [2, 3]
    old = duckdb.connect(str(manifest.catalog_path(layout, 2)), read_only=True)
    assert old.execute("SELECT count(*) FROM note").fetchone() == (4,)
    assert not manifest.catalog_path(layout, 1).exists()
    named = {(t, e["name"]) for n in (2, 3) for t, found in manifest.load(layout, n).files.items() for e in found}
    assert {(p.parent.name, p.name) for p in layout.data.glob("*/*.parquet")} == named


def test_the_catalogue_is_found_through_the_link_from_anywhere_and_speaks_french(
    layout: Layout, landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    monkeypatch.chdir(tmp_path)
    load(Layout(Path("warehouse"), Path("vault")), Path("landing"), ONE)
    monkeypatch.chdir("/")
    assert not layout.link.readlink().is_absolute()
    connection = duckdb.connect(str(layout.link), read_only=True)
    assert connection.execute("SELECT count(*) FROM note").fetchone() == (1,)
    assert connection.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'note'").fetchone() == (
        "Texte des documents, identités masquées",
    )


def test_a_warehouse_that_was_moved_gets_its_catalogue_again(layout: Layout, landing: Path, tmp_path: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    load(layout, landing, ONE)
    layout.warehouse.rename(tmp_path / "moved")
    moved = Layout(tmp_path / "moved", layout.vault)
    manifest.rebuild(moved)
    assert ask(moved, "SELECT count(*) FROM note") == [(1,)]


def test_a_reader_keeps_its_snapshot_while_another_is_published(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    load(layout, landing, ONE)
    reader = connect(layout)
    send(landing, "chu", "b.xml", cda("B", patient="2"))
    load(layout, landing, TWO)
    assert reader.execute("SELECT count(*) FROM note").fetchone() == (1,)
    assert ask(layout, "SELECT count(*) FROM note") == [(2,)]


def test_two_loads_cannot_run_at_once(layout: Layout, landing: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    send(landing, "chu", "a.xml", cda("A"))
    program = (
        "import sys; from pathlib import Path; from limpide.warehouse.layout import Layout\n"
        f"with Layout(Path({str(layout.warehouse)!r}), Path('v')).locked(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(Busy):
            ingest(layout, landing, ONE, "chu")
        other.communicate()
    assert ingest(layout, landing, ONE, "chu").new == 1


def test_a_person_without_a_birth_year_waits_until_a_document_tells_it(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A", birth=None))
    load(layout, landing, ONE)
    assert account(layout, ONE).quarantine == {"chu": {"no_patient": 1}}
    send(landing, "chu", "b.xml", cda("B", "Asthme."))
    load(layout, landing, TWO)
    assert account(layout, ONE).quarantine == {}
    assert ask(layout, "SELECT count(*) FROM note") == [(2,)]


def test_a_night_that_brings_nothing_new_publishes_nothing_new(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    first = load(layout, landing, ONE)
    assert load(layout, landing, TWO) == first


def test_structuring_again_reads_nothing_again(layout: Layout, landing: Path) -> None:
    send(landing, "chu", "a.xml", cda("A"))
    ingest(layout, landing, ONE, "chu")
    (first,) = structure_night(layout, ONE, ["chu"], workers=0)
    (again,) = structure_night(layout, ONE, ["chu"], workers=0)
    assert (first.unchanged, again.unchanged) == (False, True)
    assert (again.rows, again.structured, again.quarantined) == (first.rows, 1, {})
