"""The words of acts: heads, what they take with them, endings, and the words around them.

Belongs here: reading lexicon/acts/*.tsv once into look-ups. Does not belong here: any word (the tables), the walk over
a text (recognition.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from limpide.french.phrases import PhraseTable, read_table, spellings, word_set
from limpide.french.tokens import fold
from limpide.french.variants import key, stem

_CAPITALS = 5  # letters at most of what is an abbreviation when all are capitals
# Parts of words joined by a hyphen: no organ by themselves.
PREFIXES = frozenset(
    ("sous", "sus", "inter", "retro", "avant", "intra", "extra", "peri", "para", "post", "supra", "infra")
)
NEEDS = ("", "context", "object", "done")


class Head(NamedTuple):
    """The name of an act. `needs`: '', 'context', 'object' or 'done' (see heads.tsv); `capitals`: only in capitals."""

    group: str
    needs: str
    code: str | None
    capitals: bool


@dataclass(frozen=True, slots=True)
class Objects:
    """Stems that an act takes with it; those of `capitals` only where the text has them in capitals."""

    sites: frozenset[str]
    lesions: frozenset[str]
    devices: frozenset[str]
    sides: frozenset[str]
    capitals: frozenset[str]
    qualities: frozenset[str]  # of a lesion: "carcinome basocellulaire"
    ways: dict[str, bool] = field(default_factory=dict)  # a way's key, and every proper prefix of it (False)


@dataclass(frozen=True, slots=True)
class Endings:
    """Endings that make the name of an act, with the folded words that they do not."""

    endings: tuple[str, ...]
    but: frozenset[str]

    def make(self, form: str) -> bool:
        return len(form) > 8 and form.endswith(self.endings) and form not in self.but


@cache
def heads() -> dict[str, Head | None]:
    """Key of a name to its head, and every proper prefix of a key to None (or to a head of its own)."""
    found: dict[str, Head] = {}
    rows: list[tuple[int, bool, bool, str, Head]] = []
    for row in read_table("acts/heads"):
        for written in _phrases(row["phrases"]):
            bare = written.lstrip("~")
            capitals = written == bare and bare.isupper() and sum(map(str.isalpha, bare)) <= _CAPITALS
            stems = key(bare)
            whole = " " in stems and row["group"] != "implant"  # "ponction d'ascite" has its object with it
            head = Head(row["group"], "" if whole else row["needs"], row["ccam"] or None, capitals)
            rows.append((NEEDS.index(head.needs), capitals, head.code is None, stems, head))
    for _, _, _, stems, head in sorted(rows, key=lambda one: one[:3]):  # of two, the one that asks for less stands
        found.setdefault(stems, head)
    out: dict[str, Head | None] = dict(found)
    for stems in found:
        out.update((prefix, None) for prefix in _prefixes(stems) if prefix not in found)
    return out


def _phrases(cell: str) -> Iterator[str]:
    for pattern in cell.split(";"):
        for phrase in spellings(pattern):
            if phrase.strip("~ "):
                yield phrase


def _prefixes(stems: str) -> Iterator[str]:
    words = stems.split()
    return (" ".join(words[:length]) for length in range(1, len(words)))


@cache
def objects() -> Objects:
    """What lexicon/acts/objects.tsv and the parts of the body of lexicon/grammar/sites.tsv let an act take with it."""
    words: dict[str, set[str]] = {"site": set(), "lesion": set(), "device": set(), "side": set()}
    capitals: set[str] = set()
    ways: set[str] = set()
    for row in read_table("acts/objects"):
        if row["role"] == "way":
            ways.update(key(phrase) for phrase in _phrases(row["words"]))
            continue
        for word in row["words"].split():
            stems = key(word).split()
            words[row["role"]].update(stems)
            if word.isupper():
                capitals.update(stems)
    common: set[str] = set()
    for row in read_table("grammar/sites"):
        for term in f"{row['nouns']}|{row['adjectives']}".split("|"):
            stems = key(term).split()
            (capitals if term.isupper() else common).update(stems)
            words["site"].update(stems)
    words["site"] -= {stem(fold(word)) for word in word_set("links")} | PREFIXES | {"deux"}
    prefixes = {prefix for way in ways for prefix in _prefixes(way)}
    return Objects(
        frozenset(words["site"]),
        frozenset(words["lesion"]),
        frozenset(words["device"]),
        frozenset(words["side"]),
        frozenset(capitals - common),
        frozenset(
            stems
            for row in read_table("grammar/modifiers")
            for term in row["modifiers"].split("|")
            if row["role"] != "phrase"
            for stems in key(term).split()
        ),
        dict.fromkeys(prefixes, False) | {way: True for way in ways if way},
    )


@cache
def endings() -> Endings:
    """Endings that make an act of an unknown word."""
    rows = read_table("acts/endings")
    but = {_folded(word) for row in rows for word in row["but"].split()}
    return Endings(tuple(_folded(row["ending"]) for row in rows), frozenset(but))


def _folded(word: str) -> str:
    return fold(word).replace("œ", "oe")


@cache
def around() -> PhraseTable[frozenset[str]]:
    """Phrases around acts, each with the sets of words.tsv that hold it."""
    sets: dict[str, set[str]] = {}
    for row in read_table("acts/words"):
        for phrase in _phrases(row["phrases"]):
            sets.setdefault(fold(phrase), set()).add(row["set"])
    return PhraseTable(((phrase, frozenset(names)) for phrase, names in sets.items()), literal=True)


@cache
def stems() -> frozenset[str]:
    """Every stem of these tables: spelt right, never to be put right into another word."""
    held = objects()
    named = {word for name in heads() for word in name.split()}
    return frozenset(named | held.sites | held.lesions | held.devices | {w for way in held.ways for w in way.split()})
