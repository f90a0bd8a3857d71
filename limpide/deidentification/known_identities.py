"""The first net: identities already known, from the document's header and from the vault, in all their spellings.

Belongs here: what a header says of persons, places and numbers, and how it is found again in text: any case, accents,
hyphens or spaces, joined or inverted names, initials beside a known name, one wrong character in a long name.
Does not belong here: shapes of numbers (patterns.py) and unknown names (names.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache

from limpide.deidentification.birth import dates
from limpide.deidentification.eponyms import clinical
from limpide.deidentification.lexicon import cues, lexicon
from limpide.deidentification.spans import Kind, Span, Words
from limpide.document import Header, Patient
from limpide.french.tokens import fold

_PART = re.compile(r"[^\W_]+")
_JOIN = re.compile(r"[ \t]{0,3}\n?[ \t]{0,3}[.,\-'’_/]?[ \t]{0,3}")
_TITLES = cues("title") | cues("title_bare")
_PARTICLES = cues("particle") | {"les"}
# Given names that are ordinary words in lower case, though the list of ordinary words leaves them out.
_LOWER_WORDS = frozenset(
    ["pierre", "reine", "jasmine", "robin", "marine", "diane", "rose", "claire", "aime", "marin", "martin", "laurence"]
)
_FUZZY_FROM = 6  # letters; shorter names have too many honest neighbours
_OCR = str.maketrans("0153", "oise")


@lru_cache(maxsize=5_000)  # clinicians come back in every document
def _parts(name: str) -> tuple[str, ...]:
    return tuple(p.replace("œ", "oe").replace("æ", "ae") for p in _PART.findall(fold(name)))


@lru_cache(maxsize=5_000)
def _less_a_letter(part: str) -> tuple[str, ...]:
    return tuple(part[:i] + part[i + 1 :] for i in range(len(part)))


@dataclass(slots=True)
class KnownIdentities:
    """What is known of the people of a document, ready to be found: built by `of`, completed by `add_*`."""

    single: dict[str, Kind] = field(default_factory=dict)
    ordinary: dict[str, Kind] = field(default_factory=dict)  # names that are also words: evidence is asked
    sequences: dict[str, list[tuple[tuple[str, ...], Kind]]] = field(default_factory=dict)
    literals: dict[str, Kind] = field(default_factory=dict)  # folded strings found as they stand
    births: set[tuple[int, int, int]] = field(default_factory=set)
    fuzzy: dict[str, tuple[str, Kind]] = field(default_factory=dict)  # long names, by spellings less a letter

    @classmethod
    def of(cls, header: Header, patients: Iterable[Patient] = ()) -> KnownIdentities:
        """Everything a header names, and further identities of the patient (from the vault)."""
        known = cls()
        for patient in (header.patient, *patients):
            known.add_patient(patient)
        for author in header.authors:
            known.add_name(author.family, Kind.FAMILY)
            known.add_name(author.given, Kind.GIVEN)
            known.add_number(author.rpps, Kind.PROFESSIONAL)
        for person in header.people:
            known.add_name(person, Kind.FAMILY)
        for telecom in header.care_site.telecoms:
            known.add_telecom(telecom)
        if header.care_site.address:
            known.add_address(header.care_site.address)
        known.add_number(header.encounter.id, Kind.STAY_NUMBER)
        for number in (header.document_id, header.set_id, *header.replaces, *header.orders):
            known.add_number(number, Kind.NUMBER)
        return known

    def add_patient(self, patient: Patient) -> None:
        """Names, numbers, addresses, telecoms and birth date of a patient."""
        for name in (patient.family_birth, patient.family_used):
            self.add_name(name, Kind.FAMILY, True)
            for given in patient.given:
                self.add_joined(name, given)
        for given in patient.given:
            self.add_name(given, Kind.GIVEN, True)
        self.add_number(patient.ins, Kind.INS)
        for identifier in patient.identifiers:
            self.add_number(identifier.value, Kind.PATIENT_NUMBER)
        for address in patient.addresses:
            self.add_address(address)
        for telecom in patient.telecoms:
            self.add_telecom(telecom)
        if patient.birth_date and len(patient.birth_date) >= 10:
            year, month, day = patient.birth_date[:10].split("-")
            self.births.add((int(year), int(month), int(day)))

    def add_name(self, name: str | None, kind: Kind, patient: bool = False) -> None:
        """A name of one word or several; titles and particles in it are left aside."""
        if not name:
            return
        common = lexicon().common
        parts = tuple(p for p in _parts(name) if p not in _TITLES)
        if not patient and len(parts) > 1 and common.issuperset(parts):
            return  # 'Assurance Maladie', 'Service Technique': an organisation where a person was expected
        if len(parts) > 1:
            self.sequences.setdefault(parts[0], []).append((parts[1:], kind))
            joined = "".join(parts)
            if len(joined) >= 6:
                self.single.setdefault(joined, kind)
        for part in parts:
            if part in _PARTICLES or part.isdigit():
                continue
            if len(part) < 3 or part in common:
                if len(part) > 1:
                    self.ordinary.setdefault(part, kind)
                continue
            self.single.setdefault(part, kind)
            if len(part) >= _FUZZY_FROM:
                for spelling in _less_a_letter(part):
                    self.fuzzy.setdefault(spelling, (part, kind))

    def add_joined(self, family: str | None, given: str) -> None:
        """Family and given name written as one word, in either order (logins, file names)."""
        one, other = "".join(_parts(family or "")), "".join(_parts(given))
        if len(one) > 2 and len(other) > 2:
            self.single.setdefault(one + other, Kind.FAMILY)
            self.single.setdefault(other + one, Kind.FAMILY)

    def add_number(self, number: str | None, kind: Kind) -> None:
        """A number or a composed identifier ('root^extension': both, and the whole)."""
        for piece in {number or "", *(number or "").split("^")}:
            plain = fold(piece.strip())
            if len(plain) >= 5 and any(c.isdigit() for c in plain):
                self.literals.setdefault(plain, kind)

    def add_telecom(self, telecom: str) -> None:
        """A phone or e-mail address, with or without its 'tel:' or 'mailto:'."""
        plain = fold(telecom.split(":", 1)[-1].strip())
        if "@" in plain:
            self.literals.setdefault(plain, Kind.MAIL)
        elif len(plain) >= 6:
            self.literals.setdefault(plain, Kind.PHONE)

    def add_address(self, address: str) -> None:
        """A postal address: its street as a sequence of words, its town after the postal code."""
        parts = _parts(address)
        cut = next((i for i, p in enumerate(parts) if len(p) == 5 and p.isdigit()), len(parts))
        street, town = parts[:cut], tuple(p for p in parts[cut + 1 :] if p not in ("france", "cedex", "fra", "fr"))
        if len(street) > 1:
            self.sequences.setdefault(street[0], []).append((street[1:], Kind.ADDRESS))
        if town and not town[0].isdigit():
            if len(town) == 1:
                self.ordinary.setdefault(town[0], Kind.CITY)
            else:
                self.sequences.setdefault(town[0], []).append((town[1:], Kind.CITY))

    def nothing_in(self, folded: str, forms: frozenset[str], doubtful: Iterable[str]) -> bool:
        """Whether none of this is in a short label: its folded text, its words, those that no list knows."""
        if not (forms.isdisjoint(self.single) and forms.isdisjoint(self.ordinary)):
            return False
        # The number of a house begins the patient's street, and results too: the other words must be there.
        begun = () if forms.isdisjoint(self.sequences) else forms & self.sequences.keys()
        if any(forms.issuperset(rest) for first in begun for rest, _ in self.sequences[first]):
            return False
        if any(literal in folded for literal in self.literals):
            return False
        return not self.fuzzy or not any(map(self._almost, doubtful))

    def spans(self, words: Words) -> list[Span]:
        """Everything known that the text says."""
        spans: list[Span] = []
        for literal, kind in self.literals.items():
            at = words.folded.find(literal)
            while at >= 0:
                spans.append(Span(at, at + len(literal), kind, True))
                at = words.folded.find(literal, at + len(literal))
        if self.births:
            spans += [Span(start, end, Kind.BIRTH, True) for start, end, day in dates(words) if day in self.births]
        # A patient named Parkinson keeps the disease of that name in the text.
        single, ordinary, sequences = self.single, self.ordinary, self.sequences
        interesting = single.keys() | ordinary.keys() | sequences.keys()
        if interesting.isdisjoint(words.present) and not self.fuzzy:
            return spans
        for i in [k for k, form in enumerate(words.form) if form in interesting]:
            form = words.form[i]
            if form in sequences:
                spans += self._sequence(words, i)
            if form in single:
                if (words.cap[i] or form not in _LOWER_WORDS) and not clinical(words, i):
                    spans.append(self._widened(words, i, single[form]))
            elif form in ordinary and self._evidence(words, i):
                spans.append(self._widened(words, i, ordinary[form]))
        if self.fuzzy:
            spans += self._misread(words, interesting)
        return spans

    def _misread(self, words: Words, exact: AbstractSet[str]) -> Iterator[Span]:
        """Capitalised words one character away from a long name, as a typist or an OCR writes it."""
        lists = lexicon()
        for i, (form, capital) in enumerate(zip(words.form, words.cap, strict=True)):
            if not capital or len(form) < _FUZZY_FROM - 1 or form in exact:
                continue
            if form not in lists.common and form not in lists.eponyms and (almost := self._almost(form)):
                yield Span(words.start[i], words.end[i], almost, True)

    def _sequence(self, words: Words, i: int) -> Iterable[Span]:
        for rest, kind in self.sequences[words.form[i]]:
            last = i + len(rest)
            if tuple(words.form[i + 1 : last + 1]) != rest:
                continue
            capital = kind is Kind.ADDRESS or words.cap[i] or words.cap[last]
            if not capital and lexicon().common.issuperset((words.form[i], *rest)):
                continue
            if all(_JOIN.fullmatch(words.gaps[j]) for j in range(i, last)) or kind is Kind.ADDRESS:
                yield Span(words.start[i], words.end[last], kind, True)

    def _widened(self, words: Words, i: int, kind: Kind) -> Span:
        """A known name, with an initial beside it ('P. MARTIN', 'MARTIN P.')."""
        start, end = words.start[i], words.end[i]
        if kind not in (Kind.FAMILY, Kind.GIVEN):
            return Span(start, end, kind, True)
        before = words.text[max(0, start - 4) : start]
        if found := _INITIAL_BEFORE.search(before):
            start -= len(before) - found.start()
        if found := _INITIAL_AFTER.match(words.text, end):
            end = found.end()
        return Span(start, end, kind, True)

    def _evidence(self, words: Words, i: int) -> bool:
        """Whether a word that is also a name is one here: a name or title beside it, or capitals amid a sentence."""
        if not words.cap[i]:
            return False
        for j in (i - 1, i + 1):
            if 0 <= j < len(words):
                gap = words.gaps[min(i, j)]
                other = words.form[j]
                beside = other in self.single or other in self.ordinary or other in lexicon().given
                if beside and words.cap[j] and _JOIN.fullmatch(gap) and other != words.form[i]:
                    return True
                if j < i and other in _TITLES and len(gap) < 4:
                    return True
        if len(words.form[i]) < 3:
            return False
        if words.capitals(i):
            around = [j for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < len(words) and words.form[j].isalpha()]
            return not any(words.capitals(j) for j in around)
        before = words.text[max(0, words.start[i] - 3) : words.start[i]].rstrip(" ")
        return bool(before) and before[-1].isalpha() and not words.capitals(i)

    def _almost(self, form: str) -> Kind | None:
        """The kind of a known long name one letter away: both less one letter meet, and are then compared."""
        read = form if form.isalpha() else form.translate(_OCR)
        if read in self.single:
            return self.single[read]
        for spelling in (form, *(form[:i] + form[i + 1 :] for i in range(len(form)))):
            found = self.fuzzy.get(spelling)
            if found and _one_apart(found[0], form):
                return found[1]
            if spelling in self.single and len(spelling) >= _FUZZY_FROM:
                return self.single[spelling]
        return None


_INITIAL_BEFORE = re.compile(r"(?<!\w)[A-Z]\.?[ -]?$")
_INITIAL_AFTER = re.compile(r" [A-Z]\.(?!\w)")


def _one_apart(one: str, other: str) -> bool:
    """Whether two words differ by one letter put, left out or changed."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    i = 0
    while i < len(one) and one[i] == other[i]:
        i += 1
    return one[i + 1 :] == other[i + 1 :] if len(one) == len(other) else one[i:] == other[i + 1 :]
