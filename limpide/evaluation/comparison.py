"""When a fact read from text is the fact that was coded: the rules of the exam "flatten and recover".

Belongs here: what counts as one statement, whether the print states it, whether two statements are the same, the
one-to-one pairing. Does not belong here: documents on disk, engines, figures (exam.py).

**Same.** A laboratory row: same LOINC code or one that differs by its method only (analytes.tsv), same number once in
the same unit, same comparator, both current or both earlier results. A drug: same ATC code (a coded class takes its
members); where the entry has no ATC (CIS, UCD, CIP or nothing), the words found must stand whole in the coded label,
strengths and forms left out. A problem: same CIM-10 category (three characters); where the entry has no CIM-10, the
words found begin with the first word of its label and hold at least half of its words and no others, or all of them.
All: both denied or both not; a drug or a problem of a relative is never the patient's. Statements repeated in a
document count once on either side; a class of drugs beside a member of it is that member. Dates, doses: not compared.

**Told.** The print tells a coded statement when one of its labels (words compared by stem, "sans précision" and what
LOINC writes after the component left out) and its number stand in it. Print and entry **clash** when the entry denies
and its row has no word of denial, or affirms and a cell of its row answers "non", or when its label is printed and its
number nowhere: nobody can recover it from print.

**Exactly** (the strict figures): the very LOINC code, the very words of the label, every entry told or not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from limpide.document import Code, Document, Fact
from limpide.french import variants
from limpide.french.phrases import LEXICON
from limpide.french.tokens import fold
from limpide.french.units import convert, parse_unit

Subject = Literal["laboratory", "vital", "drug", "problem"]
SUBJECTS: tuple[Subject, ...] = ("laboratory", "drug", "problem", "vital")
_OF_KIND: dict[str, Subject] = {"measurement": "laboratory", "vital": "vital", "drug": "drug", "condition": "problem"}
_SHORTEST_NAME = 4  # letters of a drug's name that may stand for a label without ATC
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_SPACED = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_PREFIX = re.compile(r"^\s*\[[^\]]*\]\s*")  # "[CIM-10 : F33] Trouble dépressif récurrent"
_SAME = 1e-6  # relative: what is left of a conversion
_UNSAID = re.compile(
    r",?\s*\b(?:SAI|sans précision|sans autre indication|non précisée?s?|\(?à préciser\)?)(?!\w)", re.IGNORECASE
)
_LOINC_AXES = re.compile(r"\s*\[.*")  # "Folates [Moles/Volume] Sérum/Plasma ; Numérique"
_DENIAL = re.compile(
    r"\b(?:non|pas|ni|sans|jamais|aucune?s?|absences?|absente?s?|absent|neant|negati(?:f|ve)s?|nie(?:e|s|es)?|normal\w*)\b"
)
_ANSWERED_NO = re.compile(r"(?:^|\t)\s*(?:non|absent|absente|absence|neant|aucune?)\s*(?:\t|$)")


@dataclass(slots=True)
class Statement:
    """What a fact says, for comparison. `codes`: LOINC, ATC or CIM-10 categories; `names`: labels and words."""

    subject: Subject
    codes: frozenset[str]
    names: tuple[str, ...]
    negated: bool = False
    prior: bool = False
    value: float | None = None
    unit: str | None = None
    comparator: str | None = None
    key: tuple[object, ...] = field(default=())
    twins: frozenset[str] = frozenset()  # LOINC codes that differ from `codes` by their method only
    stated: bool = True  # the print tells it
    clash: bool = False  # the print denies what the entry affirms, or the other way round
    row: str = ""  # key of the line of the narrative that the entry points to or that holds its label


@cache
def _answers() -> frozenset[str]:
    return frozenset(fold(line.strip()) for line in (LEXICON / "answers.txt").read_text("utf-8").splitlines() if line)


def _named(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Labels worth comparing: bracketed codes cut, answers ("oui", "texte libre") left out."""
    kept: dict[str, None] = {}
    for text in texts:
        name = _PREFIX.sub("", " ".join((text or "").split()))
        if any(map(str.isalpha, name)) and fold(name).strip(" ().:") not in _answers():
            kept[name] = None
    return tuple(kept)


def _codes(subject: Subject, stated: Iterable[Code]) -> frozenset[str]:
    wanted = {"laboratory": "LOINC", "vital": "LOINC", "drug": "ATC", "problem": "CIM-10"}[subject]
    codes = (code.code for code in stated if code.system == wanted and code.code)
    return frozenset(code.replace(".", "").upper()[:3] if subject == "problem" else code for code in codes)


@cache
def _unit(unit: str | None) -> str | None:
    """UCUM (also for "mUI/L") without annotations; '1' and {ratio} are none; U and UI are written for one another."""
    bare = re.sub(r"\{[^}]*\}", "", unit or "").strip()
    known = parse_unit(bare) if bare else None
    bare = (known.ucum if known else bare).replace("[IU]", "U")
    return None if bare in ("", "1") else bare


def statement(fact: Fact) -> Statement | None:
    """What `fact` says; None when the exam does not ask about it: no subject of ours, a relative's, a reaction, an

    entry that says that nothing is known, a result without number, or an entry that names nothing.
    """
    subject = _OF_KIND.get(fact.kind)
    if subject is None or fact.family or fact.role in ("reaction", "no_information", "generic", "substance"):
        return None
    codes = _codes(subject, [*([Code(fact.code, fact.system)] if fact.code else []), *fact.translations])
    names = _named([fact.text, fact.display, *(code.display for code in fact.translations)])
    if subject in ("laboratory", "vital"):
        if fact.value is None or not codes:
            return None
        unit, comparator = _unit(fact.unit), fact.comparator if fact.comparator != "=" else None
        key = (codes, fact.value, unit, comparator, fact.prior)
        twins = _codes(subject, fact.candidates) if fact.code else frozenset()
        return Statement(subject, codes, names, False, fact.prior, fact.value, unit, comparator, key, twins)
    if fact.hypothetical and fact.origin == "nlp":
        return None  # suspected or to be ruled out: the engine does not say that the patient has it
    if not codes and not names:
        return None
    words = frozenset() if codes else frozenset(map(_stems, names))
    return Statement(subject, codes, names, fact.negated, key=(codes, words, fact.negated))


