"""The small grammar in which the sentences of `data/*.json` are written.

    {condition} {un_condition}    a slot filled by the writer, the second after its article
    {2..9}                        a whole number drawn between two bounds
    <souple|dépressible>          one of several wordings, which may hold anything
    [fièvre|R50.9]                words that state a fact: here a condition with its CIM-10 code
    [ictère|R17 no]               the same with flags: no (negated), maybe (hypothetical), past (history)
    [oxygène|drug:V03AN01]        another kind: drug, vital, measurement, observation, allergy
    [FEVG à {40..60} %|measurement:10230-1:%]   what is measured: the value is the first number of the words
    [Ne fume pas|observation:72166-2=non_fumeur]   what is observed, in words (a low line for a space)

So that every clinical statement of a fixed sentence is in the truth, where a reader of the sentence sees it.

Belongs here: reading a template. Does not belong here: filling it (content.py), the sentences.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

_SYSTEMS = {
    "condition": "CIM-10",
    "drug": "ATC",
    "vital": "LOINC",
    "measurement": "LOINC",
    "observation": "LOINC",
    "allergy": "ATC",
}
_BRACKETS = str.maketrans("()", "[]")  # of a UCUM unit: mm(Hg), since a square one would close the mark
_FLAGS = {"no": "negated", "maybe": "hypothetical", "past": "history"}


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that the writer fills; `lead` is the article before it, or nothing."""

    name: str
    lead: str
    bare: str  # the name without its article


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number between two bounds, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Several wordings."""

    ways: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Words that state a fact; `flags` are names of `TruthFact`."""

    words: Sentence
    kind: str
    code: str | None
    system: str | None
    unit: str | None
    value: str | None
    flags: tuple[str, ...]


Sentence = tuple["str | Slot | Number | Choice | Mark", ...]


@cache
def parsed(template: str) -> Sentence:
    """The parts of a template. Raises ValueError where a bracket is left open or closed twice."""
    sentence, end = _read(template, 0, "")
    if end != len(template):
        raise ValueError(f"unexpected {template[end]!r} at {end} in {template!r}")
    return sentence


def _read(template: str, at: int, until: str) -> tuple[Sentence, int]:
    """Parts from `at` to one of the characters of `until`, or to the end where there is none."""
    parts: list[str | Slot | Number | Choice | Mark] = []
    text = at
    while at < len(template):
        char = template[at]
        if char in until or char in "]>}":
            break
        if char not in "{<[":
            at += 1
            continue
        if at > text:
            parts.append(template[text:at])
        part, at = {"{": _hole, "<": _choice, "[": _mark}[char](template, at + 1)
        parts.append(part)
        text = at
    if at > text:
        parts.append(template[text:at])
    if until and at == len(template):
        raise ValueError(f"one of {until!r} is missing at the end of {template!r}")
    return tuple(parts), at


def _hole(template: str, at: int) -> tuple[Slot | Number, int]:
    end = template.index("}", at)
    inside = template[at:end]
    low, dots, high = inside.partition("..")
    if dots:
        return Number(int(low), int(high)), end + 1
    lead, _, bare = inside.partition("_")
    return Slot(inside, lead, bare), end + 1


def _choice(template: str, at: int) -> tuple[Choice, int]:
    ways = []
    while True:
        way, at = _read(template, at, "|>")
        ways.append(way)
        if template[at] == ">":
            return Choice(tuple(ways)), at + 1
        at += 1


def _mark(template: str, at: int) -> tuple[Mark, int]:
    words, bar = _read(template, at, "|")
    end = template.index("]", bar)
    code, *flags = template[bar + 1 : end].split(" ")
    kind, _, rest = code.partition(":") if ":" in code else ("condition", "", code)
    coded, _, unit = rest.partition(":")
    unit = unit.translate(_BRACKETS)
    coded, _, value = coded.partition("=")
    named = tuple(_FLAGS[flag] for flag in flags)
    system = _SYSTEMS[kind] if coded else None
    value = value.replace("_", " ")
    return Mark(words, kind, coded or None, system, unit or None, value or None, named), end + 1
