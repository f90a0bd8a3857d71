"""The hospital of these tests: its nights, its persons, its messages, and what is asked of its warehouse."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from limpide.warehouse.layout import Layout

ONE, TWO, THREE = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)
IPP1, IPP2 = "IPP1@1.2.250.9.9", "IPP2@1.2.250.9.9"


def rows(layout: Layout, table: str, snapshot: int | None = None) -> list[tuple[Any, ...]]:
    """The rows of a table, of the current or of an older snapshot."""
    import duckdb

    path = layout.link if snapshot is None else layout.catalog / f"limpide-{snapshot}.duckdb"
    with duckdb.connect(str(path.resolve()), read_only=True) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def persons(layout: Layout, snapshot: int | None = None) -> int:
    return len(rows(layout, "person", snapshot))


def zfa(patient: str, value: str, at: str = "20261102103000") -> bytes:
    """An ADT message by which a person opposes being fed (IO), or no longer does (INO): ZFA-9, ZFA-10."""
    segments = [
        f"MSH|^~\\&|SIL|CHU|LIMPIDE|CHU|{at}||ADT^A31^ADT_A05|{patient}{value}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8",
        f"EVN||{at}",
        f"PID|||IPP{patient}^^^CHU&1.2.250.9.9&ISO^PI||KERVADEC{patient}^Solenne^^^^^L||19540317|F",
        "PV1||N",
        f"ZFA|||||||||{value}|{at}",
    ]
    return ("\r".join(segments) + "\r").encode()


def mdm(patient: str, document: bytes) -> bytes:
    """An MDM T02 message that carries a CDA document."""
    import base64

    payload = base64.b64encode(document).decode()
    segments = [
        f"MSH|^~\\&|SIL|CHU|LIMPIDE|CHU|20261101103000||MDM^T02^MDM_T02|m{patient}|P|2.5^FRA^2.11|||||FRA|UTF-8",
        "EVN||20261101103000",
        f"PID|||IPP{patient}^^^CHU&1.2.250.9.9&ISO^PI||KERVADEC{patient}^Solenne^^^^^L||19540317|F",
        "PV1||N",
        "TXA|1|CN|TX|20261101103000",
        f"OBX|1|ED|34112-3^Compte rendu^LN||^TEXT^XML^Base64^{payload}||||||F",
    ]
    return ("\r".join(segments) + "\r").encode()


def held(root: Path) -> bytes:
    """Every byte under a folder, Parquet and DuckDB as the values they hold, SQLite as its pages."""
    import duckdb
    import pyarrow.parquet as pq

    out = []
    for path in sorted(root.rglob("*")):
        out.append(str(path.relative_to(root)).encode())
        if path.is_symlink() or not path.is_file():
            continue
        out.append(path.read_bytes())
        if path.suffix == ".parquet":
            out.append(repr(pq.read_table(path).to_pydict()).encode())
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                out.append(repr(connection.execute("SELECT * FROM duckdb_views()").fetchall()).encode())
    return b"\n".join(out)
