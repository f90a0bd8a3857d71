"""Names that a role announces without a title, and names that an OCR misread.

Belongs here: where a name begins behind 'le confrère', 'l'interne', 'relu', 'NOM' on a form without signs; whether a
word with figures in it is a name, a cell holds names only. Does not belong here: taking it (names.py).
"""

from __future__ import annotations

import re

from limpide.deidentification.eponyms import eponymous
from limpide.deidentification.lexicon import cues
from limpide.deidentification.name_words import NOT_FAMILY, NameWords

_ROLE = cues("role")
_BY_NAME = cues("by_name")
_ANY_TITLE = cues("title") | cues("title_bare")
_TO_NAME = cues("to_name")
_LABEL_WORDS = cues("label_word")
_LABELS = cues("name_label") | cues("person_label")
ROLES = _ROLE | _BY_NAME | _TO_NAME
_MISREAD = re.compile(r"[a-z]{1,}[01358][a-z]{2,}[0-9a-z]*|[a-z]{2,}[01358][a-z]+[0-9a-z]*|[a-z]{4,}[015]")
_PERSON_LINE = re.compile(r"[ ]*\n[ ]*(?:[mfh][ ,]|\d{1,3} ?ans|\d\d?[/.\-]\d\d?[/.\-]\d{2}|nee? |ddn)")
_ROLE_GAPS = frozenset((" ", " : ", ": "))
_FORM_GAP = re.compile(r"[ \t]{1,12}")


class RoleWords(NameWords):
    """Questions about what stands behind a role."""

    def misread(self, i: int) -> bool:
        """Whether a word of letters and one or two figures is a name as an OCR reads it: 'LEB1HAN', 'M0RVAN'."""
        word = self.form[i]
        if word.isalpha() or len(word) < 5 or not self.words.cap[i]:
            return False
        return sum(c.isdigit() for c in word) <= 2 and _MISREAD.fullmatch(word) is not None

    def behind_role(self, i: int) -> int | None:
        """The word that begins the name behind role or verb `i`; None when it announces nobody."""
        words, form, j = self.words, self.form, i + 1
        if form[i] in _TO_NAME:
            if form[j : j + 1] != ["a"] or words.gaps[i] != " ":
                return None
            j += 1
        if j >= self.count or not words.cap[j] or words.gaps[j - 1] not in _ROLE_GAPS:
            return None
        if form[j] in _ANY_TITLE or form[j] in NOT_FAMILY or form[j] in self.eponyms or eponymous(words, j):
            return None
        shouted = words.capitals(i) and words.capitals(j)
        if form[i] in _BY_NAME or form[i] in _TO_NAME:
            return j if self._by_name(j, shouted) else None
        if len(form[j]) < 3 or not form[j].isalpha():
            return None
        if form[j] not in self.common:
            return j
        follows = j + 1 < self.count and words.cap[j + 1] and words.gaps[j] in (" ", "-") and self.listed(j + 1)
        return j if self.listed(j) and not shouted and (follows or form[j] in self.family) else None

    def _by_name(self, j: int, shouted: bool) -> bool:
        """'relu JM VASSORT', 'vu Thibodeau': initials and a name, or a word that no list of words knows."""
        words, form = self.words, self.form
        following = j + 1 < self.count and words.cap[j + 1] and form[j + 1] not in self.common
        if len(form[j]) <= 2:
            return words.capitals(j) and following and words.gaps[j] == " " and len(form[j + 1]) > 3 and not shouted
        return form[j].isalpha() and len(form[j]) > 3 and form[j] not in self.common and not words.capitals(j)

    def on_form(self, i: int) -> bool:
        """Whether 'NOM' or 'PRENOM' in capitals is followed by its value without any sign: 'NOM X PRENOM Y'."""
        words, j = self.words, i + 1
        if j >= self.count or not words.capitals(i) or not _FORM_GAP.fullmatch(words.gaps[i]) or not words.cap[j]:
            return False
        pair = "prenom" in words.present and "nom" in words.present
        value = self.misread(j) or (self.form[j].isalpha() and self.form[j] not in NOT_FAMILY)
        return pair and value and (self.form[j] not in self.common or self.listed(j))

    def two_unknown(self, j: int) -> bool:
        """Whether two capitalised words that no list of words holds begin at `j`: 'repris par Ruxandra Ciobanu'."""
        words, form = self.words, self.form
        if j + 1 >= self.count or words.gaps[j] != " ":
            return False
        return all(
            words.cap[k]
            and form[k].isalpha()
            and len(form[k]) > 2
            and form[k] not in self.common
            and form[k] not in self.eponyms
            and form[k] not in NOT_FAMILY
            for k in (j, j + 1)
        )

    def above_a_person(self, j: int) -> bool:
        """Whether the next line begins with a sex, an age or a date: word `j` ends the line that names its person."""
        return _PERSON_LINE.match(self.words.folded, self.words.end[j]) is not None

    def only_names(self, i: int) -> bool:
        """Whether the cell that ends with label `i` speaks of names only."""
        words, k = self.words, i
        while k and "\n" not in words.gaps[k - 1] and "\t" not in words.gaps[k - 1] and i - k < 5:
            k -= 1
            if self.form[k] not in _LABEL_WORDS and self.form[k] not in _LABELS:
                return False
        return True

    def fills_a_cell(self, j: int) -> bool:
        """Whether the cell that begins at word `j` looks like a name rather than like another heading."""
        words = self.words
        beside = j + 1 < self.count and words.cap[j + 1] and words.gaps[j] == " "
        return self.listed(j) or words.capitals(j) or beside
