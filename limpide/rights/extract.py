"""A project's own data: approved tables, columns, population and period, under pseudonyms of its own.

Belongs here: choosing rows, giving them new names, writing them. Does not belong here: the request (project.py),
counts (aggregates.py).

Two projects cannot be joined: every pseudonym is an HMAC keyed by the project, and every integer id is allotted again
in the order of such an HMAC. What cannot be renamed (hashes and ids of documents) is not extracted. Free text and exact
values are the same in two projects that both asked for them: whoever approves a project approves that.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.keys import Purpose
from limpide.identity.vault.vault import Vault
from limpide.omop.schema import tables
from limpide.rights import deliveries
from limpide.rights.project import Project, Refusal
from limpide.warehouse.lake.files import sha256_of
from limpide.warehouse.lake.parquet import listed, session
from limpide.warehouse.layout import Layout
from limpide.warehouse.query import NothingPublished
from limpide.warehouse.snapshots import manifest

SHIFT = 182  # days, either way
_KEYED = {
    "person_source_value", "person_key", "document_key", "fact_key", "note_source_value", "provider_source_value",
    "provider_key", "visit_key",
}  # fmt: skip
_ENTITIES = ("person_id", "visit_occurrence_id", "provider_id", "care_site_id", "note_id", "note_nlp_id")
_BY_USE = {"provider": "provider_id", "care_site": "care_site_id"}


@dataclass(frozen=True, slots=True)
class Extraction:
    """What was written. `rows` by table."""

    folder: Path
    snapshot: int
    persons: int
    rows: dict[str, int] = field(default_factory=dict)


def project_key(vault: Vault, project: Project) -> bytes:
    """The key of a project's pseudonyms: of its name and its approval, and of a class of its own for genetic data, so
    that the same project's other extractions cannot be joined to it."""
    said = "\x1f".join(("limpide/project/1", project.name, project.approval)).encode()
    return hmac.new(vault.secret(Purpose.GENETIC if project.genetic else Purpose.PSEUDONYM), said, sha256).digest()


def renamed(key: bytes, world: str, value: object) -> str:
    """A value under the project's key. `world` keeps columns apart."""
    return hmac.new(key, f"{world}\x1f{value}".encode(), sha256).hexdigest()


@contextmanager
def population(layout: Layout, project: Project, scratch: str) -> Iterator[tuple[Any, int]]:
    """A DuckDB session on the current snapshot with a table `chosen(person_id)`, and the snapshot's number.

    Raises `NothingPublished`.
    """
    snapshot = manifest.current(layout)
    if snapshot is None:
        raise NothingPublished(f"nothing is published in {layout.warehouse} yet")
    with session(layout.work / scratch) as db:
        for table, entries in snapshot.files.items():
            db.execute(
                f"CREATE VIEW {table} AS SELECT * FROM {listed([layout.data / table / e['name'] for e in entries])}"
            )
        wanted, values = ["true"], []
        for criterion in project.population:
            inside = ["true"]
            for condition in criterion.where:
                sql, bound = condition.sql()
                inside.append(sql)
                values += bound
            how = "NOT IN" if criterion.absent else "IN"
            wanted.append(f"person_id {how} (SELECT person_id FROM {criterion.table} WHERE {' AND '.join(inside)})")
        db.execute(f"CREATE TABLE chosen AS SELECT person_id FROM person WHERE {' AND '.join(wanted)}", values)
        yield db, snapshot.number


