"""Do two identities speak of one person: header and text, or header and what the vault knows under that INS?

Belongs here: the comparison and its verdict, with evidence as kinds and never values.
Does not belong here: reading the text's statements (readers/stated_identity.py), storing what waits (identity_map.py).

A national INS that differs is decisive, unless it differs by one character and nothing else does (a typist, an OCR).
Without it, one differing trait is a spelling or a typing error; two make another person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from limpide.document import Document, Identifier, Patient
from limpide.identity.ins import InsClass, ins_class, judge, normalised, oid, plain_name


class Verdict(StrEnum):
    """What the comparison says. `unknown`: too little is stated on one side."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with its evidence: names of what agrees and of what contradicts, never a value."""

    verdict: Verdict
    agrees: tuple[str, ...]
    contradicts: tuple[str, ...]


def compare(one: Patient, other: Patient) -> Finding:
    """Compare two statements of identity. What only one of them states is no evidence."""
    agrees: list[str] = []
    contradicts: list[str] = []

    def note(name: str, same: bool | None) -> None:
        if same is not None:
            (agrees if same else contradicts).append(name)

    left, right = _national(one), _national(other)
    same_ins = bool(left & right) if left and right else None
    note("ins", same_ins)
    note("identifier", _locals_agree(one, other))
    note("family", _names_agree(_families(one), _families(other)))
    note("given", _names_agree(_givens(one), _givens(other)))
    note("birth_date", _dates_agree(one.birth_date, other.birth_date))
    note("sex", one.sex == other.sex if one.sex in ("F", "M") and other.sex in ("F", "M") else None)
    traits = [name for name in contradicts if name not in ("ins", "identifier")]
    if same_ins is False:
        typed = any(_near(a, b) for a in left for b in right) and not traits
        verdict = Verdict.UNKNOWN if typed else Verdict.DIFFERENT
    elif same_ins:
        verdict = Verdict.DIFFERENT if len(traits) > 2 else Verdict.SAME
    elif len(traits) > 1:
        verdict = Verdict.DIFFERENT
    elif len([name for name in agrees if name not in ("sex", "identifier")]) > 1 or "identifier" in agrees:
        verdict = Verdict.SAME
    else:
        verdict = Verdict.UNKNOWN
    return Finding(verdict, tuple(agrees), tuple(contradicts))


def look_alike(one: Patient, other: Patient) -> bool:
    """Whether two patients born the same day could be one: close names, in whatever order they were typed, no other
    sex, and no two INS that differ by more than a slip of the hand."""
    if not one.birth_date or len(one.birth_date) < 10 or one.birth_date[:10] != (other.birth_date or "")[:10]:
        return False
    if {one.sex, other.sex} == {"F", "M"}:
        return False
    left, right = _national(one), _national(other)
    if left and right and not any(_near(a, b) for a in left for b in right):
        return False
    straight = _names_agree(_families(one), _families(other)) and _names_agree(_givens(one)[:1], _givens(other)[:1])
    turned = _names_agree(_families(one), _givens(other)[:1]) and _names_agree(_givens(one)[:1], _families(other))
    return bool(straight or turned)


def with_text(document: Document) -> Finding:
    """Compare a document's header with what its text states by labels ('Nom :', 'Né le'). Coded sections count too."""
    from limpide.readers.stated_identity import stated_identity

    return compare(document.header.patient, stated_identity(document.text))


def with_vault(patient: Patient, seen: Iterable[Patient]) -> Finding:
    """Compare a header with every identity seen under its INS: the worst finding, since one stranger is enough.

    Under one key the INS agrees by construction; birth date, or family and given name together, tell a stranger.
    """
    worst = Finding(Verdict.UNKNOWN, (), ())
    for known in seen:
        finding = compare(patient, known)
        strict = [name for name in finding.contradicts if name in ("family", "given", "birth_date")]
        if len(strict) > 1:
            return Finding(Verdict.DIFFERENT, finding.agrees, finding.contradicts)
        if len(finding.contradicts) > len(worst.contradicts) or worst.verdict is Verdict.UNKNOWN:
            worst = finding
    return worst


def _national(patient: Patient) -> set[str]:
    identifiers = list(patient.identifiers)
    if patient.ins:
        identifiers.append(Identifier(patient.ins, patient.ins_system))
    found = set()
    for identifier in identifiers:
        judged = judge(identifier.value, identifier.system)
        if judged.body and judged.klass not in (None, InsClass.NSS, InsClass.INS_C):
            found.add(judged.body)
    return found


def _locals_agree(one: Patient, other: Patient) -> bool | None:
    """Whether two statements give the same number of one authority; None where no authority numbers both."""
    numbers: list[dict[str, set[str]]] = [{}, {}]
    for found, patient in zip(numbers, (one, other), strict=True):
        for identifier in patient.identifiers:
            authority = oid(identifier.system)
            if authority and ins_class(authority) is None and identifier.value:
                found.setdefault(authority, set()).add(normalised(identifier.value))
    common = numbers[0].keys() & numbers[1].keys()
    return any(numbers[0][name] & numbers[1][name] for name in common) if common else None


def _families(patient: Patient) -> list[str]:
    return [name for name in (plain_name(patient.family_birth), plain_name(patient.family_used)) if name]


def _givens(patient: Patient) -> list[str]:
    return [name for name in map(plain_name, patient.given) if name]


def _names_agree(left: list[str], right: list[str]) -> bool | None:
    """Whether any name of one side is a name of the other: equal, part of a composed one, or one letter apart."""
    if not left or not right:
        return None
    for one in left:
        for other in right:
            short, long = sorted((set(one.split()), set(other.split())), key=len)
            joined = one.replace(" ", ""), other.replace(" ", "")
            if short <= long or joined[0] == joined[1] or (len(one) > 3 and _near(*joined)):
                return True
    return False


def _dates_agree(one: str | None, other: str | None) -> bool | None:
    if not one or not other:
        return None
    return one[:10].startswith(other[:10]) or other[:10].startswith(one[:10])


def _near(one: str, other: str) -> bool:
    """Whether two strings differ by one character at most, or by two neighbours in the wrong order."""
    if one == other:
        return True
    if len(one) == len(other):
        places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        swapped = len(places) == 2 and places[1] == places[0] + 1
        return len(places) == 1 or (
            swapped and one[places[0]] == other[places[1]] and one[places[1]] == other[places[0]]
        )
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
