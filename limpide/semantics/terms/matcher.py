"""One pass over a text's words: the longest terms of the vocabulary, with their places.

Belongs here: the walk, the guards on abbreviations, brands and bare codes. Does not belong here: composition of a head
with a site (composition.py), what a match becomes (rules.py).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from limpide.french.cells import Order
from limpide.french.morphology import sense
from limpide.french.phrases import read_table
from limpide.french.spelling import SHORTEST, Speller
from limpide.french.tokens import ABBREVIATIONS, Tokens, fold
from limpide.french.variants import LINKS, SHORTEST_STRESSED, STRESS, stem, stressed
from limpide.semantics.terms.terminology import CASE_SENSITIVE, EXACT, Entry, Terminology

BARRIER = "\0"


@dataclass(frozen=True, slots=True)
class Words:
    """The full words of a text, link words left out.

    `stems[i]` stands for token `at[i]`; '\\0' is a mark that no term crosses. `linked[i]` says what was
    left out before word i: 0 nothing, 1 a hyphen, 2 articles and "de", 3 another preposition (à, en).
    `sentence[i]` numbers its sentence, the one that its cell begins in.
    """

    stems: list[str]
    at: list[int]
    linked: list[int]
    sentence: list[int]


@dataclass(slots=True)
class Match:
    """Words `first`..`last` (inclusive, indices into `Words`) mean `entry`."""

    first: int
    last: int
    entry: Entry


_REMEMBERED = 200_000  # words whose reading is kept, a process
_LINK_KIND = {"'": 1, "-": 1, "a": 3, "au": 3, "aux": 3, "en": 3}


def full_words(tokens: Tokens, speller: Speller | None = None, cells: Order | None = None) -> Words:
    """Drop the link words, stem the others, mark what no term crosses. `cells`: the order of words in a table."""
    stems: list[str] = []
    at: list[int] = []
    linked: list[int] = []
    gap = 0
    text, forms = tokens.text, tokens.form
    starts, ends = tokens.start, tokens.end
    breaks = _breaks(tokens, cells)
    memo = speller.memo if speller is not None else {}
    for index in range(len(forms)) if cells is None else cells.order:
        form = forms[index]
        if index in breaks:
            stems.append(BARRIER)  # the next cell of a row
            at.append(index)
            linked.append(0)
            gap = 0
        known = memo.get(form)
        if known is None:
            if len(memo) > _REMEMBERED:
                memo.clear()
            known = memo[form] = _read(form, speller)
        base, spelt, ending = known
        if ending < 0 and not (form in "ad" and _is_letter(tokens, index, stems)):
            if gap < -ending:
                gap = -ending
            continue
        if base:
            if ending == _HOMOGRAPH:
                base = _told_apart(form, text[starts[index] : ends[index]])
            elif ending == _STRESSABLE and ("é" in (tail := text[ends[index] - 3 : ends[index]]) or "É" in tail):
                if len(form) > SHORTEST_STRESSED and stressed(text[starts[index] : ends[index]]):
                    base += STRESS
            elif spelt is not base and not _is_name(text, starts[index], index):
                base = spelt
            stems.append(base)
        elif form == "/":
            stems.append("/")
        elif form == "." and index and forms[index - 1] in ABBREVIATIONS:
            continue
        else:
            stems.append(BARRIER)
        at.append(index)
        linked.append(gap)
        gap = 0
    begun = tokens.sentence if cells is None else cells.sentences(tokens)
    return Words(stems, at, linked, [begun[index] for index in at])


def _breaks(tokens: Tokens, cells: Order | None) -> set[int]:
    """Words that begin another cell of a row."""
    text, starts = tokens.text, tokens.start
    found: set[int] = set()
    tab = text.find("\t")
    while tab >= 0:
        found.add(bisect_left(starts, tab))
        tab = text.find("\t", tab + 1)
    if cells is not None:
        follows = zip(cells.order, cells.order[1:], strict=False)
        found.update(index for before, index in follows if index != before + 1)
        found -= cells.joined
    return found - {0}


def _is_letter(tokens: Tokens, index: int, stems: list[str]) -> bool:
    """Whether a capital A or D is a letter ("hépatite A", "vitamine D"), not "à" or "d'"."""
    text = tokens.text
    if (
        text[tokens.start[index]] not in "AD"
        or text[tokens.end[index] : tokens.end[index] + 1] in ("'", "’")
        or not index
    ):
        return False
    return _lowered(tokens, index - 1) or bool(stems and stems[-1] in _LETTERED)


_HOMOGRAPH, _STRESSABLE = 1, 2  # what a word's letters ask to look up in the text as written


@cache
def _shorthand() -> dict[str, str]:
    """What hurried notes write for a word ("dlr"), folded."""
    return {fold(row["short"]): fold(row["word"]).replace("œ", "oe") for row in read_table("shorthand")}


def _read(form: str, speller: Speller | None) -> tuple[str, str, int]:
    """The stem of a folded word; that stem put right unless the word says by its make what it is; what its accents may

    change, or less than zero for a link word. Both stems are the same object when nothing is put right; empty for what
    is no word.
    """
    if form in LINKS:
        return form, form, -_LINK_KIND.get(form, 2)
    if not (form.isalnum() or "_" in form):
        return "", "", 0
    form = _shorthand().get(form, form)
    base = stem(form)
    ending = _HOMOGRAPH if form in _HOMOGRAPHS else _STRESSABLE if form[-1] in "es" else 0
    if speller is None or len(form) < SHORTEST or base in speller.words or not form.isalpha() or sense(form):
        return base, base, ending
    spelt = speller.correct(base)
    return base, base if spelt == base else spelt, ending


def _is_name(text: str, start: int, index: int) -> bool:
    """Whether a word inside a text begins with a capital and goes on without."""
    return bool(index) and text[start].isupper() and text[start + 1].islower()


# Words that a single letter completes: in capitals too, "HEPATITE A" is not "hépatite à".
_LETTERED = frozenset(stem(word) for word in ("hepatite", "grippe", "hemophilie", "vitamine"))

# Words that only their accents tell apart from a medical term.
_HOMOGRAPHS = {"gene": "gène", "genes": "gènes"}


def _told_apart(form: str, raw: str) -> str:
    """The stem of a homograph, or the accented word itself, which no term holds."""
    return raw.lower() if raw.lower() == _HOMOGRAPHS[form] else stem(form)


def _lowered(tokens: Tokens, index: int) -> bool:
    """Whether the word before a capital letter is not itself in capitals (a title where A may be the preposition)."""
    return tokens.text[tokens.end[index] - 1].islower()


def _allowed(entry: Entry, tokens: Tokens, first: int, last: int) -> bool:
    start, end = tokens.start[first], tokens.end[last]
    if entry.flags & CASE_SENSITIVE:
        written = tokens.text[start:end]
        if not (written.isupper() or (any(c.isupper() for c in written[1:]) and written[0].isupper())):
            return False
        return not _shouting(tokens, first, last) and not _valued(tokens, last)
    if entry.flags & EXACT:
        return tokens.folded[start:end] == entry.source.rsplit(":", 1)[1]
    return True


def _valued(tokens: Tokens, last: int) -> bool:
    """Whether a number follows that is no year: "FA 120" is an enzyme, "PR 90 %" a receptor; "IDM 2012",
    "FA à 138/min", "IDM à 52 ans" are diseases.
    """
    following = last + 1
    while following < len(tokens.form) and tokens.form[following] in (":", "=", "+", "a"):
        following += 1
    if following >= len(tokens.form) or tokens.sentence[following] != tokens.sentence[last]:
        return False
    form, after = tokens.form[following], tokens.form[following + 1 : following + 3]
    if not form.isdigit() or (len(form) == 4 and form[:2] in ("19", "20")):
        return False
    return after[:1] not in (["ans"], ["an"], ["a"]) and after != ["/", "min"]


_SEGMENT_END = frozenset(":;,/()[]+•.>")


def _shouting(tokens: Tokens, first: int, last: int) -> bool:
    """Whether an abbreviation stands in prose that is all in capitals, so that its own say nothing.

    Only words of its own line count, as far as the next mark: a title ("ATCD : HTA"), the items of a list and the line
    below are not prose around it, and neither are other abbreviations.
    """
    text, form = tokens.text, tokens.form
    shouted = False
    for step in (-1, 1):
        place = first - 1 if step < 0 else last + 1
        for _ in range(4):
            if not 0 <= place < len(form) or form[place] in _SEGMENT_END:
                break
            low, high = (place, place + 1) if step < 0 else (place - 1, place)
            between = text[tokens.end[low] : tokens.start[high]]
            if "\n" in between or "\t" in between or (form[place] == "-" and between.isspace()):
                break
            word = text[tokens.start[place] : tokens.end[place]]
            if len(word) > 3 and word.isalpha():
                if not word.isupper():
                    return False
                shouted = shouted or len(word) >= _PROSE
            place += step
    return shouted


_PROSE = 6  # letters of a word in capitals that is no abbreviation


def find(tokens: Tokens, words: Words, terminology: Terminology) -> list[Match]:
    """The leftmost longest terms, none overlapping, none across sentences."""
    table, entries = terminology.table, terminology.entries
    stems, at = words.stems, words.at
    sentence = words.sentence
    found: list[Match] = []
    count = len(stems)
    free = 0
    for i in [i for i, known in enumerate(stems) if known in table]:
        if i < free:
            continue
        pattern = stems[i]
        number = table[pattern]
        here = sentence[i]
        best = -1
        best_last = i
        j = i
        while True:
            if number >= 0 and _allowed(entries[number], tokens, at[i], at[j]):
                best, best_last = number, j
            j += 1
            if j >= count or sentence[j] != here:
                break
            pattern = f"{pattern} {stems[j]}"
            following = table.get(pattern)
            if following is None:
                break
            number = following
        if best >= 0:
            found.append(Match(i, best_last, entries[best]))
            free = best_last + 1
    return found
