"""Access (GDPR article 15): everything held on one person, in files they can open, and nothing about anybody else.

Belongs here: gathering and writing the folder. Does not belong here: finding what is theirs (belongings.py).

    DIR/index.html          what is here, in French
    DIR/publie/<table>.csv  rows of the current snapshot      DIR/lac/<table>.csv  rows of every version read
    DIR/documents.csv       the ledger: one line a document   DIR/originaux/       the files received, as they came
    DIR/identites.json, oppositions.json, journal.json (acts of the audit log), sommaire.json (sha256 of each file)

A file that speaks of others too is not given: the text of the person's own documents in it is.
"""

from __future__ import annotations

import csv
import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from limpide.formats import record_of
from limpide.identity.vault.audit import Audit
from limpide.identity.vault.opposition import Oppositions
from limpide.identity.vault.vault import Vault
from limpide.omop.schema import PARTITIONED, tables
from limpide.readers.registry import read
from limpide.rights.holdings import Belongings, belongings
from limpide.warehouse.lake.files import sha256_of
from limpide.warehouse.lake.parquet import listed, session
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.night.ingest import document_key
from limpide.warehouse.snapshots import manifest

_LEDGER = (
    "document_key", "night", "source", "format", "status", "reason", "version", "type_code", "effective_time", "engine",
)  # fmt: skip
_STATUSES = {
    "published": "publié", "superseded": "remplacé par une version plus récente", "duplicated": "reçu en double",
    "quarantined": "mis de côté", "deleted": "supprimé", "opposed": "écarté : opposition", "received": "reçu",
}  # fmt: skip


def export(layout: Layout, written: str, out: Path) -> dict[str, int]:
    """Write the dossier of a person (key, INS or `value@authority`) into `out`, a new folder; counts by part.

    Raises `UnknownPerson`, `UnreadablePerson`, FileExistsError when `out` holds anything, `Busy`.
    """
    if out.exists() and any(out.iterdir()):
        raise FileExistsError("the folder of a dossier must be new")
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    out.chmod(0o700)
    with layout.briefly(), opened(layout) as ledger:
        vault = Vault(layout.vault, create=False)
        found = belongings(layout, ledger, vault, written)
        audit = Audit(vault)
        counts = _tables(layout, ledger, found, out)
        counts["documents"] = _documents(ledger, vault, found, out)
        counts["originaux"] = _originals(ledger, vault, found, out)
        counts["identites"] = _json(
            out / "identites.json", [asdict(seen) for key in sorted(found.keys) for seen in vault.identities.seen(key)]
        )
        counts["oppositions"] = _json(
            out / "oppositions.json", [asdict(said) for said in Oppositions(vault).said(found.keys)]
        )
        subjects = {subject for key in found.keys for subject in audit.subjects(key)}
        acts = [act for act in audit.acts() if act.subject in subjects]
        counts["journal"] = _json(out / "journal.json", [_shown(asdict(act)) for act in acts])
        (out / "index.html").write_text(_index(counts, ledger, found), "utf-8")
        files = sorted(path for path in out.rglob("*") if path.is_file())
        _json(out / "sommaire.json", {path.relative_to(out).as_posix(): sha256_of(path) for path in files})
        for path in out.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
        audit.record("dossier", subject=audit.subject(min(found.keys)), files=len(files) + 1)
        vault.close()
    return counts


def _tables(layout: Layout, ledger: Ledger, found: Belongings, out: Path) -> dict[str, int]:
    """Published rows, and rows of the lake."""
    snapshot = manifest.current(layout)
    published = (
        {t: [layout.data / t / e["name"] for e in entries] for t, entries in snapshot.files.items()} if snapshot else {}
    )
    lake: dict[str, list[Path]] = {}
    places = {
        (row["night"], row["source"])
        for key in sorted(found.documents)
        for row in ledger.db.execute("SELECT night, source FROM documents WHERE document_key = ?", (key,))
    }
    for night, source in sorted(places):
        for table in PARTITIONED:
            path = layout.lake / night / source / f"{table}.parquet"
            if path.exists():
                lake.setdefault(table, []).append(path)
    ids = [
        row[0]
        for key in sorted(found.keys)
        for row in ledger.db.execute("SELECT id FROM surrogates WHERE kind = 'person' AND key = ?", (key,))
    ]
    counts: dict[str, int] = {}
    for name, paths in (("publie", published), ("lac", lake)):
        counts[name] = _rows(layout, paths, ids, sorted(found.documents), out / name)
    return counts


def _rows(layout: Layout, paths: dict[str, list[Path]], ids: list[int], documents: list[str], out: Path) -> int:
    total = 0
    if not paths.get("limpide_document"):
        return total
    with session(layout.work / "dossier") as db:
        db.execute("CREATE TABLE ids AS SELECT unnest(?::INTEGER[]) AS person_id", [ids])
        db.execute("CREATE TABLE keys AS SELECT unnest(?::VARCHAR[]) AS document_key", [documents])
        db.execute(
            f"CREATE TABLE mine AS SELECT * FROM {listed(paths['limpide_document'])} "
            "WHERE person_id IN (SELECT person_id FROM ids)"
        )
        for table in paths:
            mine = _mine(table)
            if mine is None:
                continue
            answer = db.execute(f"SELECT * FROM {listed(paths[table])} WHERE {mine} ORDER BY ALL")
            names = [column[0] for column in answer.description]
            rows = answer.fetchall()
            if rows:
                _csv(out / f"{table}.csv", names, rows)
                total += len(rows)
    return total


