"""What could be published: one immutable file list for every table, and the hash that stands for all of it.

Belongs here: copy-on-write of partitions, the manifest. Does not belong here: which document is current (currency.py),
checks, the switch of snapshots.

A partition (night × source) whose documents are all current is published as it lies in the lake, by a hard link. When
documents of it are superseded, deleted or duplicated, its files are written again without them. Partitions that nothing
touched keep the files of the current snapshot: a night costs what arrived.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from limpide.omop.schema import EVENT_TABLES, PARTITIONED, described, tables
from limpide.warehouse import scores, vocabulary
from limpide.warehouse.lake import partition
from limpide.warehouse.lake.files import canonical, read_json, sha256_of, sync_folder, write_json
from limpide.warehouse.lake.parquet import listed, session, settle, write_query, write_rows
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.ledger.resolution import decide, keep_pending
from limpide.warehouse.ledger.versions import Verdict
from limpide.warehouse.snapshots import derived, dimensions, manifest

Entry = dict[str, Any]  # one file of a manifest: name, sha256, rows, and night and source for partitioned tables


@dataclass(frozen=True, slots=True)
class TableState:
    """One table of a candidate. `files` are absolute paths; `new_files` those the current snapshot does not have;
    `near_files` those of partitions of which any table has a new file."""

    files: list[Path]
    rows: int
    new_files: list[Path]
    sha256: str
    near_files: list[Path]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A complete set of tables, not yet published. `sha256` is the hash of its manifest, hence of all its data."""

    sha256: str
    path: Path
    night: date
    tables: dict[str, TableState] = field(default_factory=dict)


def build_candidate(layout: Layout, night: date) -> Candidate:
    """Every table as it should be after `night`. Same inputs, same bytes, same hash. Raises `Busy`."""
    with layout.locked(), opened(layout) as ledger:
        manifest.recover(layout, ledger)
        shutil.rmtree(layout.work, ignore_errors=True)
        layout.work.mkdir(parents=True)
        verdicts = decide(ledger)
        base = manifest.current(layout)
        parts, files = _partitions(layout, ledger, verdicts, base)
        with session(layout.work / "spill") as db:
            files |= _dimensions(layout, db, files, ledger, verdicts)
            files |= _static(layout, files, base)
            files |= _derived(layout, db, files)
        content = {"format": 1, "described": _described(), "tables": {name: files[name] for name in sorted(files)}}
        digest = sha256(canonical(content)).hexdigest()
        for table in files:
            sync_folder(layout.data / table)
        path = layout.candidates / f"{digest}.json"
        write_json(path, {"content": content, "partitions": parts, "sha256": digest, "night": night.isoformat(),
                          "base": base.number if base else None})  # fmt: skip
        keep_pending(ledger, verdicts, digest)
        shutil.rmtree(layout.work, ignore_errors=True)
    return load_candidate(layout, digest)


def load_candidate(layout: Layout, sha256: str) -> Candidate:
    """A candidate built before, from its manifest. Raises FileNotFoundError."""
    path = layout.candidates / f"{sha256}.json"
    said = read_json(path)
    base = manifest.current(layout)
    served = {f["name"] for entries in base.files.values() for f in entries} if base else set()
    content: dict[str, list[Entry]] = said["content"]["tables"]
    touched = {_place(e) for entries in content.values() for e in entries if e["name"] not in served}
    states = {}
    for table, entries in content.items():
        paths = [layout.data / table / e["name"] for e in entries]
        states[table] = TableState(
            files=paths,
            rows=sum(e["rows"] for e in entries),
            new_files=[p for p in paths if p.name not in served],
            sha256=_digest(entries),
            near_files=[path for path, e in zip(paths, entries, strict=True) if _place(e) in touched],
        )
    return Candidate(said["sha256"], path, date.fromisoformat(said["night"]), states)


def _place(entry: Entry) -> tuple[str, str] | str:
    """The partition of a file; its own name for a table that has none."""
    return (entry["night"], entry["source"]) if "night" in entry else str(entry["name"])


def _digest(value: Any) -> str:
    return sha256(canonical(value)).hexdigest()


