"""The controls of conformity: each looks at the house as it is and says what it saw, in French, without a value.

Belongs here: one function a control. Does not belong here: the law (conformity.yaml), running and showing them
(conformity.py).

A control says 'passed' or 'failed'; 'not_applicable' when there is nothing to look at, which is never passed;
'measured' for a figure that a person must judge.
"""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from limpide.identity.vault.audit import Audit, retention_months
from limpide.identity.vault.opposition import Oppositions
from limpide.identity.vault.vault import Vault
from limpide.omop.schema import tables
from limpide.rights.aggregates import releases
from limpide.rights.erasure import genuine, load_receipt
from limpide.rights.retention import arrived_late, overdue
from limpide.warehouse.lake.parquet import listed
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.query import connect
from limpide.warehouse.retention_terms import terms
from limpide.warehouse.snapshots import manifest
from limpide.warehouse.snapshots.account import conservation
from limpide.warehouse.snapshots.receipt import objections
from limpide.warehouse.sources import declaration

SAMPLE = 300  # persons or files looked into, spread over all of them
_EMPTY = {
    "person": ("day_of_birth", "birth_datetime"),
    "provider": ("provider_name", "npi", "dea", "year_of_birth"),
    "location": ("address_1", "address_2", "city", "zip"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a control saw. `figures` are counts and names that a DPO can cite."""

    status: str
    told: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass
class Scene:
    """What controls look at, opened once."""

    layout: Layout
    today: date
    _snapshot: Any = None

    @cached_property
    def vault(self) -> Vault:
        return Vault(self.layout.vault, create=False)

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the current snapshot."""
        if self._snapshot is None:
            self._snapshot = connect(self.layout)
        return list(self._snapshot.execute(question).fetchall())

    def close(self) -> None:
        """Let go of the snapshot."""
        if self._snapshot is not None:
            self._snapshot.close()
            self._snapshot = None


Control = Callable[[Scene], Finding]


def _said(good: bool, held: str, broken: str, **figures: Any) -> Finding:
    return Finding("passed" if good else "failed", held if good else broken, figures)


def vault_is_its_owner_s(scene: Scene) -> Finding:
    root = scene.layout.vault
    wide = sum(bool(stat.S_IMODE(path.lstat().st_mode) & 0o077) for path in (root, *root.iterdir()))
    # A folder that only its owner may enter shuts off all that is below it.
    shut = not stat.S_IMODE(root.stat().st_mode) & 0o077
    held, broken = "Le dossier du coffre est fermé aux autres comptes", "D'autres comptes entrent dans le coffre"
    return _said(shut, held, broken, entrées_trop_ouvertes=wide)


def vault_is_apart(scene: Scene) -> Finding:
    vault, warehouse = scene.layout.vault.resolve(), scene.layout.warehouse.resolve()
    apart = vault != warehouse and vault not in warehouse.parents and warehouse not in vault.parents
    return _said(apart, "Coffre et entrepôt sont deux dossiers distincts", "L'un contient l'autre")


def vault_is_sealed(scene: Scene) -> Finding:
    root = scene.layout.vault
    files = _spread(sorted(scene.vault.digests()))
    clear = sum((root / "raw" / name[:2] / name).read_bytes()[:3] != b"LV1" for name in files)
    rows = 0
    if (root / "identity.sqlite").exists():
        with closing(sqlite3.connect(f"file:{root / 'identity.sqlite'}?mode=ro", uri=True)) as db:
            for table in ("identity", "document", "held"):
                rows += db.execute(f"SELECT count(*) FROM {table} WHERE substr(sealed, 1, 3) != x'4C5631'").fetchone()[
                    0
                ]
    if not files:
        return Finding("not_applicable", "Le coffre est vide")
    held, broken = "Échantillon d'originaux et toutes les identités : scellés", "Des valeurs du coffre sont en clair"
    return _said(
        not clear and not rows, held, broken,
        originaux_vus=len(files), originaux_en_clair=clear, identités_en_clair=rows,
    )  # fmt: skip


def key_is_elsewhere(scene: Scene) -> Finding:
    here = (scene.layout.vault / "master.key").exists()
    return _said(not here, "La clé vient d'ailleurs", "La clé est dans le dossier du coffre : qui le copie lit tout")


def persons_are_pseudonyms(scene: Scene) -> Finding:
    keys = [row[0] for row in scene.ask("SELECT DISTINCT person_key FROM limpide_document ORDER BY 1")]
    shown = scene.ask("SELECT count(*) FROM person WHERE NOT regexp_full_match(person_source_value, '[0-9a-f]{50}')")
    if not keys:
        return Finding("not_applicable", "Aucune personne n'est publiée")
    unknown = sum(not scene.vault.identities.seen(key) for key in _spread(keys))
    bad = shown[0][0] + sum(len(key) != 64 for key in keys)
    held, broken = (
        "Bien formés, et connus du coffre (échantillon)",
        "Des personnes ne portent pas un pseudonyme du coffre",
    )
    return _said(not bad and not unknown, held, broken, personnes=len(keys), mal_formés=bad, inconnus_du_coffre=unknown)


def no_identity_column(scene: Scene) -> Finding:
    filled = {
        f"{table}.{column}": count
        for table, columns in _EMPTY.items()
        for column in columns
        if column in tables()[table].names and (count := scene.ask(f'SELECT count("{column}") FROM {table}')[0][0])
    }
    return _said(not filled, "Ces colonnes sont vides", "Des colonnes d'identité sont remplies", **filled)


def texts_name_nobody_known(scene: Scene) -> Finding:
    keys = _spread([row[0] for row in scene.ask("SELECT DISTINCT person_key FROM limpide_document ORDER BY 1")])
    words = {
        key: {word.casefold() for seen in scene.vault.identities.seen(key) for word in _words(seen.patient)}
        for key in keys
    }
    asked = ", ".join(f"'{key}'" for key in keys)
    question = (
        "SELECT person_key, note_text || ' ' || coalesce(note_title, '') "
        f"FROM note JOIN limpide_document USING (note_id) WHERE person_key IN ({asked})"
    )
    texts = scene.ask(question) if keys else []
    looked = len(texts)
    leaks = sum(any(word in f" {_plain(text)} " for word in words[key]) for key, text in texts)
    if not looked:
        return Finding("not_applicable", "Aucun texte n'est publié")
    held, broken = "Aucune identité du coffre dans les textes vus", "Des textes nomment leur patient"
    return _said(not leaks, held, broken, textes_vus=looked, textes_en_cause=leaks)


def _words(patient: Any) -> set[str]:
    """Strings that name a patient beyond doubt: numbers, phones, and family name beside given name, either way."""
    words = {i.value for i in patient.identifiers} | {patient.ins or ""} | set(patient.telecoms)
    names = [n for n in (patient.family_birth, patient.family_used) if n]
    words |= {f" {a} {b} " for n in names for g in patient.given[:1] for a, b in ((n, g), (g, n))}
    return {_plain(word) for word in words if len(word.strip()) >= 6}


def _plain(text: str) -> str:
    return text.casefold().replace("\n", " ").replace("\xa0", " ")


def opposed_are_absent(scene: Scene) -> Finding:
    import duckdb

    opposed = sorted(Oppositions(scene.vault).opposed())
    if not opposed:
        return Finding("not_applicable", "Personne ne s'est opposé")
    layout, found = scene.layout, 0
    paths: set[Path] = set(layout.lake.glob("*/*/limpide_document.parquet"))
    for number in manifest.numbers(layout):
        files = manifest.load(layout, number).files["limpide_document"]
        paths |= {layout.data / "limpide_document" / entry["name"] for entry in files}
    if paths:
        question = f"SELECT count(*) FROM {listed(sorted(paths))} WHERE person_key IN (SELECT unnest(?::VARCHAR[]))"
        found = duckdb.execute(question, [opposed]).fetchall()[0][0]
    held, broken = "Ni publiées, ni dans le lac", "Des documents de personnes opposées demeurent"
    return _said(not found, held, broken, personnes_opposées=len(opposed), documents=found)


def erased_stay_absent(scene: Scene) -> Finding:
    folder = scene.layout.vault / "erasures"
    receipts = [load_receipt(path) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    if not receipts:
        return Finding("not_applicable", "Aucun effacement n'a été demandé")
    false = sum(not genuine(scene.vault, receipt) for receipt in receipts)
    back = sum(digest in scene.vault for receipt in receipts for digest in receipt["sha256"]["originals"])
    held, broken = "Reçus authentiques, originaux absents", "Un reçu est altéré, ou un original est revenu"
    return _said(
        not false and not back, held, broken, effacements=len(receipts), reçus_altérés=false, originaux_revenus=back
    )


def terms_are_kept(scene: Scene) -> Finding:
    try:
        kept = terms()
    except ValueError:
        return Finding("failed", "La durée configurée pour une classe n'est pas admise (1 à 20 ans)")
    with opened(scene.layout) as ledger:
        late = overdue(ledger, scene.today, kept) | arrived_late(ledger, kept)
    return _said(
        not late, "Rien n'a dépassé sa durée", "Des documents ont dépassé leur durée", documents_échus=len(late)
    )


def audit_is_whole(scene: Scene) -> Finding:
    verdict = Audit(scene.vault).verify()
    if verdict.whole and not verdict.lines:
        return Finding("not_applicable", "Le journal est vide")
    broken = f"Altéré à la ligne {verdict.altered}"
    return _said(verdict.whole, "Chaîne et sceaux vérifiés", broken, lignes=verdict.lines)


def audit_is_kept_as_configured(scene: Scene) -> Finding:
    try:
        months = retention_months()
    except ValueError:
        return Finding("failed", "La durée configurée est hors de six à douze mois")
    acts = Audit(scene.vault).acts() if Audit(scene.vault).verify().whole else []
    now = datetime.combine(scene.today, datetime.max.time(), UTC)
    # A day of grace: lines are forgotten once a night.
    old = sum((now - datetime.fromisoformat(act.at)).days > months * 30 + 1 for act in acts)
    return _said(not old, f"Gardé {months} mois", f"Des lignes ont plus de {months} mois", lignes_trop_vieilles=old)


def sources_are_declared(scene: Scene) -> Finding:
    try:
        declared = declaration(scene.layout)
    except ValueError as fault:
        return Finding("failed", f"La déclaration des sources est fautive : {fault}")
    if declared is None:
        return Finding("failed", "Aucune déclaration des sources (sources.yaml) : toutes sont acceptées")
    found = {row[0] for row in scene.ask("SELECT DISTINCT source FROM limpide_document")}
    stray = sorted(found - set(declared.sources))
    held, broken = "Toutes les sources publiées sont déclarées", "Des sources publiées ne sont pas déclarées"
    return _said(not stray, held, broken, déclarées=len(declared.sources), non_déclarées=", ".join(stray))


def extractions_are_approved(scene: Scene) -> Finding:
    acts = [act for act in _acts(scene) if act.what in ("extract", "aggregate")]
    if not acts:
        return Finding("not_applicable", "Aucune extraction n'a été faite")
    bare = sum(not (act.why and act.facts.get("approval")) for act in acts)
    ended = sorted({act.facts["project"] for act in acts if act.facts.get("ends", "9999") < scene.today.isoformat()})
    held, broken = "Toutes ont finalité et autorisation", "Des extractions n'ont pas d'autorisation"
    return _said(
        not bare, held, broken, extractions=len(acts), sans_autorisation=bare, échues_à_détruire=", ".join(ended)
    )


def releases_hide_small_cells(scene: Scene) -> Finding:
    every = releases(scene.vault)
    if not every:
        return Finding("not_applicable", "Aucun comptage n'a été rendu")
    # Ids leave the memory when a person is erased: the number that was shown is kept beside them.
    small = sum(0 < (cell["shown"] or 0) < release["k"] for _, release in every for cell in release["cells"].values())
    held, broken = "Tous les petits effectifs sont masqués", "De petits effectifs ont été montrés"
    return _said(not small, held, broken, comptages=len(every), montrés=small)


def nothing_is_lost(scene: Scene) -> Finding:
    rows = conservation(scene.layout)
    if not rows:
        return Finding("not_applicable", "Rien n'a été reçu")
    wrong = [row.source for row in rows if not row.balanced]
    held, broken = "La loi de conservation est vérifiée", "Des documents manquent à l'appel"
    received = sum(row.received for row in rows)
    return _said(not wrong, held, broken, reçus=received, sources_en_défaut=", ".join(wrong))


def snapshot_was_validated(scene: Scene) -> Finding:
    current = manifest.current(scene.layout)
    if current is None:
        return Finding("not_applicable", "Rien n'est publié")
    against = objections(scene.layout, current.candidate)
    broken = "; ".join(against)
    return _said(not against, "Reçu de validation présent, sans objection", broken, instantané=current.number)


def facts_lead_to_a_document(scene: Scene) -> Finding:
    total = scene.ask("SELECT count(*) FROM limpide_fact")[0][0]
    if not total:
        return Finding("not_applicable", "Aucun fait n'est publié")
    lost = scene.ask("SELECT count(*) FROM limpide_fact ANTI JOIN limpide_document USING (document_key)")[0][0]
    return _said(not lost, "Tous y mènent", "Des faits n'ont plus de document", faits=total, sans_document=lost)


def risk_of_persons(scene: Scene) -> Finding:
    return _risk(scene, "SELECT count(*) AS n FROM person GROUP BY gender_concept_id, year_of_birth, month_of_birth")


def risk_of_visits(scene: Scene) -> Finding:
    return _risk(
        scene,
        "SELECT count(*) AS n FROM visit_occurrence v JOIN person p USING (person_id) "
        "GROUP BY gender_concept_id, year_of_birth, v.care_site_id, visit_start_date",
    )


def _risk(scene: Scene, groups: str) -> Finding:
    """k-anonymity: the smallest group of rows that look alike, rows alone of their kind, rows in groups under 5."""
    smallest, alone, few, total = scene.ask(
        f"SELECT min(n), count(*) FILTER (n = 1), sum(n) FILTER (n < 5), sum(n) FROM ({groups})"
    )[0]
    if not total:
        return Finding("not_applicable", "Rien n'est publié")
    share = round(100 * alone / int(total), 1)
    told = f"{share} % des lignes sont uniques : à apprécier dans l'analyse d'impact"
    return Finding("measured", told, {"lignes": int(total), "k": smallest, "uniques": alone, "k_sous_5": int(few or 0)})


def _acts(scene: Scene) -> list[Any]:
    audit = Audit(scene.vault)
    return audit.acts() if audit.verify().whole else []


def _spread(items: list[str]) -> list[str]:
    """At most SAMPLE of them, evenly spread."""
    step = max(1, -(-len(items) // SAMPLE))
    return items[::step]
