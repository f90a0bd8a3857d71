"""Outside the vault, not one identity of the feed: Parquet, DuckDB, ledger, Dagster's storage and logs, Data Docs,
alerts, what is printed, temporary files. Two nights, as `limpide load` runs them in a process of its own."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from limpide.synth.feed import generate
from tests.byte_scan import Hit, Identities, scan

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """hospital/: the feed and the vault; house/: all that a load leaves elsewhere."""
    root = tmp_path_factory.mktemp("scan")
    generate(root / "hospital", documents=24, nights=2, seed=11)
    layout = root / "house"
    (layout / "tmp").mkdir(parents=True)
    command = [sys.executable, "-m", "pipelines.cli", "load", "--new", "--landing", str(root / "hospital" / "landing")]
    command += ["--warehouse", str(layout / "warehouse"), "--vault", str(root / "hospital" / "vault"), "--verbose"]
    places = {"DAGSTER_HOME": str(layout / "dagster"), "TMPDIR": str(layout / "tmp"), "HOME": str(layout)}
    with (layout / "printed.txt").open("wb") as printed:
        done = subprocess.run(
            command, cwd=Path(__file__).parents[2], env=os.environ | places, stdout=printed, stderr=subprocess.STDOUT
        )
    assert done.returncode == 0, (layout / "printed.txt").read_text("utf-8")[-3000:]
    return root


@pytest.fixture(scope="module")
def wanted(root: Path) -> Identities:
    return Identities.of(root / "hospital" / "truth" / "identities.jsonl")


def test_no_identity_of_the_feed_is_outside_the_vault(root: Path, wanted: Identities) -> None:
    layout = root / "house"
    assert len(wanted.known) > 30
    # The scan is of something: each of these was written by the load.
    for written in ("warehouse/limpide.duckdb", "warehouse/ledger.sqlite", "warehouse/docs/index.html", "printed.txt"):
        assert (layout / written).exists(), written
    for pattern in ("warehouse/data/note/*.parquet", "warehouse/lake/*/*/outcomes.parquet", "dagster/history/**/*.db"):
        assert list(layout.glob(pattern)), pattern
    assert [hit for hit in scan(layout, wanted) if hit] == []


def test_the_feed_itself_is_full_of_them(root: Path, wanted: Identities) -> None:
    """The same scan finds identities where they are: in what was sent, deflated or not."""
    hits = scan(root / "hospital" / "landing", wanted)
    assert {"ins", "family_birth", "given", "birth_date", "ipp"} <= {hit.kind for hit in hits}
    assert len({hit.rank for hit in hits}) > len(wanted.known) / 2


def test_one_identity_planted_anywhere_is_found(tmp_path: Path) -> None:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = Identities([("family_birth", "KERVADÉC"), ("ins", "254031234567847"), ("birth_date", "17/03/1954")])
    clean = tmp_path / "clean.txt"
    clean.write_text("Un kervadec en minuscules, 17/03/19540, 3254031234567847", "utf-8")
    assert scan(tmp_path, wanted) == []
    pq.write_table(pa.table({"note": ["vue : Kervadéc"]}), tmp_path / "a.parquet", compression="zstd")
    with duckdb.connect(str(tmp_path / "b.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT '2 54 03 12 345 678 47' AS said")
    (tmp_path / "c.gz").write_bytes(gzip.compress(b"<b>KERVADEC</b>"))
    (tmp_path / "d.log").write_bytes(b"\x00\x01" + zlib.compress(b"naissance 17/03/1954") + b"end")
    with sqlite3.connect(tmp_path / "e.db") as connection:
        connection.execute("CREATE TABLE events (body TEXT, packed BLOB)")
        connection.execute("INSERT INTO events VALUES (?, ?)", (json.dumps("né Kervadéc"), b""))
    (tmp_path / "f KERVADEC.txt").write_text("", "utf-8")
    (tmp_path / "g.txt").write_bytes("Kervadéc".encode("latin-1"))
    (tmp_path / "h.bin").write_bytes("KERVADEC".encode("utf-16-le"))
    assert [(Path(h.path).name[0], h.kind) for h in scan(tmp_path, wanted)] == [
        ("a", "family_birth"), ("b", "ins"), ("c", "family_birth"), ("d", "birth_date"), ("e", "family_birth"),
        ("f", "family_birth"), ("g", "family_birth"), ("h", "family_birth"),
    ]  # fmt: skip
    assert Hit("c.gz", "family_birth", 1).kind == wanted.known[1][0]
