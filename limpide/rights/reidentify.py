"""Re-identification: from a pseudonym back to a person, by two people, for a reason, leaving a trace.

Belongs here: who may take part, the check of both, the way back. Does not belong here: the vault.

Trustees are enrolled with a passphrase of their own (scrypt; the vault keeps the salted hash). A request needs two of
them: neither can act alone, and neither for the other. What is refused is traced too.
"""

from __future__ import annotations

import csv
import hmac
import json
import os
from dataclasses import dataclass
from functools import cache
from hashlib import scrypt
from pathlib import Path
from typing import Any

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.identity_map import Seen
from limpide.identity.vault.persons import same_person
from limpide.identity.vault.vault import Vault
from limpide.rights.extract import project_key, renamed
from limpide.rights.project import Project
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened

SHORTEST = 12  # characters of a passphrase
LEAST_WORDS = 10  # characters of a reason
_COST = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}


class NotAllowed(Exception):
    """The request does not have what it needs; the message says what, in French."""


class UnknownPseudonym(KeyError):
    """Nobody is behind this pseudonym, here."""


@dataclass(frozen=True, slots=True)
class Trustee:
    """One of the two people: a name enrolled before, and their passphrase."""

    name: str
    passphrase: str


def enrol(vault: Vault, name: str, passphrase: str) -> None:
    """Let a person take part. Raises NotAllowed for a short passphrase or a name already enrolled."""
    plain = name.strip().casefold()
    known = _trustees(vault)
    if not plain or len(passphrase) < SHORTEST:
        raise NotAllowed(f"un nom, et une phrase secrète d'au moins {SHORTEST} caractères")
    if plain in known:
        raise NotAllowed("cette personne est déjà inscrite")
    # Two names with one secret would be one person.
    if any(_matches(entry, passphrase) for entry in known.values()):
        raise NotAllowed("cette phrase secrète n'est pas acceptée")
    salt = os.urandom(16)
    known[plain] = {"salt": salt.hex(), "hash": _hash(passphrase, salt).hex()}
    path = vault.path / "trustees.json"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(json.dumps(known, sort_keys=True).encode())
        out.flush()
        os.fsync(out.fileno())
    draft.rename(path)
    Audit(vault).record("trustee.enrol", trustee=plain)


def reidentify(
    layout: Layout,
    pseudonym: str,
    code: str,
    why: str,
    asker: Trustee,
    approver: Trustee,
    project: Project | None = None,
) -> list[Seen]:
    """The identities behind a person_source_value (or a person key), or behind a project's own pseudonym.

    `code`: a reason of the closed list (reasons.tsv); `why` says more of it. Raises NotAllowed (also traced) without
    them or two distinct enrolled people, UnknownPseudonym.
    """
    vault = Vault(layout.vault, create=False)
    audit = Audit(vault)
    try:
        if code not in reasons():
            raise NotAllowed(f"un code de motif parmi {', '.join(reasons())}")
        names = _two(vault, why, asker, approver)
        key = _behind(layout, vault, pseudonym, project)
    except (NotAllowed, UnknownPseudonym) as refusal:
        told = code if code in reasons() else None
        audit.record("reidentify.refused", why=why, code=told, cause=type(refusal).__name__)
        raise
    # The trace first: a name is never given without one.
    audit.record(
        "reidentify", subject=audit.subject(key), why=why, code=code, trustees=names,
        project=project.name if project else None,
    )  # fmt: skip
    found = [seen for each in sorted(same_person(vault.identities, {key})) for seen in vault.identities.seen(each)]
    vault.close()
    return found


@cache
def reasons() -> dict[str, str]:
    """The reasons for which a pseudonym may be lifted: code and French."""
    with Path(__file__).with_name("reasons.tsv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["french"] for row in csv.DictReader(lines, delimiter="\t")}


def register(vault: Vault) -> list[dict[str, Any]]:
    """Every lifting and every refusal of one that the audit log still has: day, code, trustees, project, outcome."""
    return [
        {
            "at": act.at, "outcome": "refusé" if act.what.endswith("refused") else "fait",
            "code": act.facts.get("code"), "trustees": act.facts.get("trustees"), "project": act.facts.get("project"),
        }
        for act in Audit(vault).acts()
        if act.what in ("reidentify", "reidentify.refused")
    ]  # fmt: skip


def _two(vault: Vault, why: str, asker: Trustee, approver: Trustee) -> list[str]:
    if len(why.strip()) < LEAST_WORDS:
        raise NotAllowed("un motif, en quelques mots")
    known = _trustees(vault)
    names = [one.name.strip().casefold() for one in (asker, approver)]
    if names[0] == names[1]:
        raise NotAllowed("deux personnes distinctes")
    held = [n in known and _matches(known[n], one.passphrase) for n, one in zip(names, (asker, approver), strict=True)]
    if not all(held):
        raise NotAllowed("deux personnes inscrites, chacune avec sa phrase secrète")
    return names


def _behind(layout: Layout, vault: Vault, pseudonym: str, project: Project | None) -> str:
    wanted = pseudonym.strip().lower()
    with opened(layout) as ledger:
        keys = [row[0] for row in ledger.db.execute("SELECT key FROM surrogates WHERE kind = 'person' ORDER BY key")]
    own = project_key(vault, project) if project else b""
    for key in keys:
        shown = renamed(own, "person", key[:50])[:32] if project else key[:50]
        if wanted == shown or (project is None and wanted == key):
            return str(key)
    raise UnknownPseudonym(pseudonym)


def _trustees(vault: Vault) -> dict[str, dict[str, str]]:
    path = vault.path / "trustees.json"
    said: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return said


def _hash(passphrase: str, salt: bytes) -> bytes:
    return scrypt(passphrase.encode(), salt=salt, **_COST)


def _matches(entry: dict[str, str], passphrase: str) -> bool:
    return hmac.compare_digest(bytes.fromhex(entry["hash"]), _hash(passphrase, bytes.fromhex(entry["salt"])))
