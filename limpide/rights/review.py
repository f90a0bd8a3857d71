"""Documents that wait for a person: the list, the two identities side by side, the decision.

Belongs here: what `limpide identity` does. Does not belong here: finding the doubts
(deidentification/identity_doubts.py), what a decision does to a night (limpide/warehouse): it is taken up when the
night of the document is loaded again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from limpide.deidentification.identity_doubts import CLEAN, DATED, HEADER, REJECT
from limpide.identity.pseudonym import qualified_identity
from limpide.identity.vault import links, merges
from limpide.identity.vault.audit import Audit
from limpide.identity.vault.persons import person_keys
from limpide.identity.vault.ranks import rank
from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import Ledger, opened
from limpide.warehouse.night import merged_persons

NOBODY = "nobody"  # why a document waits that names no patient
WAITING = "waiting"  # takes a decision back
VERDICTS = (HEADER, DATED, CLEAN, REJECT, WAITING)


class UnknownPerson(KeyError):
    """Nobody is known so. Quotes nothing."""


class UnknownDocument(KeyError):
    """No document of this key is known, or it never waited."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One document in doubt. `differs`: names of traits, or kinds of suspected leaks with their count; no value.

    `decision`: 'header', 'clean', 'reject', or None while it waits.
    """

    document_key: str
    night: str
    source: str
    kind: str
    differs: tuple[str, ...]
    decision: str | None = None


def waiting(layout: Layout, *, decided: bool = False) -> list[Waiting]:
    """Documents that wait, by night; with those that were decided too when asked."""
    with opened(layout) as ledger:
        vault = Vault(layout.vault, create=False)
        decisions = vault.identities.decisions()
        out = []
        for key, night, shown in vault.identities.held():
            place = _place(ledger, key)
            if place and (decided or key not in decisions):
                out.append(Waiting(key, night, place[1], shown["kind"], _differs(shown), decisions.get(key)))
        vault.close()
    return out


def show(layout: Layout, document_key: str) -> dict[str, Any]:
    """What the vault holds on one document in doubt: its header's identity, the other one, suspected leaks.

    Raises UnknownDocument. Looking leaves a line in the audit log.
    """
    vault = Vault(layout.vault, create=False)
    found = next((shown for key, _, shown in vault.identities.held() if key == document_key), None)
    if found is None:
        raise UnknownDocument(document_key)
    Audit(vault).record("identity.show", subject=_subject(vault, document_key), document=document_key)
    vault.close()
    return found


def decide(layout: Layout, document_key: str, verdict: str, why: str) -> tuple[str, str]:
    """Decide on a document; the (night, source) to load again for it to be taken up.

    'date': its date may stay as it is; 'header': that, and it is the header's patient; 'clean': that too, and nothing
    in its text identifies; 'reject': it is never published, which may be said of a document that did not wait: the one
    that speaks of a stranger may have come first.
    'waiting' takes the decision back. Raises UnknownDocument, `Busy`, ValueError for another verdict or no reason.
    """
    if verdict not in VERDICTS:
        raise ValueError("no such verdict")
    if not why.strip():
        raise ValueError("a decision must say why")
    with layout.briefly(), opened(layout) as ledger:
        place = _place(ledger, document_key)
        if place is None:
            raise UnknownDocument(document_key)
        vault = Vault(layout.vault, create=False)
        held = any(key == document_key for key, _, _ in vault.identities.held())
        before = vault.identities.decisions().get(document_key)
        if not held and before is None and verdict != REJECT:
            raise UnknownDocument(document_key)
        Audit(vault).record(
            "identity.release", subject=_subject(vault, document_key), why=why, document=document_key, verdict=verdict,
            before=before or WAITING,
        )  # fmt: skip
        now = datetime.now(UTC).isoformat(timespec="seconds")
        vault.identities.decide(document_key, None if verdict == WAITING else verdict, now, why)
        vault.close()
    return place


def attach(layout: Layout, document_key: str, written: str | None, why: str) -> tuple[str, str]:
    """Say whose a document is that names nobody: `written` is an INS, `value@authority` or a person key; None takes it
    back. The (night, source) to load again for it to be taken up.

    Raises UnknownDocument when it does not wait for want of a patient, UnknownPerson when the vault has nobody so,
    UnreadablePerson, ValueError without a reason, `Busy`.
    """
    if not why.strip():
        raise ValueError("a decision must say why")
    with layout.briefly(), opened(layout) as ledger:
        vault = Vault(layout.vault, create=False)
        place = _place(ledger, document_key)
        waits = any(key == document_key and shown["kind"] == NOBODY for key, _, shown in vault.identities.held())
        if place is None or not (waits or document_key in vault.identities.attached()):
            raise UnknownDocument(document_key)
        person = None
        subject = None
        if written is not None:
            keys = person_keys(vault, written)
            seen = [one.patient for key in sorted(keys) for one in vault.identities.seen(key)]
            if not seen:
                raise UnknownPerson("nobody is known so")
            # Of all that was stated of them, what identifies best: an INS, else a local number, else traits.
            person = min(seen, key=lambda one: rank(qualified_identity(one)))
            subject = Audit(vault).subject(min(keys))
        Audit(vault).record("identity.attach", subject=subject, why=why, document=document_key, back=written is None)
        vault.identities.attach(document_key, person)
        vault.close()
    return place


def split(layout: Layout, origin: str, why: str, *, back: bool = False) -> tuple[str, str]:
    """Undo the merge that a message states (or take the undoing `back`); the (night, source) to load again to publish.

    Lake and ledger follow at once. Raises KeyError when no merge comes from `origin`, ValueError without a reason.
    """
    if not why.strip():
        raise ValueError("a decision must say why")
    with layout.briefly(), opened(layout) as ledger:
        place = _place(ledger, origin)
        vault = Vault(layout.vault, create=False)
        if place is None:
            raise KeyError(origin)
        if back:
            merges.redo(vault.identities, origin)
        else:
            merges.undo(vault.identities, origin, datetime.now(UTC).isoformat(timespec="seconds"), why)
        Audit(vault).record("identity.split", why=why, document=origin, back=back)
        merged_persons.settle(layout, ledger, vault.identities)
        vault.close()
    return place


def apart(layout: Layout, person_key: str, why: str, *, back: bool = False) -> None:
    """Say that a key which was found to be another's is of a person of its own, or take that `back`.

    Lake and ledger follow at once, the warehouse at its next publication. Raises KeyError for a key that is linked to
    nobody, ValueError without a reason.
    """
    if not why.strip():
        raise ValueError("a decision must say why")
    with layout.briefly(), opened(layout) as ledger:
        vault = Vault(layout.vault, create=False)
        identities = vault.identities
        if person_key not in (identities.unlinked() if back else identities.links().keys()):
            raise KeyError(person_key)
        identities.unlink(person_key, back=back)
        links.relink(identities, [person_key])
        Audit(vault).record("identity.apart", subject=Audit(vault).subject(person_key), why=why, back=back)
        merged_persons.settle(layout, ledger, identities)
        vault.close()


def join(layout: Layout, one: str, other: str, why: str) -> None:
    """Say that two keys are one person: the better known stands. Lake and ledger follow at once.

    Raises KeyError for a key that the vault does not know, ValueError without a reason or for one key twice.
    """
    if not why.strip() or one == other:
        raise ValueError("a decision must say why, of two keys")
    with layout.briefly(), opened(layout) as ledger:
        vault = Vault(layout.vault, create=False)
        identities = vault.identities
        best = {}
        for key in (one, other):
            seen = identities.seen(key)
            if not seen:
                raise KeyError(key)
            best[key] = min(rank(qualified_identity(each.patient)) for each in seen), key
        stays = min(best, key=lambda key: best[key])
        identities.join(other if stays == one else one, stays)
        Audit(vault).record("identity.join", subject=Audit(vault).subject(stays), why=why)
        merged_persons.settle(layout, ledger, identities)
        vault.close()


def _differs(shown: dict[str, Any]) -> tuple[str, ...]:
    leaks = [kind for kind, _ in shown.get("excerpts", [])]
    return (*shown.get("differs", []), *(f"{kind} {leaks.count(kind)}" for kind in sorted(set(leaks))))


def _place(ledger: Ledger, document_key: str) -> tuple[str, str] | None:
    row = ledger.db.execute("SELECT night, source FROM documents WHERE document_key = ?", (document_key,)).fetchone()
    return (row["night"], row["source"]) if row else None


def _subject(vault: Vault, document_key: str) -> str | None:
    key = vault.identities.stated_key(document_key)
    return Audit(vault).subject(key) if key else None
