"""A vocabulary folder that the user brings: Athena's CSV files, or the same tables as Parquet.

Belongs here: turning it once into typed Parquet tables and an index from source code to concept. Does not belong
here: the concepts we ship (limpide/omop/concepts.py), what is done with a concept (mapping.py).

Athena (https://athena.ohdsi.org) gives tab-separated files in capitals (CONCEPT.csv, CONCEPT_RELATIONSHIP.csv...),
dates as YYYYMMDD. Select at least CIM10, CCAM, ATC, LOINC, SNOMED and UCUM. The index is an SQLite file: workers look
codes up without holding millions of concepts. A code that maps to several standard concepts gets none: choosing would
be a guess. Another vocabulary reaches the nights loaded from then on; load a night again to map it anew.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

from limpide.omop.concepts import systems, vocabulary_tables
from limpide.omop.schema import Table, tables
from limpide.warehouse.lake.parquet import session, write_query
from limpide.warehouse.layout import Layout

VARIABLE = "LIMPIDE_VOCABULARY"
INDEX = "index.sqlite"
NEEDED = ("concept", "concept_relationship", "vocabulary", "domain", "concept_class", "relationship")


class BadVocabulary(Exception):
    """The folder named by LIMPIDE_VOCABULARY lacks a table that every vocabulary download has."""


def folder() -> Path | None:
    """The user's vocabulary folder, None when none is named. Raises `BadVocabulary`."""
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    place = Path(named)
    missing = [table for table in NEEDED if _file(place, table) is None]
    if missing:
        raise BadVocabulary(f"{VARIABLE}: no {', '.join(missing)} in this folder")
    return place


def fingerprint(place: Path) -> str:
    """What tells one download from another: the versions it states, and the sizes of its files."""
    versions = _file(place, "vocabulary")
    assert versions is not None
    sizes = sorted((f.name.lower(), f.stat().st_size) for f in (_file(place, t) for t in _vocabulary_tables()) if f)
    return sha256(versions.read_bytes() + repr(sizes).encode()).hexdigest()


def prepare(place: Path, target: Path, spill: Path) -> Path:
    """The typed tables and the index of a vocabulary, made once in `target`/<fingerprint>; that folder."""
    done = target / fingerprint(place)[:32]
    if done.exists():
        return done
    draft = target / f".{done.name}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    with session(spill) as db:
        _ours(db)
        for name, table in _vocabulary_tables().items():
            found = _file(place, name)
            if found is None:
                continue
            keys = ", ".join(f'"{key}"' for key in (table.keys or table.names[:3]))
            db.execute(f"CREATE VIEW brought_{name} AS SELECT {_typed(found, table)}")
            source = f"brought_{name}"
            if table.keys:  # the few concepts we use ourselves are joinable whatever was selected
                same = " AND ".join(f'o."{key}" = b."{key}"' for key in table.keys)
                source = (
                    f"(SELECT * FROM brought_{name} UNION ALL BY NAME SELECT * FROM ours_{name} o "
                    f"WHERE NOT EXISTS (SELECT 1 FROM brought_{name} b WHERE {same}))"
                )
            write_query(draft / f"{name}.parquet", name, db, source, keys)
        _index(db, draft)
    draft.rename(done)
    return done


def identity() -> str:
    """The vocabulary in use, in one word: the fingerprint of the user's, or nothing."""
    place = folder()
    return fingerprint(place) if place else ""


def index(layout: Layout) -> Path | None:
    """The index of the user's vocabulary, prepared on first use; None without one."""
    place = folder()
    return prepare(place, layout.vocabulary, layout.work / "spill") / INDEX if place else None


def files(layout: Layout) -> dict[str, Path]:
    """The typed tables of the user's vocabulary, by name; empty without one."""
    place = folder()
    if place is None:
        return {}
    done = prepare(place, layout.vocabulary, layout.work / "spill")
    return {path.stem: path for path in sorted(done.glob("*.parquet"))}


