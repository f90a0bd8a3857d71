"""One person under two keys, found without anybody saying so: which key stands for which, kept up as identities come.

Belongs here: the rule, the table of links. Does not belong here: merges that messages and people state (merges.py,
which takes these in), whether two identities look alike (conflict.py).

A key stands for another when their identities share a number of one authority (a header with INS and IPP, another with
the IPP alone), or, for a patient known by name and birth date only, when those are the ones of exactly one patient
known by an INS, else by a local number. The better identity stays (INS, INS-C, local number, name). Nothing is linked
where the identities contradict each other, where two INS could be meant, or where a person undid it. The answer depends
on the identities known, not on the order in which they came: each time one is stated, its key and all that share
something with it are decided again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from limpide.document import Patient
from limpide.identity.conflict import Verdict, compare, look_alike
from limpide.identity.ins import InsClass, ins_class, judge, normalised, oid, plain_name, traits
from limpide.identity.pseudonym import qualified_identity
from limpide.identity.vault.ranks import LOCAL, TRAITS, rank

if TYPE_CHECKING:
    from limpide.identity.vault.identity_map import IdentityMap


def relink(identities: IdentityMap, stated: Iterable[str]) -> None:
    """Decide again on the keys under which an identity was just stated, and on all that share a term with them; find
    those born the same day who look like them."""
    known: dict[str, list[Patient]] = {}

    def patients(key: str) -> list[Patient]:
        if key not in known:
            known[key] = [seen.patient for seen in identities.seen(key)]
        return known[key]

    touched = set(stated)
    beside = {key: identities.beside(key) for key in touched}
    for key in set().union(*beside.values()) - touched if beside else set():
        beside[key] = identities.beside(key)
    undone = identities.unlinked()
    found = {}
    for key in sorted(beside):
        stays = None if key in undone or not beside[key] else _stands_for(key, beside[key], patients)
        if stays is not None:
            found[key] = stays
    identities.link(beside, found)
    pairs = set()
    for key in sorted(touched):
        for other in sorted(identities.born_with(key)):
            if any(look_alike(a, b) for a in patients(key) for b in patients(other)):
                pairs.add((min(key, other), max(key, other)))
    identities.look_alike(touched, pairs)


def _stands_for(key: str, others: set[str], patients: Callable[[str], list[Patient]]) -> str | None:
    own = patients(key)
    mine = _rank(own)
    ranks = {other: _rank(patients(other)) for other in sorted(others)}
    better = [
        other
        for other, theirs in ranks.items()
        if (theirs < mine or (theirs == mine == LOCAL and other < key)) and not _contradict(own, patients(other))
    ]
    numbers = _numbers(own)
    sharing = [other for other in better if numbers & _numbers(patients(other))]
    if not sharing and mine == TRAITS:
        names = _names(own)
        sharing = [other for other in better if ranks[other] < TRAITS and names & _names(patients(other))]
    if not sharing:
        return None
    best = min(ranks[other] for other in sharing)
    equal = [other for other in sharing if ranks[other] == best]
    # Two local numbers of one person are one person; two INS, or two namesakes, are a question for somebody.
    return equal[0] if len(equal) == 1 or best == mine == LOCAL else None


def _rank(patients: list[Patient]) -> int:
    return min((rank(qualified_identity(one)) for one in patients), default=TRAITS)


def _contradict(one: list[Patient], other: list[Patient]) -> bool:
    return any(compare(a, b).verdict is Verdict.DIFFERENT for a in one for b in other)


def _numbers(patients: list[Patient]) -> set[tuple[str, str]]:
    """National numbers by their body, local ones by their authority; a social-security number is nobody's own."""
    found = set()
    for patient in patients:
        for identifier in patient.identifiers:
            judged = judge(identifier.value, identifier.system)
            if judged.body and judged.klass not in (None, InsClass.NSS):
                found.add(("ins-demo" if judged.klass is InsClass.DEMO else "ins", judged.body))
            elif oid(identifier.system) and ins_class(identifier.system) is None and identifier.value:
                found.add((oid(identifier.system) or "", normalised(identifier.value)))
    return found


def _names(patients: list[Patient]) -> set[tuple[str, str, str]]:
    """Each family name with the first given name and the birth date to the day."""
    found = set()
    for patient in patients:
        strict = traits(patient)
        if strict.given and len(strict.birth_date) == 10:
            families = (plain_name(patient.family_birth), plain_name(patient.family_used))
            found |= {(family, strict.given, strict.birth_date) for family in families if family}
    return found