def _partitions(
    layout: Layout, ledger: Ledger, verdicts: dict[str, Verdict], base: manifest.Manifest | None
) -> tuple[list[Entry], dict[str, list[Entry]]]:
    """Files of partitioned tables, reused where nothing changed, and what each partition was made from."""
    before = {(p["night"], p["source"]): p for p in base.partitions} if base else {}
    kept: dict[tuple[str, str], dict[str, Entry]] = {}
    if base:
        for table in PARTITIONED:
            for entry in base.files.get(table, []):
                if "night" in entry:
                    kept.setdefault((entry["night"], entry["source"]), {})[table] = entry
    parts: list[Entry] = []
    files: dict[str, list[Entry]] = {table: [] for table in PARTITIONED}
    touched = _touched(ledger, verdicts)
    for night, source, lake in ledger.db.execute(
        "SELECT night, source, lake FROM partitions ORDER BY night, source"
    ).fetchall():
        place, was = (night, source), before.get((night, source))
        if was and was["lake"] == lake and place not in touched:
            part, made = was, kept.get(place, {})
        else:
            left_out = _left_out(ledger, verdicts, place)
            part = {"night": night, "source": source, "lake": lake, "left_out": _digest(left_out)}
            same = was is not None and was == part
            made = kept.get(place, {}) if same else _publishable(layout, place, left_out)
        parts.append(part)
        for table, entry in made.items():
            files[table].append(entry)
    return parts, files


def _touched(ledger: Ledger, verdicts: dict[str, Verdict]) -> set[tuple[str, str]]:
    rows = ledger.db.execute("SELECT DISTINCT night, source FROM documents JOIN temp.touched USING (document_key)")
    return {(row[0], row[1]) for row in rows} if verdicts else set()


def _left_out(ledger: Ledger, verdicts: dict[str, Verdict], place: tuple[str, str]) -> list[str]:
    """Documents of a partition that were read but are not to be published."""
    rows = ledger.db.execute(
        "SELECT document_key, status FROM documents WHERE night = ? AND source = ? AND outcome = 'ok' ORDER BY 1", place
    )
    return [key for key, status in rows if (verdicts[key].status if key in verdicts else status) != "published"]


def _publishable(layout: Layout, place: tuple[str, str], left_out: list[str]) -> dict[str, Entry]:
    """One file a table for a partition: the lake's own, or one without the documents left out. No file without rows."""
    done = partition.load(layout, date.fromisoformat(place[0]), place[1])
    if done is None:
        raise FileNotFoundError(f"the lake lost {place[0]}/{place[1]}: structure it again")
    made: dict[str, Entry] = {}
    if not left_out:
        for table, (digest, rows) in done.files.items():
            if rows:
                name = f"{digest[:32]}.parquet"
                _link(done.folder / f"{table}.parquet", layout.data / table / name)
                made[table] = {"name": name, "sha256": digest, "rows": rows, "night": place[0], "source": place[1]}
        return made
    with session(layout.work / "spill") as db:
        db.execute("CREATE TABLE left_out AS SELECT unnest(?::VARCHAR[]) AS document_key", [left_out])
        for table in PARTITIONED:
            db.execute(f"CREATE VIEW lake_{table} AS SELECT * FROM {listed([done.folder / f'{table}.parquet'])}")
        for table in PARTITIONED:
            draft = layout.work / f"{table}.parquet"
            query = f"(SELECT * FROM lake_{table} WHERE {_kept(table)})"
            rows = write_query(draft, table, db, query, partition.published_order(table))
            if rows:
                name, digest = settle(draft, layout.data / table)
                made[table] = {"name": name, "sha256": digest, "rows": rows, "night": place[0], "source": place[1]}
    return made


def _kept(table: str) -> str:
    if table in EVENT_TABLES:
        return (
            f"{tables()[table].keys[0]} NOT IN (SELECT target_id FROM lake_limpide_fact JOIN left_out "
            f"USING (document_key) WHERE target_table = '{table}')"
        )
    if table in ("note", "note_nlp"):
        return "note_id NOT IN (SELECT note_id FROM lake_limpide_document JOIN left_out USING (document_key))"
    return "document_key NOT IN (SELECT document_key FROM left_out)"


