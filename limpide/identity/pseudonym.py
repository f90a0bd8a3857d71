"""Keyed pseudonyms: one per person across sources, impossible to compute without the vault's secret.

Belongs here: the choice of what identifies a person, the HMAC, the first 31-bit candidate of an OMOP id.
Does not belong here: keys at rest (vault.py), collisions of 31-bit ids (the ledger allots the next free one).

What identifies, best first:
1. a qualified INS, NIR or NIA: its 13 characters, so that a mistyped key does not make a second person. One matricule
   is one person under the OIDs of NIR (…4.8), NIA (…4.9) and test (…4.10): senders mix them within one feed, and text
   prints the number without any. Should a test number be that of somebody real, their names and birth dates differ, and
   the later document waits (`identity_drift.py`). Demonstration numbers (…4.11) are another world, and so are all the
   numbers of a source that declares `identities: test`: invented patients never mix with others.
2. an INS-C (22 digits), withdrawn but still sent.
3. a local identifier (IPP): assigning authority and value. Of several, the smallest (authority, value), so that the
   order in which a sender writes them does not matter. Without an authority a number identifies nobody: the warehouse
   gives it that of its source before it asks (`source_says.py`).
4. name (at birth, else the one in use), first given name and birth date to the day. The sex does not count: letters
   leave it out, and it tells nobody from another whom these three do not.
Otherwise None: no person, and the document waits in quarantine (NO_PATIENT).
An INS beats an IPP because it is the same in every establishment. An INS that its sender calls provisional or doubtful
does not count: a wrong merge of two persons is worse than two keys for one, which a merge (A40) repairs.
A social-security number never counts: a child bears a parent's.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from limpide.document import Identifier, Patient
from limpide.identity.ins import InsClass, Status, ins_class, judge, normalised, oid, plain_name, status, traits

_WORLD = {
    InsClass.NIR: "ins",
    InsClass.NIA: "ins",
    InsClass.TEST: "ins",
    InsClass.DEMO: "ins-demo",
    InsClass.INS_C: "ins-c",
}


def qualified_identity(patient: Patient) -> tuple[str, ...] | None:
    """What identifies the patient, as (kind, parts...), by the order above; None when nothing does."""
    trusted = status(patient) is not Status.PROVISIONAL and status(patient) is not Status.DOUBTFUL
    national = [Identifier(patient.ins, patient.ins_system)] if patient.ins else []
    national += [i for i in patient.identifiers if ins_class(i.system) not in (None, InsClass.NSS)]
    found = set()
    for identifier in national:
        judged = judge(identifier.value, identifier.system)
        if judged.body and judged.klass in _WORLD:
            found.add((_WORLD[judged.klass], judged.body))
    if found and (trusted or patient.reliability is None):
        return min(found, key=lambda item: (item[0] == "ins-c", item))
    local = sorted(
        (oid(i.system) or "", normalised(i.value))
        for i in patient.identifiers
        if i.value and oid(i.system) not in (None, "dossier") and ins_class(i.system) is None
    )
    if local:
        return ("local", *local[0])
    strict = traits(patient)
    family = strict.family_birth or plain_name(patient.family_used)
    if family and strict.given and len(strict.birth_date) == 10:
        return ("traits", family, strict.given, strict.birth_date)
    return None


def person_key(patient: Patient, secret: bytes) -> str | None:
    """HMAC-SHA-256, 64 hexadecimal characters, over the qualified identity; None when nothing identifies."""
    identity = qualified_identity(patient)
    if identity is None:
        return None
    message = "\x1f".join(("limpide/person/1", *identity)).encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, sha256).hexdigest()


def keyed(value: str, purpose: str, secret: bytes) -> str:
    """A keyed pseudonym of anything else (a provider's RPPS, a document id), 64 hexadecimal characters.

    `purpose` separates worlds: the same value under two purposes gives two pseudonyms. Names of files are bytes, and
    JSON may hold half of a character: a lone surrogate is a value like any other.
    """
    message = "\x1f".join(("limpide", purpose, value)).encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, sha256).hexdigest()


def renamed(name: str, links: tuple[bytes, ...]) -> str:
    """A pseudonym as rotations left it: each link's HMAC of the name before, from its first 32 hexadecimal characters.

    So a stored name follows without its plain value, which nobody keeps; as long as it was. Who holds an older secret
    alone cannot come from a person to the new name. Without links, the name itself.
    """
    for link in links:
        name = hmac.new(link, f"limpide/renamed\x1f{name[:32]}".encode(), sha256).hexdigest()[: len(name)]
    return name


def surrogate31(key: str) -> int:
    """The first candidate for a 31-bit OMOP id (1 .. 2^31 - 1) of a hexadecimal key; the next free on collision."""
    return (int(key[:8], 16) >> 1) or 1
