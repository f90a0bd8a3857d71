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

from limpide.identity.opposition import Oppositions
from limpide.identity.vault import Vault
from limpide.omop.schema import EVENT_TABLES, PARTITIONED, tables
from limpide.warehouse import dimensions, manifest, partition
from limpide.warehouse.files import canonical, sha256_of, sync_folder, write_json
from limpide.warehouse.house import House
from limpide.warehouse.ledger import Ledger
from limpide.warehouse.parquet import listed, session, settle, write_query, write_rows
from limpide.warehouse.reading import OUTCOMES

Entry = dict[str, Any]
Place = tuple[str, str]  # night, source
_BY_PERSON = ("person", "observation_period", "visit_occurrence")
_BY_USE = {"provider": "provider_id", "care_site": "care_site_id", "location": "location_id"}


@dataclass(slots=True)
class Withdrawn:
    """What a withdrawal wrote again. `rows`: rows removed, by table, of the current snapshot; files by sha256."""

    documents: int = 0
    snapshots: list[int] = field(default_factory=list)
    lake_files: list[str] = field(default_factory=list)
    data_files: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)


def enforce(house: House, ledger: Ledger) -> tuple[Withdrawn, list[Place]]:
    """Bring the warehouse to the register of oppositions; what was withdrawn, and the partitions to read again.

    Documents of opposed persons leave lake and snapshots at once, whatever a validation says later. Those of persons
    who no longer oppose come back by reading their partition again, from the vault: nothing else of them is left.
    The caller holds the lock.
    """
    vault = Vault(house.vault)
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
    withdrawn = withdraw(house, ledger, leaving, outcome="opposed") if leaving else Withdrawn()
    back = [
        (row[0], row[1])
        for row in db.execute(
            "SELECT DISTINCT night, source FROM documents WHERE outcome = 'opposed' AND "
            "person_key NOT IN (SELECT person_key FROM temp.opposed) ORDER BY 1, 2"
        )
    ]
    for night, source in back:
        path = partition.folder_of(house, date.fromisoformat(night), source) / "partition.json"
        if path.exists():
            write_json(path, json.loads(path.read_text("utf-8")) | {"inputs": "an opposition was taken back"})
    return withdrawn, back


def withdraw(house: House, ledger: Ledger, documents: Collection[str], *, outcome: str | None) -> Withdrawn:
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
    shutil.rmtree(house.work, ignore_errors=True)
    house.work.mkdir(parents=True)
    for night, source in sorted(places):
        _lake(house, ledger, (night, source), keys, outcome, done)
    _snapshots(house, keys, done)
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
    shutil.rmtree(house.work, ignore_errors=True)
    return done


def sweep(house: House) -> None:
    """Remove data files that no snapshot names, and candidates that are no snapshot's."""
    kept = [manifest.load(house, number) for number in manifest.numbers(house)]
    named = {(table, e["name"]) for s in kept for table, entries in s.files.items() for e in entries}
    for path in house.data.glob("*/*.parquet"):
        if (path.parent.name, path.name) not in named:
            path.unlink()
    candidates = {snapshot.candidate for snapshot in kept}
    for path in house.candidates.glob("*.json"):
        if path.stem not in candidates:
            path.unlink()


# The lake


