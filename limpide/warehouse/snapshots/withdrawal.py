"""Documents that must leave what was already written: lake, every snapshot kept, manifests, catalogues, receipts.

Belongs here: copy-on-write of the files that hold them, and bringing the ledger to the oppositions of the vault.
Does not belong here: who may ask (limpide/rights), raw bytes and identities (limpide/identity).

Only files that hold a row of the documents are written again, with the other rows as they were; all others keep their
bytes and their names. Every step can be done twice: a withdrawal killed midway is finished by asking for it again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from limpide.identity.vault.opposition import Oppositions
from limpide.identity.vault.vault import Vault
from limpide.omop.schema import EVENT_TABLES, PARTITIONED, tables
from limpide.warehouse.lake import partition
from limpide.warehouse.lake.files import canonical, sha256_of, sync_folder, write_json
from limpide.warehouse.lake.parquet import listed, session, settle, write_query, write_rows
from limpide.warehouse.lake.staged import OUTCOMES
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger
from limpide.warehouse.snapshots import derived, dimensions, manifest

Entry = dict[str, Any]
Place = tuple[str, str]  # night, source
_BY_PERSON = ("person", "observation_period", "visit_occurrence", "condition_era", "drug_era", "death")
_BY_USE = {"provider": "provider_id", "care_site": "care_site_id", "location": "location_id"}


@dataclass(slots=True)
class Withdrawn:
    """What a withdrawal wrote again. `rows`: rows removed, by table, of the current snapshot; files by sha256."""

    documents: int = 0
    snapshots: list[int] = field(default_factory=list)
    lake_files: list[str] = field(default_factory=list)
    data_files: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)


def enforce(layout: Layout, ledger: Ledger) -> tuple[Withdrawn, list[Place]]:
    """Bring the warehouse to the register of oppositions; what was withdrawn, and the partitions to read again.

    Documents of opposed persons leave lake and snapshots at once, whatever a validation says later. Those of persons
    who no longer oppose come back by reading their partition again, from the vault: nothing else of them is left.
    The caller holds the lock.
    """
    vault = Vault(layout.vault)
    register = Oppositions(vault)
    if not register:
        return Withdrawn(), []
    register.spread(vault.identities)
    opposed = register.opposed()
    vault.close()
    db = ledger.db
    db.execute("CREATE TEMP TABLE IF NOT EXISTS opposed (person_key TEXT PRIMARY KEY) WITHOUT ROWID")
    db.execute("DELETE FROM temp.opposed")
    db.executemany("INSERT INTO temp.opposed VALUES (?)", [(key,) for key in sorted(opposed)])
    leaving = [
        row[0]
        for row in db.execute(
            "SELECT document_key FROM documents JOIN temp.opposed USING (person_key) WHERE outcome = 'ok' OR "
            "(outcome = 'opposed' AND status NOT IN ('opposed', 'received')) ORDER BY 1"
        )
    ]
    withdrawn = withdraw(layout, ledger, leaving, outcome="opposed") if leaving else Withdrawn()
    back = [
        (row[0], row[1])
        for row in db.execute(
            "SELECT DISTINCT night, source FROM documents WHERE outcome = 'opposed' AND "
            "person_key NOT IN (SELECT person_key FROM temp.opposed) ORDER BY 1, 2"
        )
    ]
    for night, source in back:
        path = partition.folder_of(layout, date.fromisoformat(night), source) / "partition.json"
        if path.exists():
            write_json(path, json.loads(path.read_text("utf-8")) | {"inputs": "an opposition was taken back"})
    return withdrawn, back


def withdraw(layout: Layout, ledger: Ledger, documents: Collection[str], *, outcome: str | None) -> Withdrawn:
    """Take documents out of lake, kept snapshots and receipts. The caller holds the lock.

    `outcome`: what the ledger and the lake's outcomes now say of them ('opposed'); None leaves no line of them in the
    lake and lets the caller settle the ledger.
    """
    done = Withdrawn(documents=len(documents))
    keys = sorted(documents)
    places = {
        (row["night"], row["source"])
        for key in keys
        for row in ledger.db.execute("SELECT night, source FROM documents WHERE document_key = ?", (key,))
    }
    shutil.rmtree(layout.work, ignore_errors=True)
    layout.work.mkdir(parents=True)
    for night, source in sorted(places):
        _lake(layout, ledger, (night, source), keys, outcome, done)
    _snapshots(layout, keys, done)
    with ledger.writing() as db:
        # A candidate that waits for its publication holds them too: it is built again.
        db.execute(
            "UPDATE documents SET pending_candidate = NULL, pending_status = NULL, pending_reason = NULL, "
            "pending_superseded_by = NULL, dirty = 1 WHERE pending_candidate IS NOT NULL"
        )
        if outcome:
            db.executemany(
                "UPDATE documents SET outcome = ?1, status = ?1, reason = NULL, superseded_by = NULL, dirty = 1 "
                "WHERE document_key = ?2",
                [(outcome, key) for key in keys],
            )
    shutil.rmtree(layout.work, ignore_errors=True)
    return done


def sweep(layout: Layout) -> None:
    """Remove data files that no snapshot names, and candidates that are no snapshot's."""
    kept = [manifest.load(layout, number) for number in manifest.numbers(layout)]
    named = {(table, e["name"]) for s in kept for table, entries in s.files.items() for e in entries}
    for path in layout.data.glob("*/*.parquet"):
        if (path.parent.name, path.name) not in named:
            path.unlink()
    candidates = {snapshot.candidate for snapshot in kept}
    for path in layout.candidates.glob("*.json"):
        if path.stem not in candidates:
            path.unlink()