def _vocabulary_tables() -> dict[str, Table]:
    return {name: table for name, table in tables().items() if table.schema == "VOCAB"}


def _file(place: Path, table: str) -> Path | None:
    for name in (f"{table}.parquet", f"{table.upper()}.csv", f"{table}.csv"):
        if (place / name).is_file():
            return place / name
    return None


def _typed(found: Path, table: Table) -> str:
    """Columns of a table out of a file, as the standard types them."""
    path = str(found).replace("'", "''")
    if found.suffix == ".parquet":
        columns = ", ".join(f'"{c.name}"::{c.type.partition("(")[0]} AS "{c.name}"' for c in table.columns)
        return f"{columns} FROM read_parquet('{path}')"
    shaped = []
    for c in table.columns:
        text = f"nullif(\"{c.name}\", '')" if not c.required else f'"{c.name}"'
        kind = c.type.partition("(")[0].lower()
        shaped.append(f"strptime({text}, '%Y%m%d')::DATE" if kind == "date" else f"{text}::{kind}")
    columns = ", ".join(f'{said} AS "{c.name}"' for said, c in zip(shaped, table.columns, strict=True))
    # No quoting: Athena's names hold lone quotation marks.
    return (
        f"{columns} FROM read_csv('{path}', delim = '\\t', quote = '', escape = '', header = true, all_varchar = true, "
        "null_padding = true)"
    )


def _ours(db: Any) -> None:
    """ours_<table>: the rows we ship."""
    import pyarrow as pa

    shipped = vocabulary_tables()
    for name, table in _vocabulary_tables().items():
        db.register("rows", pa.Table.from_pylist(shipped.get(name, []), schema=table.arrow()))
        db.execute(f"CREATE TABLE ours_{name} AS SELECT * FROM rows")
        db.unregister("rows")


def _index(db: Any, draft: Path) -> None:
    wanted = sorted({athena for _, athena in systems().values() if athena})
    answer = db.execute(
        f"""WITH c AS (SELECT * FROM read_parquet('{str(draft / "concept.parquet").replace("'", "''")}')),
        mapped AS (
            SELECT r.concept_id_1 AS id, min(t.concept_id) AS standard, min(t.domain_id) AS domain
            FROM brought_concept_relationship r JOIN c t ON t.concept_id = r.concept_id_2
            WHERE r.relationship_id = 'Maps to' AND r.invalid_reason IS NULL AND t.standard_concept = 'S'
                AND t.invalid_reason IS NULL
            GROUP BY 1 HAVING count(DISTINCT t.concept_id) = 1)
        SELECT DISTINCT ON (c.vocabulary_id, c.concept_code) c.vocabulary_id, c.concept_code, c.concept_id,
            CASE WHEN c.standard_concept = 'S' AND c.invalid_reason IS NULL THEN c.concept_id ELSE mapped.standard END,
            CASE WHEN c.standard_concept = 'S' AND c.invalid_reason IS NULL THEN c.domain_id ELSE mapped.domain END
        FROM c LEFT JOIN mapped ON mapped.id = c.concept_id
        WHERE c.vocabulary_id IN (SELECT unnest(?::VARCHAR[]))
        ORDER BY c.vocabulary_id, c.concept_code, c.invalid_reason NULLS FIRST, c.concept_id""",
        [wanted],
    )
    with closing(sqlite3.connect(draft / INDEX, isolation_level=None)) as index:
        index.execute("PRAGMA journal_mode=OFF")
        index.execute("BEGIN")
        index.execute(
            "CREATE TABLE codes (vocabulary TEXT, code TEXT, source INTEGER, standard INTEGER, domain TEXT, "
            "PRIMARY KEY (vocabulary, code)) WITHOUT ROWID"
        )
        while rows := answer.fetchmany(50_000):
            index.executemany("INSERT INTO codes VALUES (?, ?, ?, ?, ?)", rows)
        index.execute("COMMIT")