def extract(layout: Layout, project: Project, out: Path, *, least: int | None = None) -> Extraction:
    """Write a project's data into `out`, a new folder: <project>.duckdb, parquet/, manifest.json, LISEZMOI.md.

    `least`: persons under which nothing is given; the project's small cells by default. What is given is remembered
    (deliveries.py). Raises Refusal when it asks for no table or its population is too small, FileExistsError when `out`
    holds anything, `NothingPublished`.
    """
    if not project.tables:
        raise Refusal("le projet ne demande aucune table")
    if out.exists() and any(out.iterdir()):
        raise FileExistsError("the folder of an extraction must be new")
    vault = Vault(layout.vault, create=False)
    key = project_key(vault, project)
    rows: dict[str, int] = {}
    with population(layout, project, f"extract-{project.name}") as (db, number):
        given = [
            str(row[0])
            for row in db.execute(
                "SELECT person_source_value FROM person WHERE person_id IN (SELECT person_id FROM chosen)"
            ).fetchall()
        ]
        threshold = project.small_cells if least is None else least
        if len(given) < threshold:
            raise Refusal(f"la population compte moins de {threshold} personnes")
        (out / "parquet").mkdir(mode=0o700, parents=True, exist_ok=True)
        for table in project.tables:
            db.execute(f"CREATE TABLE x_{table} AS {_rows(table, project)}", _bounds(table, project))
        _rename(db, project, key)
        persons = db.execute("SELECT count(*) FROM chosen").fetchall()[0][0]
        for table, columns in project.tables.items():
            rows[table] = _write(db, table, columns, project, out / "parquet" / f"{table}.parquet")
    _duckdb(out, project)
    done = Extraction(out, number, persons, rows)
    _told(done, project)
    deliveries.record(vault, project, out.absolute(), number, given)
    Audit(vault).record(
        "extract", why=project.purpose, project=project.name, kind=project.kind, approval=project.approval,
        ends=str(project.ends),
        snapshot=number, persons=persons, rows=rows,
    )  # fmt: skip
    vault.close()
    return done


def _rows(table: str, project: Project) -> str:
    described = tables()[table]
    if table in _BY_USE:
        # Only authors and places that an extracted row names.
        key = _BY_USE[table]
        uses = [
            f"SELECT {key} FROM {t} WHERE person_id IN (SELECT person_id FROM chosen)"
            for t in project.tables
            if t not in _BY_USE and {"person_id", key} <= set(tables()[t].names)
        ]
        return f"SELECT * FROM {table} WHERE {key} IN ({' UNION '.join(uses) or 'SELECT NULL::INTEGER'})"
    if table == "note_nlp":
        dated = f"SELECT note_id, person_id FROM note WHERE {_chosen('note', project)}"
        return f"SELECT m.*, n.person_id FROM note_nlp m JOIN ({dated}) n USING (note_id)"
    if "person_id" not in described.names:
        return f"SELECT * FROM {table}"
    return f"SELECT * FROM {table} WHERE {_chosen(table, project)}"


def _chosen(table: str, project: Project) -> str:
    parts = ["person_id IN (SELECT person_id FROM chosen)"]
    day = tables()[table].date
    if day:
        parts += [f"{day} >= ?"] if project.begin else []
        parts += [f"{day} <= ?"] if project.end else []
    return " AND ".join(parts)


def _bounds(table: str, project: Project) -> list[date]:
    dated = "note" if table == "note_nlp" else table
    if table in _BY_USE or "person_id" not in tables()[dated].names or not tables()[dated].date:
        return []
    return [day for day in (project.begin, project.end) if day]


def entity(table: str, column: str) -> str | None:
    """The kind of integer id that a column holds, None for anything else (concepts keep their numbers)."""
    if column in _ENTITIES:
        return column
    described = next(c for c in tables()[table].columns if c.name == column)
    if described.type.lower() != "integer" or not column.endswith("_id") or column.endswith("concept_id"):
        return None
    if described.references and described.references[0] not in ("concept", "vocabulary", "domain", "concept_class"):
        return described.references[1]
    return column if described.key and "person_id" in tables()[table].names else None


def _rename(db: Any, project: Project, key: bytes) -> None:
    """Tables that lead from old ids and keys to the project's own, and days of shift by person."""
    ids: dict[str, list[str]] = {"person_id": ["SELECT person_id FROM chosen"]}
    texts: dict[str, list[str]] = {}
    for table, columns in project.tables.items():
        for column in columns:
            kind = entity(table, column)
            if kind:
                ids.setdefault(kind, []).append(f"SELECT {column} FROM x_{table}")
            elif column in _KEYED:
                texts.setdefault(_world(column), []).append(f"SELECT {column} FROM x_{table}")
    for kind, queries in ids.items():
        found = [r[0] for r in db.execute(" UNION ".join(queries)).fetchall() if r[0] is not None]
        ordered = sorted(found, key=lambda value: renamed(key, kind, value))
        _map(db, f"id_{kind}", "INTEGER", ordered, "INTEGER", list(range(1, len(ordered) + 1)))
    for world, queries in texts.items():
        found = sorted(r[0] for r in db.execute(" UNION ".join(queries)).fetchall() if r[0] is not None)
        # person_source_value is the person key cut to the 50 characters of OMOP: both get one pseudonym.
        _map(db, f"key_{world}", "VARCHAR", found, "VARCHAR", [renamed(key, world, v[:50])[:32] for v in found])
    people = [r[0] for r in db.execute("SELECT person_id FROM chosen").fetchall()]
    days = [int(renamed(key, "shift", p)[:8], 16) % (2 * SHIFT) - SHIFT for p in people]
    _map(db, "shift", "INTEGER", people, "INTEGER", [day if day < 0 else day + 1 for day in days])


