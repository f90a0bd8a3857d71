"""Misspelt words of the vocabulary, put right by one letter.

Belongs here: which word an unknown word stands for, and the guards. Does not belong here: spellings that sound alike
(variants.stem makes them one), whole terms (linking.py).

A word is corrected when it is long, unknown to the vocabulary and to the verb forms that edsnlp ships, and exactly one
stem of a disease, a drug or a part of the body is at one letter (dropped, added, changed, or two swapped), not the
first and not among the last two.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from limpide.french.tokens import fold
from limpide.french.variants import stem

SHORTEST = 8  # letters of a word that may be corrected
_SHORTEST_STEM = 7


@cache
def _verb_forms() -> frozenset[str]:
    """Stems of conjugated verbs: "traiterait" is no misspelt disease."""
    spec = find_spec("edsnlp")
    if spec is None or spec.origin is None:
        return frozenset()
    path = Path(spec.origin).parent / "resources" / "verbs.csv.gz"
    if not path.is_file():
        return frozenset()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        term = next(rows).index("term")
        return frozenset(map(stem, {fold(row[term]) for row in rows}))


def _deletions(word: str) -> Iterator[str]:
    """The word with one letter less, its first kept."""
    for cut in range(1, len(word)):
        yield word[:cut] + word[cut + 1 :]


def _one_apart(one: str, other: str) -> bool:
    """Whether one letter inside (dropped, added, changed) or two neighbours swapped tell two words apart."""
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if start >= len(other) - 2:
        return False  # endings are grammar, not spelling
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    if one[start + 1 :] == other[start + 1 :]:
        return True
    return one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]


class Speller:
    """Corrects stems. Holds an index of the long stems of `targets` with one letter less, built at the first call.

    `words`: stems that are right as they are.
    """

    def __init__(self, words: frozenset[str], targets: Iterable[str]) -> None:
        self.words = words
        self.targets = [t for t in targets if len(t) >= _SHORTEST_STEM and t.isalpha() and t.isascii()]
        self._index: dict[str, list[str]] | None = None
        self.memo: dict[str, tuple[str, str, int]] = {}  # of the matcher: what it read in each word so far

    def correct(self, base: str) -> str:
        """The known stem that an unknown stem stands for; itself when none or several do."""
        if len(base) < _SHORTEST_STEM or base in self.words or base in _verb_forms():
            return base
        if self._index is None:
            self._index = {}
            for word in self.targets:
                for shorter in (word, *_deletions(word)):
                    self._index.setdefault(shorter, []).append(word)
        near = {
            word
            for shorter in (base, *_deletions(base))
            for word in self._index.get(shorter, ())
            if _one_apart(base, word)
        }
        return near.pop() if len(near) == 1 else base
