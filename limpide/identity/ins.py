"""The French national health identity (INS): which kind it is, whether its key holds, how far it may be trusted.

Belongs here: OIDs, the 97 rule, the status of an identity, the comparison of strict traits.
Does not belong here: pseudonyms (pseudonym.py), what is stored (vault.py), what the text says (conflict.py).

Sources: Référentiel INS (ANS); formats.md section 2; INSEE for the key of the NIR and Corsica; IHE PAM France,
table HL7 0445, for PID-32. A wrong key is flagged and never rejects a document: senders do get it wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from limpide.document import Patient
from limpide.french.tokens import fold


class InsClass(StrEnum):
    """What an OID says of an identifier. What it means for who is who: pseudonym.py."""

    NIR = "nir"  # number of the national register: the INS of nearly everybody
    NIA = "nia"  # waiting number of the same register
    TEST = "test"
    DEMO = "demo"
    INS_C = "ins-c"  # computed INS, 22 digits, withdrawn in 2019 but still sent
    NSS = "nss"  # social-security number: the insured person's, which may be a parent's. Not an identity.


_ROOT = "1.2.250.1.213.1.4."
OID_CLASS: dict[str, InsClass] = {
    _ROOT + "2": InsClass.INS_C,
    _ROOT + "8": InsClass.NIR,
    _ROOT + "9": InsClass.NIA,
    _ROOT + "10": InsClass.TEST,
    _ROOT + "11": InsClass.DEMO,
    _ROOT + "13": InsClass.NSS,
    _ROOT + "14": InsClass.NSS,
}

_NIR = re.compile(r"[1-478]\d{2}(?:\d{2})(?:\d{2}|2[AB])\d{6}(?:\d{2})?")
_INS_C = re.compile(r"\d{22}")


class Status(StrEnum):
    """How far an identity may be trusted (Référentiel national d'identitovigilance)."""

    QUALIFIED = "qualified"  # INS fetched from the national service and identity checked
    RETRIEVED = "retrieved"  # INS fetched, identity not checked
    VALIDATED = "validated"  # identity checked, no INS
    PROVISIONAL = "provisional"
    DOUBTFUL = "doubtful"  # said doubtful, fictitious or hidden by the sender


# PID-32, table 0445. VIDE and absence say nothing.
_RELIABILITY: dict[str, Status] = {
    "VALI": Status.VALIDATED,
    "QUAL": Status.QUALIFIED,
    "RECUP": Status.RETRIEVED,
    "PROV": Status.PROVISIONAL,
    "DOUTE": Status.DOUBTFUL,
    "DOUA": Status.DOUBTFUL,
    "DPOT": Status.DOUBTFUL,
    "FICTI": Status.DOUBTFUL,
    "CACH": Status.DOUBTFUL,
    "HOMOL": Status.VALIDATED,
}


def oid(system: str | None) -> str | None:
    """The bare OID of an assigning authority ('urn:oid:1.2' gives '1.2'); other strings unchanged, empty is None."""
    if not system:
        return None
    return system.strip().removeprefix("urn:oid:") or None


def ins_class(system: str | None) -> InsClass | None:
    """The class of an assigning authority, None when it is not a national one."""
    return OID_CLASS.get(oid(system) or "")


def normalised(value: str) -> str:
    """An identifier without spaces, dots or hyphens, in capitals."""
    return re.sub(r"[\s.\-]", "", value).upper()


def nir_key(body: str) -> int:
    """The 2-digit key of a 13-character NIR: 97 - n mod 97, Corsica's 2A counting as 19 and 2B as 18.

    Raises ValueError when `body` is not 13 characters of that shape.
    """
    digits = body[:5] + {"2A": "19", "2B": "18"}.get(body[5:7], body[5:7]) + body[7:]
    if len(digits) != 13 or not digits.isascii() or not digits.isdigit():
        raise ValueError("a NIR is 13 characters")
    return 97 - int(digits) % 97


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an INS value is worth. `body` is the part without key, which identifies; None when it has not the shape.

    `key_ok` is None when there is no key to check (13 characters, INS-C).
    """

    klass: InsClass | None
    body: str | None
    key_ok: bool | None


def judge(value: str | None, system: str | None) -> Judgement:
    """Read an INS: its class from its OID (from its shape when no OID was sent), its body, its key."""
    klass = ins_class(system)
    if not value:
        return Judgement(klass, None, None)
    plain = normalised(value)
    if klass is InsClass.INS_C or (klass is None and system is None and _INS_C.fullmatch(plain)):
        return Judgement(InsClass.INS_C, plain if _INS_C.fullmatch(plain) else None, None)
    if klass is None and system is None and _NIR.fullmatch(plain):
        klass = InsClass.NIA if plain[0] in "78" else InsClass.NIR
    if not _NIR.fullmatch(plain):
        return Judgement(klass, None, None)
    body, key = plain[:13], plain[13:]
    return Judgement(klass, body, int(key) == nir_key(body) if key else None)


def status(patient: Patient) -> Status:
    """The status of a header's identity. A national INS whose sender says nothing else is qualified.

    The Référentiel forbids to send an INS that is not qualified, so its presence is the statement; a PID-32 that says
    provisional or doubtful takes it back. Without an INS: what PID-32 says, else provisional.
    """
    said = _RELIABILITY.get((patient.reliability or "").strip().upper())
    judged = judge(patient.ins, patient.ins_system)
    has_ins = judged.body is not None and judged.klass in (InsClass.NIR, InsClass.NIA, InsClass.TEST, InsClass.DEMO)
    if said in (Status.PROVISIONAL, Status.DOUBTFUL, Status.RETRIEVED):
        return said
    if has_ins:
        return Status.QUALIFIED
    return said if said is Status.VALIDATED else Status.PROVISIONAL


def plain_name(name: str | None) -> str:
    """A name as it is compared: no accents, capitals, hyphens and apostrophes as one space."""
    if not name:
        return ""
    folded = fold(name).replace("œ", "oe").replace("æ", "ae")
    return " ".join(re.findall(r"[a-z0-9]+", folded)).upper()


@dataclass(frozen=True, slots=True)
class Traits:
    """The five strict traits, normalised for comparison; an empty string is absent."""

    family_birth: str
    given: str  # first birth name only: senders disagree on how many they write
    birth_date: str
    sex: str
    birth_place: str


def traits(patient: Patient) -> Traits:
    """The strict traits of a patient; 'UN' is no sex."""
    first = plain_name(patient.given[0]) if patient.given else ""
    return Traits(
        plain_name(patient.family_birth),
        first.split(" ")[0] if first else "",
        (patient.birth_date or "").strip(),
        patient.sex if patient.sex in ("F", "M") else "",
        (patient.birth_place or "").strip().upper(),
    )


def contradictions(left: Traits, right: Traits) -> list[str]:
    """Names of the traits that both state and that differ; what one side lacks is no contradiction.

    A birth date known to the year or month only agrees with any date it begins. A given name agrees with a longer one
    that begins with it (JEAN with JEAN PIERRE is cut in `traits` already).
    """
    out = []
    for name in Traits.__slots__:
        one, other = getattr(left, name), getattr(right, name)
        if not one or not other or one == other:
            continue
        if name == "birth_date" and (one.startswith(other) or other.startswith(one)):
            continue
        out.append(name)
    return out


_SEX_OF = {"1": "M", "3": "M", "7": "M", "2": "F", "4": "F", "8": "F"}  # INSEE: first character of NIR and NIA


def said_by_number(patient: Patient, year: int) -> tuple[str | None, str | None]:
    """The sex and the year of birth that a patient's matricule states: 'M' or 'F', and '1979' where no other century
    is possible in `year` (nobody is older than 112, and births of the last years could be of the last century)."""
    numbers = [(patient.ins, patient.ins_system), *((i.value, i.system) for i in patient.identifiers)]
    for value, system in numbers:
        judged = judge(value, system)
        if judged.body and judged.klass in (InsClass.NIR, InsClass.NIA, InsClass.TEST, InsClass.DEMO):
            two = int(judged.body[1:3])
            able = [born for born in (1900 + two, 2000 + two) if year - 112 <= born <= year]
            return _SEX_OF.get(judged.body[0]), str(able[0]) if len(able) == 1 else None
    return None, None
