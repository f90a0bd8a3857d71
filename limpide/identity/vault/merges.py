"""Merges of identities and their undoing: what messages and persons said, and which key stands for which now.

Belongs here: statements as they were made, the rule that makes of them one key a person. Does not belong here: reading
messages (limpide/readers), bringing the warehouse to it (limpide/warehouse/night/merged_persons.py).

A statement names two patients by their identifiers: one disappears into the other (HL7 v2 ADT^A40, MRG-1 into PID-3;
IHE PAM). Nothing is decided when it is heard: the documents of either may come later, under a key that this message
does not know. `in_force` answers from all statements and all identities known, so that nights loaded in any order end
alike. What a person undid stays undone, and its trace with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from limpide.document import Patient
from limpide.identity.pseudonym import qualified_identity
from limpide.identity.vault.ranks import rank

if TYPE_CHECKING:
    from limpide.identity.vault.identity_map import IdentityMap


@dataclass(frozen=True, slots=True)
class Statement:
    """`gone` is `stays` from `at` on. `origin`: the key of the document that says so; `gone_key`: none is None."""

    origin: str
    at: str
    gone: Patient
    gone_key: str | None
    stays: Patient
    stays_key: str


@dataclass(frozen=True, slots=True)
class Merge:
    """One statement and what it does now. `gone`: the keys it retires; `undone`: when and why a person undid it."""

    origin: str
    night: str
    at: str
    gone: tuple[str, ...]
    stays: str
    undone: tuple[str, str] | None = None


def moment(written: str | None, night: str) -> str:
    """When a message was made, comparable: ISO 8601 in UTC; its night when it does not say."""
    try:
        read = datetime.fromisoformat(written or night)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="seconds")
    except ValueError:
        return night


def state(identities: IdentityMap, night: str, documents: Iterable[str], said: Iterable[Statement]) -> None:
    """What the messages among `documents` state, in place of what they stated when they were last read."""
    from limpide.identity.blind import blind_terms

    said = list(said)
    with identities.writing() as db:
        again = {*documents, *(one.origin for one in said)}
        db.executemany("DELETE FROM merge_said WHERE origin = ?", [(key,) for key in sorted(again)])
        ranks: dict[str, int] = {}
        for one in said:
            turn = ranks[one.origin] = ranks.get(one.origin, -1) + 1
            terms = [
                sorted(identities.blind(term).hex() for term in blind_terms(_by_identifiers(patient)))
                for patient in (one.gone, one.stays)
            ]
            told = {"gone": terms[0], "stays": terms[1], "gone_key": one.gone_key, "stays_key": one.stays_key}
            sealed = identities.seal(told, "merge", one.origin, str(turn))
            db.execute("INSERT INTO merge_said VALUES (?, ?, ?, ?, ?)", (one.origin, turn, night, one.at, sealed))


def undo(identities: IdentityMap, origin: str, at: str, why: str) -> None:
    """A person says that a message was wrong: it merges nobody any more. Raises KeyError when it never did."""
    with identities.writing() as db:
        if not db.execute("SELECT 1 FROM merge_said WHERE origin = ?", (origin,)).fetchone():
            raise KeyError(origin)
        sealed = identities.seal(why, "undone", origin)
        db.execute("INSERT OR REPLACE INTO merge_undone VALUES (?, ?, ?)", (origin, at, sealed))


def redo(identities: IdentityMap, origin: str) -> None:
    """Take the undoing back. Raises KeyError when there was none."""
    with identities.writing() as db:
        if not db.execute("DELETE FROM merge_undone WHERE origin = ?", (origin,)).rowcount:
            raise KeyError(origin)


def merges(identities: IdentityMap) -> list[Merge]:
    """The history: every statement, in the order in which they count, those undone too."""
    db = identities.reading()
    undone = {
        origin: (at, str(identities.open(sealed, "undone", origin)))
        for origin, at, sealed in db.execute("SELECT origin, at, sealed FROM merge_undone").fetchall()
    }
    out = []
    rows = db.execute("SELECT origin, rank, night, at, sealed FROM merge_said ORDER BY at, origin, rank").fetchall()
    for origin, turn, night, at, sealed in rows:
        told = identities.open(sealed, "merge", origin, str(turn))
        stays = identities.keys_of(map(bytes.fromhex, told["stays"])) | {told["stays_key"]}
        gone = identities.keys_of(map(bytes.fromhex, told["gone"])) | ({told["gone_key"]} - {None})
        kept = min(stays, key=lambda key: (_kind(identities, key), key))
        out.append(Merge(origin, night, at, tuple(sorted((gone | stays) - {kept})), kept, undone.get(origin)))
    return out


def in_force(identities: IdentityMap) -> dict[str, str]:
    """Every retired key with the key that stands for it, resolved to the end.

    Statements count in order of time, then of origin. The last one about a key stands; one that turns an earlier one
    round takes its place.
    """
    into: dict[str, str] = {}
    for one in merges(identities):
        for key in one.gone if one.undone is None else ():
            if resolved(into, key) == resolved(into, one.stays):
                if key != resolved(into, one.stays):
                    continue  # one person already
                into.pop(one.stays)  # it was `key` that stood for `stays`: turned round
            into[key] = one.stays
    # Found without a message (links.py): what a message says of a key comes before.
    for key, stays in sorted(identities.links().items()):
        if key not in into and resolved(into, stays) != key:
            into[key] = stays
    return {key: resolved(into, key) for key in sorted(into)}


def resolved(into: Mapping[str, str], key: str) -> str:
    """The end of the chain that begins at `key`."""
    while key in into:
        key = into[key]
    return key


def _by_identifiers(patient: Patient) -> Patient:
    """A patient without the traits that two people may share."""
    return replace(patient, family_birth=None, given=[], birth_date=None)


def _kind(identities: IdentityMap, key: str) -> int:
    found = [identity for seen in identities.seen(key) if (identity := qualified_identity(seen.patient))]
    return min(map(rank, found), default=rank(None))
