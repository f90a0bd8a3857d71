"""The third net: names of persons that no header announces, from the turns of French and lists of names.

Belongs here: titles, labels, signatures, kinship, given names beside family names, and what must not be taken for a
name (eponyms, ordinary words, drugs, hospitals and streets named after people).
Does not belong here: names already known (known.py); the words themselves (lexicon.py and its data).
"""

from __future__ import annotations

import re

from limpide.deidentification.eponyms import eponymous
from limpide.deidentification.lexicon import cues
from limpide.deidentification.name_roles import ROLES, RoleWords
from limpide.deidentification.name_words import NOT_FAMILY, PARTICLES, STOP
from limpide.deidentification.repeated_names import echoes
from limpide.deidentification.spans import Kind, Span, Words

_GAP = re.compile(r"[ \t]{0,2}[-.'’]?[ \t]{0,2}")
_TITLE_GAP = re.compile(r"[ \t]{0,3}[:.]?[ \t]*\n?[ \t]{0,8}")
_LIST_GAP = re.compile(r"[ \t]*[,;/&+\-–][ \t\n]*")
_AFTER_LABEL = re.compile(r"(?:\(\w{1,3}\)|['’)])?[ \t]*(?:\t|[:=][ \t]*\n?[ \t]*)(?:[-:][ \t]*)?\(?")
_INITIAL_GAPS = frozenset((".", ".-", "-", ". "))
_KIN_GAPS = frozenset((" ", " (", ", ", " : ", " - "))
_ENDS = frozenset(("", "\n", ",", ";", ".", ")", "(", "/", ":"))
_LONGEST = 5  # words in one name

_TITLES = cues("title")
_BARE = cues("title_bare")
_ANY_TITLE = _TITLES | _BARE
_PLURAL = cues("title_plural")
_WEAK = cues("title_weak")
_NAME_LABELS = cues("name_label")
_LABEL_WORDS = cues("label_word")
_PERSON_LABELS = cues("person_label")
_LABELS = _NAME_LABELS | _PERSON_LABELS
_BY = cues("by")
_KIN = cues("kin") | {"nee"}
_ACRONYMS = cues("acronym")
_SPECIES = cues("species")
_NAMED_AFTER = cues("named_after")
_TRIGGERS = _TITLES | _BARE | _LABELS | _KIN | _NAMED_AFTER | ROLES | {"par"}
_VERBS = cues("named_verb")
_ARTICLES = frozenset(("la", "une", "cette", "des", "les"))