def _link(lake: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        os.link(lake, target)


def _dimensions(
    layout: Layout, db: Any, files: dict[str, list[Entry]], ledger: Ledger, verdicts: dict[str, Verdict]
) -> dict[str, list[Entry]]:
    documents = [layout.data / "limpide_document" / e["name"] for e in files["limpide_document"]]
    out: dict[str, list[Entry]] = {}
    if documents:
        db.execute(f"CREATE VIEW documents AS SELECT * FROM {listed(documents)}")
        for table, (query, order) in dimensions.QUERIES.items():
            shape = tables()[table]
            given = {row[0] for row in db.execute(f"DESCRIBE {query}").fetchall()}
            types = tuple(column.type.partition("(")[0] for column in shape.columns)
            draft = layout.work / f"{table}.parquet"
            rows = write_query(draft, table, db, dimensions.complete(query, shape.names, types, given), order)
            if rows:
                out[table] = [_settled(layout, table, draft, rows)]
    nights = [date.fromisoformat(e["night"]) for e in files["limpide_document"]]
    holder = os.environ.get("LIMPIDE_HOLDER", "Limpide")
    out["cdm_source"] = [_written(layout, "cdm_source", dimensions.cdm_source(nights, holder))]
    quarantine = _quarantine(ledger, verdicts)
    if quarantine:
        out["limpide_quarantine"] = [_written(layout, "limpide_quarantine", quarantine)]
    return out


def _derived(layout: Layout, db: Any, files: dict[str, list[Entry]]) -> dict[str, list[Entry]]:
    """Tables derived from events; one keeps its empty file where there is no row."""
    for table in derived.INPUTS:
        paths = [layout.data / table / entry["name"] for entry in files[table]]
        db.execute(f"CREATE VIEW {table} AS SELECT * FROM {listed(paths)}")
    out: dict[str, list[Entry]] = {}
    for table, (query, order) in derived.QUERIES.items():
        draft = layout.work / f"{table}.parquet"
        rows = write_query(draft, table, db, f"({query})", order)
        if rows:
            out[table] = [_settled(layout, table, draft, rows)]
    return out


def _quarantine(ledger: Ledger, verdicts: dict[str, Verdict]) -> list[dict[str, Any]]:
    rows = ledger.db.execute(
        "SELECT document_key, night, source, format, status, reason, outcome_detail FROM documents "
        "WHERE status = 'quarantined' OR dirty = 1 OR document_key IN (SELECT document_key FROM temp.touched) "
        "ORDER BY night, source, document_key"
    )
    out = []
    for row in rows:
        verdict = verdicts.get(row["document_key"])
        status, reason = (verdict.status, verdict.reason) if verdict else (row["status"], row["reason"])
        if status == "quarantined":
            out.append(
                {
                    "document_key": row["document_key"],
                    "night": date.fromisoformat(row["night"]),
                    "source": row["source"],
                    "format": row["format"],
                    "reason": reason,
                    "detail": row["outcome_detail"],
                }
            )
    return out


def _static(layout: Layout, files: dict[str, list[Entry]], base: manifest.Manifest | None) -> dict[str, list[Entry]]:
    """Vocabulary tables, and one empty file for each table that has no row: every table can be asked."""
    brought = vocabulary.files(layout)
    fixed = {table: rows for table, rows in dimensions.static().items() if table not in brought}
    same = base.files if base and base.described == _described() else {}
    out: dict[str, list[Entry]] = {}
    for table in tables():
        if table in brought:
            out[table] = same.get(table) or [_brought(layout, table, brought[table])]
        elif table == "limpide_score":
            out[table] = [_written(layout, table, scores.score_rows(layout))]  # the hospital's exam may be new
        elif table in fixed:
            out[table] = same.get(table) or [_written(layout, table, fixed[table])]
        elif not files.get(table):
            empty = [entry for entry in same.get(table, []) if not entry["rows"]]
            out[table] = empty or [_written(layout, table, [])]
    return out


def _described() -> str:
    """The hash of all that decides static tables: descriptions, concepts shipped, the user's vocabulary."""
    return _digest([described(), vocabulary.identity()])


def _brought(layout: Layout, table: str, path: Path) -> Entry:
    """A table of the user's vocabulary, by a hard link."""
    import pyarrow.parquet as pq

    digest = sha256_of(path)
    name = f"{digest[:32]}.parquet"
    _link(path, layout.data / table / name)
    return {"name": name, "sha256": digest, "rows": pq.read_metadata(path).num_rows}


def _written(layout: Layout, table: str, rows: list[dict[str, Any]]) -> Entry:
    draft = layout.work / f"{table}.parquet"
    return _settled(layout, table, draft, write_rows(draft, table, rows))


def _settled(layout: Layout, table: str, draft: Path, rows: int) -> Entry:
    name, digest = settle(draft, layout.data / table)
    return {"name": name, "sha256": digest, "rows": rows}