# The lake


def _lake(layout: Layout, ledger: Ledger, place: Place, keys: list[str], outcome: str | None, done: Withdrawn) -> None:
    """One partition without the documents; ids, order and bytes of the other tables stay."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    night = date.fromisoformat(place[0])
    found = partition.load(layout, night, place[1])
    if found is None:
        return  # never finished, or half replaced by a kill: it will be read again
    made = layout.work / "lake"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    paths = {table: [found.folder / f"{table}.parquet"] for table in PARTITIONED}
    changed = _without(layout, paths, keys, made)
    outcomes = pq.read_table(found.folder / f"{OUTCOMES}.parquet")
    theirs = pc.is_in(outcomes["document_key"], value_set=pa.array(keys, pa.string()))
    if outcome:
        told = pc.if_else(theirs, pa.scalar(outcome), outcomes["outcome"])
        outcomes = outcomes.set_column(outcomes.column_names.index("outcome"), outcomes.field("outcome"), told)
    else:
        outcomes = outcomes.filter(pc.invert(theirs))
    pq.write_table(outcomes, made / f"{OUTCOMES}.parquet", compression="zstd")
    done.lake_files += [found.files[table][0] for table in changed]
    # One rename a file, partition.json last: hashes are taken anew, so that a kill in between is mended by a second go.
    for path in sorted(made.iterdir()):
        path.rename(found.folder / path.name)
    sync_folder(found.folder)
    files = {
        table: (sha256_of(path := found.folder / f"{table}.parquet"), pq.read_metadata(path).num_rows)
        for table in found.files
    }
    lake = sha256(canonical({"files": files, "inputs": found.inputs, "engine": found.engine})).hexdigest()
    said: Entry = {"inputs": found.inputs, "engine": found.engine, "files": files, "lake": lake}
    said["generation"] = found.generation
    write_json(found.folder / "partition.json", said)
    with ledger.writing() as db:
        db.execute("INSERT OR REPLACE INTO partitions VALUES (?, ?, ?)", (*place, lake))
        # What the ledger was told no longer holds: read again, the very same lake must be told anew.
        db.execute("DELETE FROM meta WHERE key = ?", (f"told:{place[0]}:{place[1]}",))


def _without(layout: Layout, paths: dict[str, list[Path]], keys: list[str], out: Path) -> dict[str, int]:
    """Write each table of one partition that holds rows of the documents again, without them; rows left, by table."""
    changed: dict[str, int] = {}
    if not paths.get("limpide_document"):
        return changed
    with session(layout.work / "spill") as db:
        db.execute("CREATE TABLE gone AS SELECT unnest(?::VARCHAR[]) AS document_key", [keys])
        for table in PARTITIONED:
            if paths.get(table):
                db.execute(f"CREATE VIEW t_{table} AS SELECT * FROM {listed(paths[table])}")
            else:
                db.execute(tables()[table].ddl().replace(f'"{table}"', f'"t_{table}"', 1))
        for table in PARTITIONED:
            gone = _gone(table)
            if paths.get(table) and db.execute(f"SELECT count(*) FROM t_{table} WHERE {gone}").fetchall()[0][0]:
                query = f"(SELECT * FROM t_{table} WHERE NOT {gone})"
                order = partition.published_order(table)
                changed[table] = write_query(out / f"{table}.parquet", table, db, query, order)
    return changed


def _gone(table: str) -> str:
    if table in EVENT_TABLES:
        return (
            f"({tables()[table].keys[0]} IN (SELECT target_id FROM t_limpide_fact JOIN gone USING (document_key) "
            f"WHERE target_table = '{table}'))"
        )
    if table in ("note", "note_nlp"):
        return "(note_id IN (SELECT note_id FROM t_limpide_document JOIN gone USING (document_key)))"
    return "(document_key IN (SELECT document_key FROM gone))"


# Snapshots


def _snapshots(layout: Layout, keys: list[str], done: Withdrawn) -> None:
    """Every kept snapshot without the documents: files, manifest, receipt, catalogue. Then what nobody names goes."""
    parts: dict[tuple[str, ...], dict[str, Entry]] = {}
    dims: dict[tuple[str, ...], dict[str, list[Entry]]] = {}
    numbers = manifest.numbers(layout)
    replaced: set[str] = set()
    for number in numbers:
        found = manifest.load(layout, number)
        files = {table: list(entries) for table, entries in found.files.items()}
        affected = _affected(layout, files, keys)
        touched = bool(affected)
        if touched:
            files = _partitions(layout, files, keys, parts)
            before = sorted(e["name"] for table in (*_BY_PERSON, *_BY_USE) for e in found.files.get(table, []))
            names = (*before, *(e["name"] for e in files["limpide_document"]))
            if names not in dims:
                dims[names] = _dimensions(layout, found.files, files, affected)
            files |= dims[names]
        touched |= _quarantine(layout, files, keys)
        if not touched:
            continue
        for table in tables():
            if not files.get(table):
                files[table] = [_settled(layout, table, _draft_rows(layout, table, []), 0)]
        old = {e["sha256"] for entries in found.files.values() for e in entries}
        done.data_files += sorted(
            old - {e["sha256"] for entries in files.values() for e in entries} - set(done.data_files)
        )
        done.snapshots.append(number)
        if number == numbers[-1]:
            done.rows = _removed(found.files, files)
        _rewrite(layout, number, found, files, keys)
        replaced.add(found.candidate)
    sweep(layout)
    current = {manifest.load(layout, number).candidate for number in numbers}
    for path in sorted(layout.receipts.glob("*.json")):
        text = path.read_text("utf-8")
        if path.stem in replaced - current:
            path.unlink()
        elif (shown := _unnamed(text, keys)) != text:
            write_json(path, json.loads(shown))


def _affected(layout: Layout, files: dict[str, list[Entry]], keys: list[str]) -> list[int]:
    """Persons of this snapshot whose documents leave."""
    paths = [layout.data / "limpide_document" / e["name"] for e in files.get("limpide_document", [])]
    if not paths:
        return []
    with session(layout.work / "spill") as db:
        query = f"SELECT DISTINCT person_id FROM {listed(paths)} WHERE document_key IN (SELECT unnest(?::VARCHAR[]))"
        return sorted(row[0] for row in db.execute(query, [keys]).fetchall())


def _partitions(
    layout: Layout, files: dict[str, list[Entry]], keys: list[str], cache: dict[tuple[str, ...], dict[str, Entry]]
) -> dict[str, list[Entry]]:
    """The files of partitioned tables; those of one night and source are looked at together, once for all snapshots."""
    groups: dict[Place, dict[str, Entry]] = {}
    for table in PARTITIONED:
        for entry in files.get(table, []):
            if "night" in entry:
                groups.setdefault((entry["night"], entry["source"]), {})[table] = entry
    out = {table: entries for table, entries in files.items() if table not in PARTITIONED}
    out |= {table: [] for table in PARTITIONED}
    for (night, source), group in sorted(groups.items()):
        names = tuple(f"{table}/{group[table]['name']}" for table in sorted(group))
        if names not in cache:
            made = layout.work / "part"
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            paths = {table: [layout.data / table / entry["name"]] for table, entry in group.items()}
            left = dict(group)
            for table, rows in _without(layout, paths, keys, made).items():
                del left[table]
                if rows:
                    entry = _settled(layout, table, made / f"{table}.parquet", rows)
                    left[table] = entry | {"night": night, "source": source}
            cache[names] = left
        for table, entry in cache[names].items():
            out[table].append(entry)
    return out


def _dimensions(
    layout: Layout, before: dict[str, list[Entry]], files: dict[str, list[Entry]], affected: list[int]
) -> dict[str, list[Entry]]:
    """Persons, visits and periods of the persons affected, computed again from what is left of their documents; rows of
    everybody else as they were. Authors and places leave when nobody's document names them any more."""
    out: dict[str, list[Entry]] = {}
    documents = [layout.data / "limpide_document" / e["name"] for e in files["limpide_document"]]
    with session(layout.work / "spill") as db:
        if documents:
            db.execute(f"CREATE VIEW documents AS SELECT * FROM {listed(documents)}")
        else:
            db.execute(tables()["limpide_document"].ddl().replace('"limpide_document"', "documents", 1))
        db.execute("CREATE TABLE affected AS SELECT unnest(?::INTEGER[]) AS person_id", [affected])
        for table in derived.INPUTS:
            paths = [layout.data / table / e["name"] for e in files.get(table) or before[table]]
            db.execute(f"CREATE VIEW {table} AS SELECT * FROM {listed(paths)}")
        queries = dimensions.QUERIES | derived.QUERIES
        for table in (*_BY_PERSON, *_BY_USE):
            if not before.get(table):
                continue
            described = tables()[table]
            query, order = queries[table]
            given = {row[0] for row in db.execute(f"DESCRIBE {query}").fetchall()}
            types = tuple(column.type.partition("(")[0] for column in described.columns)
            again = dimensions.complete(query, described.names, types, given)
            old = f"(SELECT * FROM {listed([layout.data / table / e['name'] for e in before[table]])})"
            if table in _BY_PERSON:
                mine = "person_id IN (SELECT person_id FROM affected)"
                new = f"(SELECT * FROM {old} WHERE NOT {mine} UNION ALL BY NAME SELECT * FROM {again} WHERE {mine})"
            else:
                key = _BY_USE[table]
                new = f"(SELECT * FROM {old} WHERE {key} IN (SELECT {key} FROM {again}))"
            draft = layout.work / f"{table}.parquet"
            out[table] = [_settled(layout, table, draft, write_query(draft, table, db, new, order))]
    return out