def _lake(house: House, ledger: Ledger, place: Place, keys: list[str], outcome: str | None, done: Withdrawn) -> None:
    """One partition without the documents; ids, order and bytes of the other tables stay."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    night = date.fromisoformat(place[0])
    found = partition.load(house, night, place[1])
    if found is None:
        return  # never finished, or half replaced by a kill: it will be read again
    made = house.work / "lake"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    paths = {table: [found.folder / f"{table}.parquet"] for table in PARTITIONED}
    changed = _without(house, paths, keys, made)
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


def _without(house: House, paths: dict[str, list[Path]], keys: list[str], out: Path) -> dict[str, int]:
    """Write each table of one partition that holds rows of the documents again, without them; rows left, by table."""
    changed: dict[str, int] = {}
    if not paths.get("limpide_document"):
        return changed
    with session(house.work / "spill") as db:
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


def _snapshots(house: House, keys: list[str], done: Withdrawn) -> None:
    """Every kept snapshot without the documents: files, manifest, receipt, catalogue. Then what nobody names goes."""
    parts: dict[tuple[str, ...], dict[str, Entry]] = {}
    dims: dict[tuple[str, ...], dict[str, list[Entry]]] = {}
    numbers = manifest.numbers(house)
    replaced: set[str] = set()
    for number in numbers:
        found = manifest.load(house, number)
        files = {table: list(entries) for table, entries in found.files.items()}
        affected = _affected(house, files, keys)
        touched = bool(affected)
        if touched:
            files = _partitions(house, files, keys, parts)
            before = sorted(e["name"] for table in (*_BY_PERSON, *_BY_USE) for e in found.files.get(table, []))
            names = (*before, *(e["name"] for e in files["limpide_document"]))
            if names not in dims:
                dims[names] = _dimensions(house, found.files, files, affected)
            files |= dims[names]
        touched |= _quarantine(house, files, keys)
        if not touched:
            continue
        for table in tables():
            if not files.get(table):
                files[table] = [_settled(house, table, _draft_rows(house, table, []), 0)]
        old = {e["sha256"] for entries in found.files.values() for e in entries}
        done.data_files += sorted(
            old - {e["sha256"] for entries in files.values() for e in entries} - set(done.data_files)
        )
        done.snapshots.append(number)
        if number == numbers[-1]:
            done.rows = _removed(found.files, files)
        _rewrite(house, number, found, files, keys)
        replaced.add(found.candidate)
    sweep(house)
    current = {manifest.load(house, number).candidate for number in numbers}
    for path in sorted(house.receipts.glob("*.json")):
        text = path.read_text("utf-8")
        if path.stem in replaced - current:
            path.unlink()
        elif (shown := _unnamed(text, keys)) != text:
            write_json(path, json.loads(shown))


def _affected(house: House, files: dict[str, list[Entry]], keys: list[str]) -> list[int]:
    """Persons of this snapshot whose documents leave."""
    paths = [house.data / "limpide_document" / e["name"] for e in files.get("limpide_document", [])]
    if not paths:
        return []
    with session(house.work / "spill") as db:
        query = f"SELECT DISTINCT person_id FROM {listed(paths)} WHERE document_key IN (SELECT unnest(?::VARCHAR[]))"
        return sorted(row[0] for row in db.execute(query, [keys]).fetchall())


def _partitions(
    house: House, files: dict[str, list[Entry]], keys: list[str], cache: dict[tuple[str, ...], dict[str, Entry]]
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
            made = house.work / "part"
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir()
            paths = {table: [house.data / table / entry["name"]] for table, entry in group.items()}
            left = dict(group)
            for table, rows in _without(house, paths, keys, made).items():
                del left[table]
                if rows:
                    entry = _settled(house, table, made / f"{table}.parquet", rows)
                    left[table] = entry | {"night": night, "source": source}
            cache[names] = left
        for table, entry in cache[names].items():
            out[table].append(entry)
    return out


def _dimensions(
    house: House, before: dict[str, list[Entry]], files: dict[str, list[Entry]], affected: list[int]
) -> dict[str, list[Entry]]:
    """Persons, visits and periods of the persons affected, computed again from what is left of their documents; rows of
    everybody else as they were. Authors and places leave when nobody's document names them any more."""
    out: dict[str, list[Entry]] = {}
    documents = [house.data / "limpide_document" / e["name"] for e in files["limpide_document"]]
    with session(house.work / "spill") as db:
        if documents:
            db.execute(f"CREATE VIEW documents AS SELECT * FROM {listed(documents)}")
        else:
            db.execute(tables()["limpide_document"].ddl().replace('"limpide_document"', "documents", 1))
        db.execute("CREATE TABLE affected AS SELECT unnest(?::INTEGER[]) AS person_id", [affected])
        for table in (*_BY_PERSON, *_BY_USE):
            described = tables()[table]
            query, order = dimensions.QUERIES[table]
            given = {row[0] for row in db.execute(f"DESCRIBE {query}").fetchall()}
            types = tuple(column.type.partition("(")[0] for column in described.columns)
            again = dimensions.complete(query, described.names, types, given)
            old = f"(SELECT * FROM {listed([house.data / table / e['name'] for e in before[table]])})"
            if table in _BY_PERSON:
                mine = "person_id IN (SELECT person_id FROM affected)"
                new = f"(SELECT * FROM {old} WHERE NOT {mine} UNION ALL BY NAME SELECT * FROM {again} WHERE {mine})"
            else:
                key = _BY_USE[table]
                new = f"(SELECT * FROM {old} WHERE {key} IN (SELECT {key} FROM {again}))"
            draft = house.work / f"{table}.parquet"
            out[table] = [_settled(house, table, draft, write_query(draft, table, db, new, order))]
    return out