def truths(document: Document) -> list[Statement]:
    """The coded statements of a document, each once, marked whether its narrative tells them."""
    whole = spaced(document.text)
    lines = [(line, spaced(line)) for line in document.text.split("\n")]
    numbers = {float(n.replace(",", ".")) for n in _NUMBER.findall(_SPACED.sub("", document.text))}
    found: dict[tuple[object, ...], Statement] = {}
    for fact in document.facts:
        said = statement(fact) if fact.origin == "coded" else None
        if said is None:
            continue
        labels = [label for name in said.names if (label := spaced(_bare(name)).strip())]
        said.stated = any(f" {label} " in whole for label in labels)
        if said.stated and said.value is not None:
            said.clash = not any(_close(said.value, number) for number in numbers)
            said.stated = not said.clash
        line, said.row = _row(document, fact, lines, labels)
        if said.stated and said.value is None and line:
            said.clash = _clashes(fold(_UNSAID.sub("", line)), said.negated)
            said.stated = not said.clash
        known = found.setdefault((said.subject, *said.key), said)
        known.stated = known.stated or said.stated
        known.clash = known.clash and not known.stated
    return list(found.values())


def _row(document: Document, fact: Fact, lines: list[tuple[str, str]], labels: list[str]) -> tuple[str, str]:
    """The line of the narrative that an entry points to, else the first that holds one of its labels; and its key."""
    if fact.start is not None:
        begin = document.text.rfind("\n", 0, fact.start) + 1
        end = document.text.find("\n", fact.start)
        line = document.text[begin : end if end >= 0 else len(document.text)]
        return line, spaced(line)
    return next(((line, key) for line, key in lines if any(f" {label} " in key for label in labels)), ("", ""))


def _clashes(line: str, negated: bool) -> bool:
    return not _DENIAL.search(line) if negated else _ANSWERED_NO.search(line) is not None


def spaced(text: str) -> str:
    """The key of a text (stems of its full words) between spaces, so that whole words are looked for."""
    return f" {variants.key(text)} "


def _bare(name: str) -> str:
    """A label without what a classification adds to a name."""
    return _UNSAID.sub("", _LOINC_AXES.sub("", name)) or name


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_SAME, abs_tol=1e-12)


@cache
def _stems(name: str) -> tuple[str, ...]:
    return tuple(variants.key(_bare(name)).split())


def same(truth: Statement, found: Statement, exactly: bool = False) -> bool:
    """Whether `found` is the coded `truth` (rules above)."""
    if truth.subject in ("laboratory", "vital"):
        return found.value is not None and _same_result(truth, found, exactly)
    if truth.subject != found.subject or truth.negated != found.negated:
        return False
    if truth.subject == "problem":
        if truth.codes:
            return bool(truth.codes & found.codes)
        return any(_same_words(_stems(a), _stems(b), exactly) for a in truth.names for b in found.names)
    if truth.codes:
        return any(code.startswith(wanted) for wanted in truth.codes for code in found.codes)
    return any(_whole_in(name, label) for name in found.names[:1] for label in truth.names)


def _same_words(label: tuple[str, ...], said: tuple[str, ...], exactly: bool) -> bool:
    if not label or not said or exactly:
        return bool(label) and set(label) == set(said)
    if label[0] not in said:
        return False
    shared = set(label) & set(said)
    return shared == set(label) or (shared == set(said) and 2 * len(shared) >= len(set(label)))


def same_class(found: Statement, other: Statement) -> bool:
    """Whether `found` is a class of drugs that `other`, another found drug, belongs to."""
    return found.subject == other.subject == "drug" and any(
        code != member and member.startswith(code) for code in found.codes for member in other.codes
    )


def _same_result(truth: Statement, found: Statement, exactly: bool) -> bool:
    codes = found.codes if exactly else found.codes | found.twins
    if not truth.codes & codes or truth.prior != found.prior or truth.comparator != found.comparator:
        return False
    assert truth.value is not None and found.value is not None
    if truth.unit == found.unit:
        return _close(truth.value, found.value)
    if truth.unit is None or found.unit is None:
        return False
    converted = convert(found.value, found.unit, truth.unit)
    return converted is not None and _close(converted, truth.value)


def _whole_in(name: str, label: str) -> bool:
    name, label = fold(name), fold(label)
    return len(name) >= _SHORTEST_NAME and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", label) is not None


def pair(wanted: list[Statement], found: list[Statement], exactly: bool = False) -> list[tuple[int, int]]:
    """A largest one-to-one pairing of equal statements, as (index in `wanted`, index in `found`)."""
    options = [[j for j, other in enumerate(found) if same(each, other, exactly)] for each in wanted]
    taken: dict[int, int] = {}  # index in found -> index in wanted

    def place(index: int, tried: set[int]) -> bool:
        for option in options[index]:
            if option not in tried:
                tried.add(option)
                if option not in taken or place(taken[option], tried):
                    taken[option] = index
                    return True
        return False

    for index in range(len(wanted)):
        place(index, set())
    return sorted((index, option) for option, index in taken.items())