def _quarantine(layout: Layout, files: dict[str, list[Entry]], keys: list[str]) -> bool:
    """Leave the documents out of the list of quarantine; whether any was there."""
    entries = files.get("limpide_quarantine", [])
    paths = [layout.data / "limpide_quarantine" / e["name"] for e in entries]
    if not paths:
        return False
    with session(layout.work / "spill") as db:
        db.execute("CREATE TABLE gone AS SELECT unnest(?::VARCHAR[]) AS document_key", [keys])
        mine = "document_key IN (SELECT document_key FROM gone)"
        if not db.execute(f"SELECT count(*) FROM {listed(paths)} WHERE {mine}").fetchall()[0][0]:
            return False
        draft = layout.work / "limpide_quarantine.parquet"
        query = f"(SELECT * FROM {listed(paths)} WHERE NOT {mine})"
        rows = write_query(draft, "limpide_quarantine", db, query, "night, source, document_key")
        files["limpide_quarantine"] = [_settled(layout, "limpide_quarantine", draft, rows)]
    return True


def _rewrite(
    layout: Layout, number: int, found: manifest.Manifest, files: dict[str, list[Entry]], keys: list[str]
) -> None:
    """The snapshot under its new hash; its manifest last, so that a kill before it is mended by a second go."""
    said = json.loads(found.path.read_text("utf-8"))
    content = said["content"] | {"tables": {name: files[name] for name in sorted(files)}}
    digest = sha256(canonical(content)).hexdigest()
    for table in files:
        sync_folder(layout.data / table)
    old = layout.candidates / f"{found.candidate}.json"
    if old.exists():
        candidate = json.loads(old.read_text("utf-8"))
        write_json(layout.candidates / f"{digest}.json", candidate | {"content": content, "sha256": digest})
    _receipt(layout, found.candidate, digest, files, keys)
    manifest.write_catalog(layout, replace(found, files=files, candidate=digest))
    write_json(found.path, said | {"content": content, "candidate": digest, "receipt": f"{digest}.json"})


