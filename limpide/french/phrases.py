"""Tables of phrases, matched over tokens in one pass.

Belongs here: reading a TSV of phrases, spelling out its alternatives, and the longest-match walk over folded words.
Does not belong here: what a phrase means (each table's own module decides), or any phrase.

A table is a TSV with a header; its first column is a phrase in French, where `(a|b)` is a choice and `(a|)` an
option: `pas (de|d'|)` stands for three phrases. Phrases are folded as texts are, so accents and case do not matter.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from limpide.french.tokens import Tokens, fold

LEXICON = Path(__file__).parents[1] / "lexicon"
_GROUP = re.compile(r"\(([^()]*)\)")
_WORD = re.compile(r"\w+|[^\w\s]")  # as tokens.tokenise cuts
T = TypeVar("T")


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of lexicon/<name>.tsv, comments (`#` at the start of a line) left out; missing cells are ''."""
    with (LEXICON / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        kept = (line for line in lines if line.strip() and not line.startswith("#"))
        rows = csv.DictReader(kept, delimiter="\t", quoting=csv.QUOTE_NONE, restval="")
        return [{key: (value or "").strip() for key, value in row.items() if key} for row in rows]


def spellings(phrase: str) -> Iterator[str]:
    """Every phrase that a pattern with `(a|b)` choices stands for."""
    group = _GROUP.search(phrase)
    if group is None:
        yield " ".join(phrase.split())
        return
    for choice in group.group(1).split("|"):
        yield from spellings(phrase[: group.start()] + choice + phrase[group.end() :])


def _words(phrase: str) -> list[str]:
    return [word.replace("œ", "oe").replace("æ", "ae") for word in _WORD.findall(fold(phrase))]


@cache
def word_set(name: str) -> frozenset[str]:
    """Folded words of one set of lexicon/word_sets.tsv."""
    words = next(row["words"] for row in read_table("word_sets") if row["name"] == name)
    return frozenset(_fold_word(word) for word in words.split())


def _fold_word(word: str) -> str:
    return fold(word).replace("œ", "oe")


class PhraseTable(Generic[T]):
    """Phrases and what each carries; `scan` finds the longest, leftmost, not overlapping, in a list of words."""

    __slots__ = ("_root",)

    def __init__(self, entries: Iterable[tuple[str, T]], literal: bool = False) -> None:
        """`entries`: (phrase, or pattern unless `literal`, payload); of two equal phrases the first stands."""
        self._root: dict[str, Any] = {}
        for pattern, payload in entries:
            for phrase in (pattern,) if literal else spellings(pattern):
                node = self._root
                for word in _words(phrase):
                    node = node.setdefault(word, {})
                node.setdefault("", payload)

    def scan(self, tokens: Tokens) -> list[tuple[int, int, T]]:
        """(first word, word after the last, payload) of each phrase, in order."""
        found: list[tuple[int, int, T]] = []
        root, form, places = self._root, tokens.form, tokens.places
        size, free = len(form), 0
        for first in sorted([place for word in root.keys() & places.keys() for place in places[word]]):
            if first < free:
                continue
            node, after = root[form[first]], first + 1
            best, best_end = node.get(""), after
            while after < size and (following := node.get(form[after])) is not None:
                node, after = following, after + 1
                if "" in node:
                    best, best_end = node[""], after
            if best is not None:
                found.append((first, best_end, best))
                free = best_end
        return found

    def at(self, form: list[str], first: int) -> tuple[int, T] | None:
        """(word after the last, payload) of the longest phrase that begins at `first`, or None."""
        node, after, size = self._root, first, len(form)
        best: tuple[int, T] | None = None
        while after < size and (following := node.get(form[after])) is not None:
            node, after = following, after + 1
            if "" in node:
                best = (after, node[""])
        return best