def _quarantine(house: House, files: dict[str, list[Entry]], keys: list[str]) -> bool:
    """Leave the documents out of the list of quarantine; whether any was there."""
    entries = files.get("limpide_quarantine", [])
    paths = [house.data / "limpide_quarantine" / e["name"] for e in entries]
    if not paths:
        return False
    with session(house.work / "spill") as db:
        db.execute("CREATE TABLE gone AS SELECT unnest(?::VARCHAR[]) AS document_key", [keys])
        mine = "document_key IN (SELECT document_key FROM gone)"
        if not db.execute(f"SELECT count(*) FROM {listed(paths)} WHERE {mine}").fetchall()[0][0]:
            return False
        draft = house.work / "limpide_quarantine.parquet"
        query = f"(SELECT * FROM {listed(paths)} WHERE NOT {mine})"
        rows = write_query(draft, "limpide_quarantine", db, query, "night, source, document_key")
        files["limpide_quarantine"] = [_settled(house, "limpide_quarantine", draft, rows)]
    return True


def _rewrite(
    house: House, number: int, found: manifest.Manifest, files: dict[str, list[Entry]], keys: list[str]
) -> None:
    """The snapshot under its new hash; its manifest last, so that a kill before it is mended by a second go."""
    said = json.loads(found.path.read_text("utf-8"))
    content = said["content"] | {"tables": {name: files[name] for name in sorted(files)}}
    digest = sha256(canonical(content)).hexdigest()
    for table in files:
        sync_folder(house.data / table)
    old = house.candidates / f"{found.candidate}.json"
    if old.exists():
        candidate = json.loads(old.read_text("utf-8"))
        write_json(house.candidates / f"{digest}.json", candidate | {"content": content, "sha256": digest})
    _receipt(house, found.candidate, digest, files, keys)
    manifest.write_catalog(house, replace(found, files=files, candidate=digest))
    write_json(found.path, said | {"content": content, "candidate": digest, "receipt": f"{digest}.json"})


def _receipt(house: House, old: str, new: str, files: dict[str, list[Entry]], keys: list[str]) -> None:
    """The receipt of a snapshot follows it: the same results, the rows withdrawn no longer named."""
    path = house.receipts / f"{old}.json"
    if not path.exists():
        return
    said = json.loads(_unnamed(path.read_text("utf-8"), keys))
    said |= {"candidate_sha256": new, "withdrawn_from": old}
    said["tables"] = {t: sha256(canonical(files[t])).hexdigest() for t in said["tables"] if t in files}
    write_json(house.receipts / f"{new}.json", said)


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


def _draft_rows(house: House, table: str, rows: list[dict[str, Any]]) -> Path:
    draft = house.work / f"{table}.parquet"
    write_rows(draft, table, rows)
    return draft


def _settled(house: House, table: str, draft: Path, rows: int) -> Entry:
    name, digest = settle(draft, house.data / table)
    return {"name": name, "sha256": digest, "rows": rows}
