"""What each word of a text may be: a given name, a family name, a particle that leads to one.

Belongs here: questions about one word and its neighbours, answered from the lists. Does not belong here: the turns of
French that announce a name (names.py).
"""

from __future__ import annotations

from limpide.deidentification.eponyms import eponymous
from limpide.deidentification.lexicon import cues, lexicon
from limpide.deidentification.spans import Words

PARTICLES = cues("particle")
STOP = cues("stop")
NOT_FAMILY = STOP | cues("title") | cues("acronym") | cues("name_label") | cues("person_label")
_BARE = cues("title_bare")
_LINE_END = " .,-–:0123456789"  # a line of a directory: the name, then its number


class NameWords:
    """The words of one text, and what the lists say of each."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.form = words.form
        self.count = len(words.form)
        lists = lexicon()
        self.given, self.family, self.eponyms, self.common = lists.given, lists.family, lists.eponyms, lists.common

    def listed(self, i: int) -> bool:
        """Whether a list of names holds the word."""
        return self.form[i] in self.family or self.form[i] in self.given

    def namelike(self, i: int) -> bool:
        """Whether a word behind a title may be a name, with or without its capital."""
        word = self.form[i]
        if not word.isalpha() or len(word) < 3 or word in STOP:
            return False
        return word not in self.common or (self.words.cap[i] and self.listed(i))

    def may_be_family(self, i: int) -> bool:
        """Whether a word may be a family name where a given name or an initial stands beside it."""
        word = self.form[i]
        if not self.words.cap[i] or len(word) < 2 or not word.isalpha() or word in NOT_FAMILY:
            return False
        if word not in self.common:
            return True
        words = self.words
        if i and words.gaps[i - 1] == "-" and words.cap[i - 1] and self.form[i - 1] not in self.common:
            return words.capitals(i) == words.capitals(i - 1)  # 'KERN-PETIT'
        return words.capitals(i) and word in self.family and len(word) > 3

    def particle(self, i: int) -> bool:
        """Whether a particle at `i` leads to a name: 'de La Tour', 'd'Estaing', 'El Amrani'."""
        words, form, j = self.words, self.form, i
        while j < self.count and j - i < 3 and form[j] in PARTICLES:
            if words.gaps[j] not in (" ", "'", "’", "-"):
                return False
            j += 1
        if j == i or j >= self.count or not words.cap[j] or form[j] in NOT_FAMILY or form[j] in _BARE:
            return False
        return form[j] not in self.common or form[j] in self.family

    def elided(self, j: int) -> bool:
        """Whether a letter before an apostrophe is an article and no part of a name like N'GUESSAN."""
        return self.words.gaps[j] == "'" and not (j + 1 < self.count and self.words.cap[j + 1])

    def disease(self, i: int) -> bool:
        """Whether an initial before the word does not make it a person: an eponym in its turn of phrase."""
        return eponymous(self.words, i) or (self.form[i] in self.eponyms and not self.words.capitals(i))

    def doubtful(self, i: int) -> bool:
        """Whether a lone given name may be something else: an eponym, very short, or in a run of capitals."""
        words = self.words
        if self.form[i] in self.eponyms or len(self.form[i]) < 4:
            return True
        if not words.capitals(i):
            return False
        return any(0 <= j < self.count and words.capitals(j) and self.form[j] in self.common for j in (i - 1, i + 1))

    def alone_on_line(self, i: int, j: int) -> bool:
        """Whether words `i` to `j` make a line by themselves, but for a number behind them."""
        text = self.words.text
        before = text.rfind("\n", 0, self.words.start[i]) + 1
        after = text.find("\n", self.words.end[j])
        after = len(text) if after < 0 else after
        return not text[before : self.words.start[i]].strip() and not text[self.words.end[j] : after].strip(_LINE_END)