def _world(column: str) -> str:
    """Columns that hold the same thing share their pseudonyms."""
    return {"person_source_value": "person", "person_key": "person", "note_source_value": "document_key",
            "provider_source_value": "provider_key"}.get(column, column)  # fmt: skip


def _map(db: Any, name: str, old_type: str, old: list[Any], new_type: str, new: list[Any]) -> None:
    db.execute(
        f"CREATE TABLE {name} AS SELECT unnest(?::{old_type}[]) AS old, unnest(?::{new_type}[]) AS new", [old, new]
    )


def _write(db: Any, table: str, columns: tuple[str, ...], project: Project, path: Path) -> int:
    types = {c.name: c.type.partition("(")[0].lower() for c in tables()[table].columns}
    moved = project.shift_dates and ("person_id" in tables()[table].names or table == "note_nlp")
    shown, joins = [], []
    if moved:
        joins.append("LEFT JOIN shift ON shift.old = x.person_id")
    for column in columns:
        kind = entity(table, column)
        if kind or column in _KEYED:
            names = f"id_{kind}" if kind else f"key_{_world(column)}"
            joins.append(f"LEFT JOIN {names} AS m_{column} ON m_{column}.old = x.{column}")
            shown.append(f'm_{column}.new AS "{column}"')
        elif moved and types[column] in ("date", "timestamp"):
            cast = "DATE" if types[column] == "date" else "TIMESTAMP"
            shown.append(f'CAST(x."{column}" + to_days(shift.new) AS {cast}) AS "{column}"')
        else:
            shown.append(f'x."{column}"')
    query = f"SELECT {', '.join(shown)} FROM x_{table} x {' '.join(joins)} ORDER BY ALL"
    db.execute(f"COPY ({query}) TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION zstd)")
    return int(db.execute(f"SELECT count(*) FROM x_{table}").fetchall()[0][0])


def _duckdb(out: Path, project: Project) -> None:
    import duckdb

    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    try:
        connection.execute(f"ATTACH '{_quoted(out / f'{project.name}.duckdb')}' AS own (STORAGE_VERSION 'v1.0.0')")
        for table in project.tables:
            path = _quoted(out / "parquet" / f"{table}.parquet")
            connection.execute(f"CREATE TABLE own.{table} AS SELECT * FROM '{path}'")
        connection.execute("DETACH own")
    finally:
        connection.close()


def _told(done: Extraction, project: Project) -> None:
    files = {p.relative_to(done.folder).as_posix(): sha256_of(p) for p in sorted(done.folder.rglob("*")) if p.is_file()}
    said = {
        "project": project.name, "kind": project.kind, "purpose": project.purpose, "approval": project.approval,
        "opinion": asdict(project.opinion) if project.opinion else None, "ends": str(project.ends),
        "snapshot": done.snapshot, "persons": done.persons, "rows": done.rows, "shift_dates": project.shift_dates,
        "files": files,
    }  # fmt: skip
    (done.folder / "manifest.json").write_text(json.dumps(said, ensure_ascii=False, indent=1, default=str), "utf-8")
    lines = "\n".join(f"- `{table}` : {rows} lignes" for table, rows in done.rows.items())
    shifted = "Les dates de chaque personne sont décalées d'une constante propre au projet.\n" * project.shift_dates
    (done.folder / "LISEZMOI.md").write_text(
        f"# {project.name}\n\n{project.purpose}\n\nAutorisation : {project.approval}. Ces données sont à détruire au "
        f"plus tard le {project.ends.strftime('%d/%m/%Y')}.\n\n{done.persons} personnes. Les identifiants sont propres "
        f"au projet : ils ne se rapprochent ni de l'entrepôt ni d'un autre projet. {shifted}\n{lines}\n\n"
        f"Ouvrir `{project.name}.duckdb` avec DuckDB, ou les fichiers de `parquet/`.\n",
        "utf-8",
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