def _receipt(layout: Layout, old: str, new: str, files: dict[str, list[Entry]], keys: list[str]) -> None:
    """The receipt of a snapshot follows it: the same results, the rows withdrawn no longer named."""
    path = layout.receipts / f"{old}.json"
    if not path.exists():
        return
    said = json.loads(_unnamed(path.read_text("utf-8"), keys))
    said |= {"candidate_sha256": new, "withdrawn_from": old}
    said["tables"] = {t: sha256(canonical(files[t])).hexdigest() for t in said["tables"] if t in files}
    write_json(layout.receipts / f"{new}.json", said)


def _unnamed(text: str, keys: Iterable[str]) -> str:
    for key in keys:
        text = text.replace(key, "(withdrawn)")
    return text


def _removed(before: dict[str, list[Entry]], after: dict[str, list[Entry]]) -> dict[str, int]:
    counts = {
        table: sum(e["rows"] for e in entries) - sum(e["rows"] for e in after.get(table, []))
        for table, entries in before.items()
    }
    return {table: rows for table, rows in sorted(counts.items()) if rows}


def _draft_rows(layout: Layout, table: str, rows: list[dict[str, Any]]) -> Path:
    draft = layout.work / f"{table}.parquet"
    write_rows(draft, table, rows)
    return draft


def _settled(layout: Layout, table: str, draft: Path, rows: int) -> Entry:
    name, digest = settle(draft, layout.data / table)
    return {"name": name, "sha256": digest, "rows": rows}
