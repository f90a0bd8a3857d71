"""A question reaches the tables of the snapshot, and nothing else of the machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.query import NotAQuestion, ask, connect
from limpide.warehouse.snapshots import manifest
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    root = tmp_path_factory.mktemp("asked")
    layout = Layout(root / "warehouse", root / "vault")
    send(root / "landing", "chu", "a.xml", cda("A", "Diabète de type 2 connu."))
    load(layout, root / "landing", date(2026, 11, 1))
    return layout


def answer(layout: Layout, sql: str) -> list[tuple[object, ...]]:
    connection, cursor = ask(layout, sql)
    with connection:
        rows: list[tuple[object, ...]] = cursor.fetchall()
    return rows


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*) FROM person", [(1,)]),
        ("FROM (VALUES (1), (2)) t(n) SELECT sum(n)", [(3,)]),
        ("WITH p AS (SELECT person_id FROM person) SELECT count(*) FROM p JOIN note USING (person_id)", [(1,)]),
        ("SELECT sum(range) FROM range(4)", [(6,)]),
        ("SELECT unnest([1, 2])", [(1,), (2,)]),
        ("SELECT count(*) > 40 FROM duckdb_views() WHERE NOT internal", [(True,)]),
    ],
)
def test_questions_are_answered(house: Layout, sql: str, rows: list[tuple[object, ...]]) -> None:
    assert answer(house, sql) == rows


@pytest.mark.parametrize(
    "sql", ["SHOW TABLES", "DESCRIBE person", "SUMMARIZE person", "EXPLAIN SELECT * FROM person",
            "PIVOT person ON gender_source_value USING count(*)"],
)  # fmt: skip
def test_what_looks_at_the_tables_is_a_question_too(house: Layout, sql: str) -> None:
    assert answer(house, sql)


ESCAPES = (
    "SELECT * FROM read_csv('{vault}/master.key')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM read_text('{vault}/master.key')",
    "SELECT * FROM read_blob('{vault}/master.key')",
    "SELECT * FROM read_json('/etc/hostname')",
    "SELECT * FROM read_parquet('{vault}/../other.parquet')",
    "SELECT * FROM parquet_scan('{file}')",
    "SELECT * FROM parquet_metadata('{file}')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM '{vault}/*.key'",
    "SELECT * FROM \"/etc/hosts.csv\"",
    "COPY person TO '/tmp/person.csv'",
    "COPY person TO '{file}' (FORMAT parquet)",
    "COPY (SELECT 1) TO '{file}'",
    "COPY person FROM '/etc/passwd'",
    "EXPORT DATABASE '/tmp/everything'",
    "IMPORT DATABASE '/tmp/everything'",
    "ATTACH '/tmp/other.duckdb'",
    "ATTACH '{ledger}' AS ledger (TYPE sqlite)",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "PRAGMA threads = 1",
    "INSTALL httpfs",
    "LOAD sqlite",
    "CREATE TABLE mine AS SELECT * FROM person",
    "CREATE TEMP TABLE mine AS SELECT * FROM person",
    "DELETE FROM person",
    "INSERT INTO person SELECT * FROM person",
    "DROP VIEW person",
    "SELECT 1; COPY person TO '/tmp/person.csv'",
    "SELECT 1; SELECT 2",
    "EXPLAIN ANALYZE COPY person TO '/tmp/person.csv'",
    "SELECT getenv('LIMPIDE_VAULT_KEY')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM sqlite_scan('{ledger}', 'documents')",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "WITH x AS MATERIALIZED (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
    "PIVOT read_csv('/etc/passwd') ON column0 USING count(*)",
    "SELECT * FROM layout",
    "PREPARE p AS SELECT 1",
    "CALL pragma_version()",
    "CHECKPOINT",
    "",
)  # fmt: skip


@pytest.mark.parametrize("sql", ESCAPES)
def test_what_reaches_further_is_refused(house: Layout, sql: str) -> None:
    file = next((house.data / "person").glob("*.parquet"))
    before = file.read_bytes()
    with pytest.raises((NotAQuestion, duckdb.Error)):
        answer(house, sql.format(vault=house.vault, ledger=house.ledger_path, file=file))
    assert file.read_bytes() == before
    assert not Path("/tmp/person.csv").exists()


def test_a_copy_of_a_warehouse_answers_from_its_own_files_in_every_snapshot(house: Layout, tmp_path: Path) -> None:
    shutil.copytree(house.warehouse, tmp_path / "copy", symlinks=True)
    shutil.copytree(house.vault, tmp_path / "vault")
    copy = Layout(tmp_path / "copy", tmp_path / "vault")
    with connect(copy) as connection:
        (sql,) = connection.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'note'").fetchone()
    assert str(copy.data) in sql and str(house.data) not in sql
    file = next((copy.data / "person").glob("*.parquet"))
    file.unlink()
    with pytest.raises(duckdb.Error):
        answer(copy, "SELECT * FROM person")
    assert manifest.numbers(copy) == [1]


def test_nobody_but_the_group_reads_the_warehouse_and_nobody_but_the_owner_its_ledger(tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from limpide.warehouse.layout import Layout, keep_from_others; from tests.warehouse.loading import load\n"
        "keep_from_others(); root = Path(sys.argv[1])\n"
        "load(Layout(root / 'warehouse', root / 'vault'), root / 'landing', date(2026, 11, 1))"
    )
    send(tmp_path / "landing", "chu", "a.xml", cda("A"))
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=Path(__file__).parents[2])
    modes = {path: path.stat().st_mode & 0o777 for path in (tmp_path / "warehouse").rglob("*") if path.is_file()}
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o027} == {}
    assert modes[tmp_path / "warehouse" / "ledger.sqlite"] == 0o600