class _Finder(RoleWords):
    """One pass over the words of one text."""

    def __init__(self, words: Words) -> None:
        super().__init__(words)
        self.spans: list[Span] = []

    def run(self) -> list[Span]:
        form, cap = self.form, self.words.cap
        given, common = self.given, self.common
        after = 0
        for i in [k for k, (word, capital) in enumerate(zip(form, cap, strict=True)) if capital or word in _TRIGGERS]:
            if i < after:
                continue
            word = form[i]
            nxt = self._cue(i) if word in _TRIGGERS else i + 1
            if nxt == i + 1 and cap[i]:
                if word in given:
                    nxt = self._beside(i)
                elif len(word) < 3 and word.isalpha():
                    nxt = self._initial(i)
                elif word not in common:
                    nxt = self._shape(i)
            after = nxt
        return self.spans + echoes(self.words, self.spans) if self.spans else []

    # Turns of phrase

    def _cue(self, i: int) -> int:
        word = self.form[i]
        nxt = i + 1
        if word in _TITLES or (word in _BARE and self.words.cap[i]):
            nxt = self._title(i)
        elif word == "par":
            by = i and self.form[i - 1] in _BY and i + 1 < self.count and self.form[i + 1] not in _ANY_TITLE
            if by and ("\t" not in self.words.gaps[i] or self.fills_a_cell(i + 1)):
                nxt = max(nxt, self._sequence(i + 1, True))
            elif self.two_unknown(i + 1):
                nxt = max(nxt, self._sequence(i + 1, False))
        elif word in _LABELS:
            nxt = self._label(i)
        elif word in _NAMED_AFTER and i + 1 < self.count and self.words.gaps[i] == " ":
            named = self.words.cap[i + 1] and self.form[i + 1] not in self.common and not eponymous(self.words, i + 1)
            if named and (self.listed(i + 1) or self.words.capitals(i + 1)):
                nxt = max(nxt, self._sequence(i + 1, False))
        if nxt == i + 1 and word in _KIN and (word != "nee" or self.words.text[self.words.start[i] + 1] in "éÉE"):
            nxt = self._kin(i)
        if nxt == i + 1 and word in ROLES and (begins := self.behind_role(i)) is not None:
            nxt = max(nxt, self._others(self._sequence(begins, False)))
        return nxt

    def _title(self, i: int) -> int:
        words, form = self.words, self.form
        j = i + 1
        while j < self.count and form[j] in cues("after_title") and _GAP.fullmatch(words.gaps[j - 1]):
            j += 1
        if j >= self.count:
            return j
        gap, word = words.gaps[j - 1], form[i]
        # 'la MR' is a rare disease; a title on a line or in a cell of its own asks for a name that is known.
        apart = "\n" in gap or "\t" in gap or (i and form[i - 1] in _ARTICLES)
        if word == "mr" and apart and words.capitals(i) and not self.listed(j):
            return i + 1
        if word in _BARE:
            ok = gap in (". ", " ", ".") and words.cap[j] and form[j] not in STOP
            ok = ok and (gap != " " or form[j] not in self.common or form[j] in self.family)
            end = self._sequence(j, True) if ok else i + 1
            return max(i + 1, self._others(end) if word in _PLURAL and ok else end)
        if form[j] in _TITLES:
            return j
        if gap.startswith(".") and len(word) > 4:
            return i + 1  # 'chez une sœur. Allergie': a full stop, not that of an abbreviation
        if not _GAP.fullmatch(gap) and not (_TITLE_GAP.fullmatch(gap) and self.namelike(j)):
            return i + 1
        if not words.cap[j] and (word in _WEAK or not self.namelike(j)):
            return i + 1
        if word in _WEAK and gap == " " and form[j] in self.common and not (self.listed(j) or self.particle(j)):
            return i + 1
        end = self._sequence(j, True, lower=True)
        return max(i + 1, self._others(end) if word in _PLURAL else end)

    def _label(self, i: int) -> int:
        words, form = self.words, self.form
        name = form[i] in _NAME_LABELS
        if name and self.on_form(i):
            return max(i + 1, self._sequence(i + 1, True))
        j = i
        while j + 1 < self.count and form[j + 1] in _LABEL_WORDS | _PERSON_LABELS and len(words.gaps[j]) < 4:
            if "\n" in words.gaps[j] or ":" in words.gaps[j] or "\t" in words.gaps[j]:
                break
            j += 1
        first = j + 1
        found = _AFTER_LABEL.match(words.text, words.end[j])
        if found is None or first >= self.count or words.text[found.end() : words.start[first]].strip("( "):
            return i + 1
        if found.end() > words.start[first]:
            return i + 1
        if form[first] in _ANY_TITLE or (form[first] in STOP and not self.particle(first)):
            return first
        if not words.cap[first] and not (name and self.namelike(first)):
            return first
        cell = ":" not in found.group() and "=" not in found.group()  # a table: the next cell may be another title
        if cell and not self.only_names(i):
            return first  # 'Statut du patient', 'Agent responsable': the next cell is no name
        if form[first] in self.common and not self.particle(first):
            listed = self.listed(first) and (words.capitals(first) or (form[first] in self.given and not cell))
            if (cell or not name) and not listed:
                return first
        return max(first, self._others(self._sequence(first, True)))

    def _kin(self, i: int) -> int:
        words, form, j = self.words, self.form, i + 1
        if j >= self.count or words.gaps[i] not in _KIN_GAPS:
            return i + 1
        if not words.cap[j]:  # 'sa femme ginette'
            lower = words.gaps[i] == " " and form[j] in self.given and form[j] not in self.common and len(form[j]) > 4
            return self._sequence(j, False, lower=True) if lower else i + 1
        if form[j] in _ANY_TITLE or (form[j] in NOT_FAMILY and not self.particle(j)):
            return i + 1
        # 'née LÉGER', 'née DA SILVA': behind that word a capital is a name, whatever else it may mean.
        if form[j] in self.common and not (form[j] in self.given or (form[i] == "nee" and words.capitals(j))):
            return i + 1
        if form[j] in self.eponyms and form[j] not in self.given:
            return i + 1
        return max(i + 1, self._sequence(j, True))

    # Shapes

    def _beside(self, i: int) -> int:
        """A capitalised given name: with the family name beside it, or alone where that is sure enough."""
        words, form = self.words, self.form
        word = form[i]
        if word in NOT_FAMILY or eponymous(self.words, i):
            return i + 1
        ordinary = word in self.common
        j = i + 1
        while j < self.count and words.cap[j] and words.gaps[j - 1] in ("-", " ") and form[j] in self.given:
            if words.capitals(j) != words.capitals(j - 1) and words.gaps[j - 1] == " ":
                break
            j += 1
        right = j < self.count and _GAP.fullmatch(words.gaps[j - 1]) is not None and self._beside_given(j, i)
        right = right or self.particle(j)
        left = self._left(i)
        if left is None and not ordinary and i and form[i - 1] not in NOT_FAMILY and self.alone_on_line(i - 1, i):
            left = i - 1 if words.capitals(i - 1) and words.capitals(i) and words.gaps[i - 1] == " " else None
        if (
            right
            and (left is None or words.capitals(j))
            and (not ordinary or self.listed(j) or words.capitals(j) > words.capitals(i))
        ):
            return self._sequence(i, False)
        if left is not None and (not ordinary or self.listed(left) or words.capitals(left) > words.capitals(i)):
            for k in range(left, i):
                self._take(k, Kind.FAMILY, False)
        elif ordinary or (j - i == 1 and self.doubtful(i)):
            return i + 1
        for k in range(i, j):
            self._take(k, Kind.GIVEN, False)
        return j

    def _beside_given(self, j: int, i: int) -> bool:
        """Whether word `j` may be the family name of the given name that begins at `i`."""
        if self.may_be_family(j):
            return True
        words, word = self.words, self.form[j]
        if not words.cap[j] or not word.isalpha() or len(word) < 3 or word in NOT_FAMILY or word in _LABELS:
            return False
        # An ordinary word in capitals behind a given name that is not ('Isabelle BON'), or alone with it on a line.
        contrast = words.capitals(j) and not words.capitals(i) and words.gaps[j - 1] == " "
        return contrast or (word in self.family and self.alone_on_line(i, j))

    def _left(self, i: int) -> int | None:
        """The first word of a family name in front of given name `i`: 'DE LUCA Roberta', 'MARTIN P Jean'."""
        words, form = self.words, self.form
        if not i or words.gaps[i - 1] not in (" ", ", ", "\t", "  ", " , "):
            return None
        k = i - 1
        alone = len(form[k]) == 1 and words.cap[k] and k > 0  # 'MARTIN P Jean', 'LE FLOC'H Gwenaëlle'
        if alone and (words.gaps[k - 1] == "'" or (words.gaps[k - 1] == " " and words.capitals(k - 1))):
            k -= 1
        if not self.may_be_family(k) or eponymous(self.words, k):
            return None
        if not words.capitals(k):
            return k
        while k and words.gaps[k - 1] in (" ", "-") and words.capitals(k - 1):
            if not (self.may_be_family(k - 1) or form[k - 1] in PARTICLES):
                break
            k -= 1
        return k

    def _initial(self, i: int) -> int:
        """'P. MARTIN', 'J.-P. Durand', 'MARTIN P.'"""
        words, form = self.words, self.form
        j = i
        while j + 1 < self.count and words.gaps[j] in _INITIAL_GAPS and words.cap[j + 1]:
            if len(form[j + 1]) > 2 or form[j + 1] in PARTICLES:
                break
            j += 1
        if len(form[i]) == 2 and not words.gaps[i].startswith("."):
            return i + 1
        if j - i > 1 and "-" not in words.folded[words.start[i] : words.end[j]]:
            return j + 1  # 'H.I.V.': an abbreviation
        before = words.text[max(0, words.start[i] - 1) : words.start[i]]
        if before.isalnum() or before in (".", "/"):  # 'ng/L.' is a unit
            return i + 1
        follows = (
            j + 1 < self.count and words.gaps[j].startswith(".") and (self.may_be_family(j + 1) or self.particle(j + 1))
        )
        follows = follows and (
            _GAP.fullmatch(words.gaps[j]) is not None or (words.gaps[j] == ".\n" and i == j and len(form[i]) == 1)
        )
        if follows and form[j + 1] not in _SPECIES and not self.disease(j + 1):
            for k in range(i, j + 1):
                self._take(k, Kind.GIVEN, False, dot=True)
            return max(j + 1, self._sequence(j + 1, False))
        if (
            words.gaps[i].startswith(".")
            and i
            and words.gaps[i - 1] == " "
            and self.may_be_family(i - 1)
            and words.capitals(i - 1)
            and self.listed(i - 1)
        ):
            self._take(i - 1, Kind.FAMILY, False)
            self._take(i, Kind.GIVEN, False, dot=True)
        return i + 1

    def _shape(self, i: int) -> int:
        """An unknown 'Kevin DUPONT' or 'DUPONT Kevin', one in capitals; or two capitalised words alone on a line."""
        words, j = self.words, i + 1
        if j >= self.count or words.gaps[i] != " " or not self.may_be_family(i) or not self.may_be_family(j):
            return i + 1
        if len(self.form[j]) < 3 or eponymous(self.words, i) or eponymous(self.words, j):
            return i + 1
        alone = self.alone_on_line(i, j)
        contrast = words.capitals(i) != words.capitals(j) and (self.listed(i) or self.listed(j))
        if not contrast and not (alone and (not words.capitals(i) or self.above_a_person(j))):
            return i + 1
        return max(i + 1, self._sequence(i, False))

    # Words

    def _sequence(self, i: int, sure: bool, lower: bool = False) -> int:
        """Take the name that begins at word `i`; the word after it. Nothing is taken when there is none.

        `lower`: a family name without capital may follow given names ('Dr Yann porzou').
        """
        words, form = self.words, self.form
        if i and i < self.count and form[i - 1] in PARTICLES and words.capitals(i - 1) and words.capitals(i):
            self._take(i - 1, Kind.FAMILY, sure)
        j = i
        while j < self.count and j - i < _LONGEST:
            word = form[j]
            if j > i:
                gap = words.gaps[j - 1]
                if not _GAP.fullmatch(gap) or (gap.startswith(". ") and len(form[j - 1]) > 2):
                    break
            if not (word.isalpha() or (sure and self.misread(j))) or word in _TITLES:
                break
            if word in PARTICLES and self.particle(j):
                j += 1
                continue
            if (word in STOP and not (len(word) == 1 and words.gaps[j][:1] in ("'", "."))) or (
                j > i and (word in _LABELS or word in _ACRONYMS)
            ):
                break
            if len(word) == 1 and (not words.cap[j] or words.gaps[j][:1] in ("°", "º") or self.elided(j)):
                break
            if j == i:
                if not words.cap[j] and not self.namelike(j):
                    break
            elif not self._goes_on(i, j, sure, lower):
                break
            j += 1
        while j > i and form[j - 1] in PARTICLES and len(form[j - 1]) > 1 and j - i > 1:
            j -= 1
        for k in range(i, j):
            word = form[k]
            initial = len(word) <= 2 and word not in PARTICLES
            first_names = (initial or word in self.given) and not (
                words.capitals(k) and k > i and not words.capitals(i)
            )
            self._take(k, Kind.GIVEN if first_names else Kind.FAMILY, sure, dot=initial)
        return j

    def _goes_on(self, i: int, j: int, sure: bool, lower: bool) -> bool:
        """Whether word `j` belongs to the name that began at `i`."""
        words, word = self.words, self.form[j]
        if len(word) == 1 and "\t" in words.gaps[j - 1]:
            return False  # the sex, in the next cell
        if len(word) <= 2 and words.gaps[j].startswith(".") and len(self.form[j - 1]) > 2:
            another = j + 1 < self.count and words.cap[j + 1]
            if another and self.form[j - 1] not in self.given:
                return False  # 'A. MARTIN B. DURAND'
        before = self.form[i:j]
        given_only = all(len(w) <= 2 or (w in self.given and w not in self.family) for w in before)
        if not words.cap[j]:
            joined = words.gaps[j] == "-" or (j > i + 1 and words.gaps[j - 1] == "-")  # 'Anne bernardeau-lefort'
            ends = words.gaps[j].lstrip(" ")[:1] in _ENDS or word in self.family or joined
            ends = ends or self.form[j + 1 : j + 2] == ["a"] or (j + 1 < self.count and self.form[j + 1] in _VERBS)
            ordinary = word in self.common and not (joined and self.listed(j))
            if lower and word in self.given and word not in self.common and not words.cap[i]:
                return True  # 'mme roussillon maryvonne'
            return lower and ends and (given_only or joined) and len(word) > 3 and not ordinary
        if word not in self.common or word in self.given:
            return True
        if word in self.family and j - i < 2:
            return True
        if given_only and (sure or (words.capitals(j) and not words.capitals(i))):
            return True
        # 'Léon-Élise VOISIN', 'Pr Benoît-Élise Masse': given names that are also family names, then an ordinary word.
        contrast = words.capitals(j) and not words.capitals(i)
        return all(len(w) <= 2 or w in self.given for w in before) and (contrast or sure)

    def _others(self, j: int) -> int:
        """Further names after a comma, a slash or 'et'."""
        words, form = self.words, self.form
        while 0 < j < self.count:
            k = j
            if form[k] == "et" and words.gaps[k - 1] == " ":
                k += 1
            elif not _LIST_GAP.fullmatch(words.gaps[k - 1]):
                return j
            if k < self.count and form[k] in _ANY_TITLE:
                return k
            label = k < self.count and (form[k] in _LABELS or form[k] in ROLES)
            if k >= self.count or label or not words.cap[k] or not form[k].isalpha():
                return j
            if form[k] in NOT_FAMILY and not self.particle(k):
                return j
            if form[k] in self.common and form[k] not in self.given and not self.particle(k):
                return j
            after = self._sequence(k, True)
            if after == k:
                return j
            j = after
        return j

    def _take(self, i: int, kind: Kind, sure: bool, dot: bool = False) -> None:
        end = self.words.end[i]
        if dot and self.words.text[end : end + 1] == ".":
            end += 1
        self.spans.append(Span(self.words.start[i], end, kind, sure))


def name_spans(words: Words) -> list[Span]:
    """Every span of this net: one a word, so that a given name keeps its kind beside a family name."""
    return _Finder(words).run()
