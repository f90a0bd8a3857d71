"""What the nets know about words: lists of names, eponyms, ordinary words; cues and labels of French documents.

Belongs here: loading the lists once a process; they are data beside this module. Does not belong here: any rule.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from limpide.deidentification.spans import Kind

_HERE = Path(__file__).parent
_PART = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Folded words: given names, family names, eponyms of medicine, ordinary words (no capital makes them names)."""

    given: frozenset[str]
    family: frozenset[str]
    eponyms: frozenset[str]
    common: frozenset[str]


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a number: its words after the first, the kind of what follows, whether a sign must stand between."""

    rest: tuple[str, ...]
    kind: Kind
    explicit: bool


def _lines(name: str) -> list[str]:
    path = _HERE / name
    content = gzip.decompress(path.read_bytes()).decode() if name.endswith(".gz") else path.read_text("utf-8")
    return [line for line in content.splitlines() if line and not line.startswith("#")]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lists of names and words, read once."""
    names = ("first_names.txt", "last_names.txt", "eponyms.txt", "common_words.txt.gz")
    given, family, eponyms, common = (frozenset(_lines(name)) for name in names)
    return Lexicon(given, family, eponyms, common)


@lru_cache(maxsize=1)
def towns() -> frozenset[str]:
    """Towns, their words folded and separated by spaces."""
    return frozenset(_lines("towns.txt.gz"))


@lru_cache(maxsize=1)
def _cues() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(cue.strip() for cue in words.split(","))
        for name, words in (x.split("\t") for x in _lines("cues.tsv"))
    }


def cues(name: str) -> frozenset[str]:
    """One set of cues.tsv. Raises KeyError when there is none of that name."""
    return _cues()[name]


@lru_cache(maxsize=1)
def labels() -> dict[str, list[Label]]:
    """labels.tsv by first word, longest label first."""
    found: dict[str, list[Label]] = {}
    for line in _lines("labels.tsv"):
        kind, phrases = line.split("\t")
        for phrase in phrases.split(","):
            first, *rest = _PART.findall(phrase)
            found.setdefault(first, []).append(Label(tuple(rest), Kind[kind], phrase.endswith("!")))
    for group in found.values():
        group.sort(key=lambda label: -len(label.rest))
    return found