def _mine(table: str) -> str | None:
    """Which rows of a table are the person's; None for tables that speak of nobody."""
    names = tables()[table].names
    if "person_id" in names:
        return "person_id IN (SELECT person_id FROM ids)"
    if table == "note_nlp":
        return "note_id IN (SELECT note_id FROM mine)"
    if table == "limpide_quarantine":
        return "document_key IN (SELECT document_key FROM keys)"
    if table in ("provider", "care_site"):
        return f"{table}_id IN (SELECT {table}_id FROM mine)"
    return None


def _documents(ledger: Ledger, vault: Vault, found: Belongings, out: Path) -> int:
    rows = []
    for key in sorted(found.documents):
        row = ledger.db.execute(
            f"SELECT {', '.join(_LEDGER)}, file_key FROM documents WHERE document_key = ?", (key,)
        ).fetchone()
        if row is not None:
            path = "" if row["file_key"] in found.shared else vault.identities.path(key) or ""
            rows.append((*(row[name] for name in _LEDGER), path))
    return _csv(out / "documents.csv", (*_LEDGER, "path"), rows)


def _originals(ledger: Ledger, vault: Vault, found: Belongings, out: Path) -> int:
    folder = out / "originaux"
    folder.mkdir()
    given: set[str] = set()
    for file, digest in sorted(found.files.items()):
        if not digest or digest in given or digest not in vault:
            continue
        given.add(digest)
        data = vault.get(digest)
        if file not in found.shared:
            row = ledger.db.execute("SELECT format FROM files WHERE file_key = ?", (file,)).fetchone()
            kind = row["format"] if row else "unknown"
            (folder / f"{digest[:16]}.{_extension(kind)}").write_bytes(data)
            continue
        for rank, document in enumerate(read(data, "")):
            theirs = vault.person_key(document.header.patient) in found.keys
            if theirs and document_key(file, rank) in found.documents:
                (folder / f"{digest[:16]}-{rank}.txt").write_text(document.text, "utf-8")
    return len(list(folder.iterdir()))


def _shown(act: dict[str, Any]) -> dict[str, Any]:
    """An act as its subject may read it: who asked stays the establishment's business, not why it was done."""
    return {name: act[name] for name in ("n", "at", "what", "why", "facts")}


def _csv(path: Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    path.parent.mkdir(exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _json(path: Path, value: Any) -> int:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, default=str), "utf-8")
    return len(value)


_PARTS = (
    ("publie", "publie/", "Lignes publiées dans l'entrepôt, table par table"),
    ("lac", "lac/", "Lignes de toutes les versions lues, publiées ou non"),
    ("documents", "documents.csv", "Documents reçus et ce qu'ils sont devenus"),
    ("originaux", "originaux/", "Fichiers reçus, tels qu'ils sont arrivés"),
    ("identites", "identites.json", "Identités telles que les sources les ont écrites (coffre)"),
    ("oppositions", "oppositions.json", "Oppositions, et leurs levées"),
    ("journal", "journal.json", "Actes du journal d'audit qui vous concernent"),
)


def _index(counts: dict[str, int], ledger: Ledger, found: Belongings) -> str:
    parts = "\n".join(
        f'<tr><td><a href="{place}">{place}</a></td><td>{text}</td><td>{counts[name]}</td></tr>'
        for name, place, text in _PARTS
    )
    documents = []
    for key in sorted(found.documents):
        row = ledger.db.execute("SELECT * FROM documents WHERE document_key = ?", (key,)).fetchone()
        if row is not None:
            cells = (row["night"], row["source"], row["format"], (row["effective_time"] or "—")[:10])
            told = _STATUSES.get(row["status"], row["status"])
            documents.append("<tr>" + "".join(f"<td>{html.escape(str(c))}</td>" for c in (*cells, told)) + "</tr>")
    return f"""<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Dossier d'accès</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}}
table{{border-collapse:collapse;width:100%;margin:1rem 0}}td,th{{border-bottom:1px solid #ccc;padding:.35rem .5rem;
text-align:left;vertical-align:top}}</style></head><body>
<h1>Dossier d'accès</h1>
<p>Ce dossier contient tout ce que l'entrepôt de données de santé détient sur vous, et rien d'autre
(article 15 du règlement général sur la protection des données). Il contient des données de santé en clair :
conservez-le en lieu sûr.</p>
<table><tr><th>Fichier</th><th>Contenu</th><th>Éléments</th></tr>
{parts}</table>
<h2>Vos documents</h2>
<table><tr><th>Nuit de réception</th><th>Source</th><th>Format</th><th>Date du document</th><th>Devenir</th></tr>
{"".join(documents)}</table>
<p>Les documents qui parlent aussi d'autres personnes ne sont pas joints tels quels : seul le texte qui vous concerne
l'est. Vous pouvez demander la rectification, l'effacement ou vous opposer au traitement auprès du délégué à la
protection des données de l'établissement.</p>
</body></html>
"""


def _extension(kind: str) -> str:
    record = record_of(kind)
    return record.extension if record else "bin"
