"""Acts named in a text: a head (résection, scanner) takes its organ, its side and its way with it.

Belongs here: finding heads, growing them to the right, telling an act from a place, a title or a disease that bears
its name. Does not belong here: the words (lexicon/acts/*.tsv), what is said of an act (assertion.py).

"Résection antérieure du rectum par cœlioscopie" is one act, as is "ostéosynthèse de la cheville droite par plaque".
An operation's name that stands for what it left ("PTH", "prothèse de genou") is an act only where something says that
it was done; the device itself is clinical.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from limpide.document import Fact, Section
from limpide.french.tokens import Tokens
from limpide.semantics.acts import lexicon
from limpide.semantics.acts.lexicon import NEEDS as _NEEDS
from limpide.semantics.acts.lexicon import Head
from limpide.semantics.context.sections import section_at
from limpide.semantics.terms.matcher import BARRIER, Words

HISTORY, OPERATIONS, PLAN = ("11348-0", "47519-4", "11349-8", "10162-6"), ("29554-3",), ("18776-5",)
_LISTING = frozenset((*HISTORY, *OPERATIONS, *PLAN, "30954-2", "18726-0", "46264-8"))
_DATE = re.compile(
    r"\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?|\d{1,2}/\d{2,4}|(?:19|20)\d\d|\bj ?\+? ?\d{1,3}\b|\ble \d{1,2}\b"
)
_VALUE = re.compile(
    r"\s*[:=]?\s*[<>]?\s*\d+(?:[.,]\d+)?\s*(?:%|[a-z]?mol|pg|ng)|\s*(?:a|intacte|1-84)\s+(?:a )?\d"
    r"|\s?(?:[+]{1,3}|-)(?=\s*(?:[,.;)\n]|$))"
)
_SOON = re.compile(
    r"\s*\(?(?:(?:le|en|du|de|au) )?(?:[a-z]{3,9}\.? )?(?:\d{1,2}[/.]\d{1,2}|(?:19|20)\d\d\b|j ?\+?\d{1,2}\b)"
)
_CLAUSE_END = re.compile(r"[;:()\n]|\.\s")
_PHRASE_END = re.compile(r"[,;:()\n]|\.\s")  # what stands for its result is done where its own words say so
_AND = frozenset(("et", "ou", "puis"))
_IMAGES = frozenset(("imaging", "exploration", "anaesthesia"))
_NEAR = 60  # characters in which a date or a verb says that an act was done


@dataclass(slots=True)
class Act:
    """Words `first`..`last` of the text's full words name an act."""

    first: int
    last: int
    head: Head
    held: bool = False  # with its organ, its lesion, its device or its side
    wayed: bool = False  # with the way it is done


_BY_ENDING = Head("surgery", "", None, False)
_LOOKING = Head("exploration", "", None, False)


def find_acts(tokens: Tokens, words: Words, sections: list[Section]) -> list[Fact]:
    """Facts of kind procedure, in text order, without what is said of them."""
    acts = _named(tokens, words)
    if not acts:
        return []
    cues = _cues(tokens)
    begins = [section.start for section in sections]
    facts: list[Fact] = []
    for act in acts:
        first, last = words.at[act.first], words.at[act.last]
        start, end = tokens.start[first], tokens.end[last]
        end = _with_letter(tokens, last, end)
        held = section_at(sections, begins, start)
        code = None if held is None else sections[held].code
        if (
            act.head.group == "none"
            or _valued(tokens, act, last)
            or _is_place(tokens, cues, first)
            or not _stands(tokens, words, cues, act, (start, end), code)
        ):
            continue
        fact = Fact(kind="procedure", origin="nlp", start=start, end=end, text=tokens.text[start:end])
        fact.rule, fact.confidence = f"act:{act.head.group}", 0.85
        if act.head.code:
            fact.code, fact.system = act.head.code, "CCAM"
        if not (facts and _restates(tokens.text, facts[-1], fact)):
            facts.append(fact)
    return facts


def _restates(text: str, before: Fact, fact: Fact) -> bool:
    """Whether a bracket only abbreviates, or spells out, the act before it: "imagerie par résonance (IRM)"."""
    start, end = fact.start or 0, fact.end or 0
    between = text[before.end or 0 : start]
    short = (fact.text or "").isupper() or (before.text or "").isupper()
    return short and between.strip() == "(" and text[end : end + 1] == ")"


def _with_letter(tokens: Tokens, last: int, end: int) -> int:
    """The end of an act with the letter of its side: "PTG D"."""
    following = last + 1
    if following < len(tokens.form) and tokens.sentence[following] == tokens.sentence[last]:
        written = tokens.text[tokens.start[following] : tokens.end[following] + 1]
        if written[:1] in "DG" and tokens.form[following] in ("d", "g") and written[1:] not in ("'", "’", "."):
            return tokens.end[following]
    return end


def _valued(tokens: Tokens, act: Act, last: int) -> bool:
    """Whether an abbreviation bears a value, and so names a measure: "RP 0 %" is a receptor, not a film."""
    if not act.head.capitals or act.held:
        return False
    after = tokens.folded[tokens.end[last] : tokens.end[last] + 12]
    return bool(_VALUE.match(after))


def _cues(tokens: Tokens) -> dict[int, tuple[int, frozenset[str]]]:
    """Word after the last of a phrase around acts -> its first word and its sets."""
    return {after: (first, sets) for first, after, sets in lexicon.around().scan(tokens)}


def _named(tokens: Tokens, words: Words) -> list[Act]:
    """The longest names, leftmost, grown; none overlapping."""
    table, stems, at = lexicon.heads(), words.stems, words.at
    ended = lexicon.endings()
    made = {form for form in tokens.places if ended.make(form)}
    acts: list[Act] = []
    free = 0
    for i, known in enumerate(stems):
        if i < free or (known not in table and not (made and tokens.form[at[i]] in made)):
            continue
        act = _longest(tokens, words, i)
        if act is not None and act.first == act.last and made and tokens.form[at[i]] in made:
            act.head = act.head._replace(needs="")  # what its make says is enough
        if act is None and tokens.form[at[i]] in made:
            looking = tokens.form[at[i]].endswith(("scopie", "scopies", "graphie", "graphies"))
            act = Act(i, i, _LOOKING if looking else _BY_ENDING)
        if act is not None:
            _grow(tokens, words, act)
            acts.append(act)
            free = act.last + 1
    return acts


def _longest(tokens: Tokens, words: Words, i: int) -> Act | None:
    table, stems, sentence = lexicon.heads(), words.stems, words.sentence
    pattern, j = stems[i], i
    best: Act | None = None
    while pattern in table:
        head = table[pattern]
        if head is not None and not (head.capitals and not _capital(tokens, words, i, j)):
            if (
                best is not None
                and best.head.group != "none"
                and _NEEDS.index(best.head.needs) < _NEEDS.index(head.needs)
            ):
                head = head._replace(needs=best.head.needs)  # its first words are an act already
            best = Act(i, j, head)
        j += 1
        if j >= len(stems) or sentence[j] != sentence[i] or stems[j] == BARRIER:
            break
        pattern = f"{pattern} {stems[j]}"
    return best


def _capital(tokens: Tokens, words: Words, first: int, last: int) -> bool:
    written = tokens.text[tokens.start[words.at[first]] : tokens.end[words.at[last]]]
    return written.isupper() or (len(written) > 2 and written[0].isupper() and written[1:2].isupper())


def _grow(tokens: Tokens, words: Words, act: Act) -> None:
    """Take in the organ, the lesion or the device, the side and the way that follow."""
    objects, stems = lexicon.objects(), words.stems
    images = act.head.group in _IMAGES
    k, count, here = act.last + 1, len(stems), words.sentence[act.first]
    grown, lesion = False, stems[act.last] in objects.lesions
    while k < count and words.sentence[k] == here:
        known = stems[k]
        if known == BARRIER:
            break
        way = _way(words, k)
        if way is not None:
            act.last, act.wayed = way, True
            grown, k = grown or images, way + 1
            continue
        if known in objects.sides and _is_side(tokens, words, k):
            act.last, act.held = k, True
            k += 1
            continue
        if _taken(tokens, words, k, images):
            act.last, act.held, grown = k, True, True
            lesion = lesion or known in objects.lesions
            k += 1
            continue
        if lesion and act.last == k - 1 and known in objects.qualities and words.linked[k] < 2:
            act.last = k
            k += 1
            continue
        joins = _numbered(known) or (known in lexicon.PREFIXES and words.linked[k + 1 : k + 2] == [1])
        if not joins and (known in _AND or known in ("/", "+")):
            joins = k + 1 < count and not _begins(tokens, words, k + 1)
        if joins and k + 1 < count and words.sentence[k + 1] == here and _taken(tokens, words, k + 1, images):
            k += 1
            continue
        break
    if grown and act.head.code:
        act.head = replace_code(act.head)


def replace_code(head: Head) -> Head:
    """The head without its code: that of the bare name says too much or too little once an organ is added."""
    return head._replace(code=None)


def _numbered(known: str) -> bool:
    return known[0].isdigit() or known in ("deux", "2")


def _way(words: Words, k: int) -> int | None:
    """The last word of the longest way of doing an act that begins at `k`."""
    ways, stems = lexicon.objects().ways, words.stems
    pattern, j = stems[k], k
    best: int | None = None
    while pattern in ways:
        if ways[pattern]:
            best = j
        j += 1
        if j >= len(stems) or words.sentence[j] != words.sentence[k]:
            break
        pattern = f"{pattern} {stems[j]}"
    return best


def _is_side(tokens: Tokens, words: Words, k: int) -> bool:
    token = words.at[k]
    written = tokens.text[tokens.start[token] : tokens.end[token]]
    return len(written) > 1 or written.isupper()


def _taken(tokens: Tokens, words: Words, k: int, images: bool) -> bool:
    objects, known = lexicon.objects(), words.stems[k]
    if known in objects.capitals and not _capital(tokens, words, k, k):
        return False
    if known in objects.sites:
        return True
    return not images and (known in objects.lesions or known in objects.devices)


def _begins(tokens: Tokens, words: Words, k: int) -> bool:
    """Whether another act begins at word `k`: "mammographie et échographie" are two."""
    act = _longest(tokens, words, k)
    if words.stems[k] in lexicon.objects().sites and (act is None or act.last == k):
        return False
    return act is not None or lexicon.endings().make(tokens.form[words.at[k]])


def _is_place(tokens: Tokens, cues: dict[int, tuple[int, frozenset[str]]], first: int) -> bool:
    """Whether the words before make of an act's name a place, a person, a paper, or what a disease is of."""
    place = first
    while place > 0 and tokens.form[place - 1] in (
        "d",
        "de",
        "du",
        "des",
        "la",
        "l",
        "'",
        "le",
        "en",
        "les",
        "une",
        "un",
    ):
        place -= 1
    linked = place < first
    found = cues.get(place)
    if found is None or tokens.sentence[place - 1] != tokens.sentence[first]:
        return False
    sets = found[1]
    return ("place" in sets and (linked or place == first)) or ("harmed" in sets and (linked or found[0] < place - 1))


def _stands(
    tokens: Tokens,
    words: Words,
    cues: dict[int, tuple[int, frozenset[str]]],
    act: Act,
    span: tuple[int, int],
    code: str | None,
) -> bool:
    """Whether what its name needs is there."""
    start, end = span
    needs = act.head.needs
    if not needs or (act.held and needs in ("context", "object")) or (act.wayed and needs == "context"):
        return True
    if (
        needs == "context"
        and act.head.group in _IMAGES
        and (_by_means(tokens, cues, start) or tokens.text[end : end + 3].lstrip()[:1] == ":")
    ):
        return True
    if act.head.group == "surgery" and tokens.text[end : end + 3].lstrip()[:1] == ":":
        return False  # "Chirurgie : hystérectomie" is a heading
    ends = _PHRASE_END if needs == "done" else _CLAUSE_END
    dated = _done(tokens, cues, start, end, ends)
    if needs == "object" and words.stems[act.first].startswith("oper") and _had(words, act.first):
        return True  # "hallux valgus opéré"
    if needs == "object":
        return _SOON.match(tokens.folded, end) is not None or (
            tokens.text[end - 1] in "éÉ" and _dated(tokens, end, ends)
        )
    listed = _opens_line(tokens.text, start) and code in (_LISTING if needs == "context" else HISTORY[1:2] + OPERATIONS)
    return dated or listed


def _had(words: Words, first: int) -> bool:
    """Whether a lesion or a part of the body stands right before an act."""
    objects = lexicon.objects()
    near = [words.stems[k] for k in range(max(0, first - 2), first) if words.sentence[k] == words.sentence[first]]
    return bool(near) and any(known in objects.lesions or known in objects.sites for known in near)


def _by_means(tokens: Tokens, cues: dict[int, tuple[int, frozenset[str]]], start: int) -> bool:
    """Whether something was seen by it: "écarté au panoramique"."""
    first, _ = tokens.within(start, start + 1)
    found = cues.get(first)
    return found is not None and "instrument" in found[1] and tokens.sentence[found[0]] == tokens.sentence[first]


def _dated(tokens: Tokens, end: int, ends: re.Pattern[str]) -> bool:
    after = tokens.folded[end : end + _NEAR]
    stop = ends.search(after)
    return bool(_DATE.search(after[: stop.start()] if stop else after))


def _done(
    tokens: Tokens, cues: dict[int, tuple[int, frozenset[str]]], start: int, end: int, ends: re.Pattern[str]
) -> bool:
    """Whether a date or a verb in the clause says that it was or will be done."""
    before = tokens.folded[max(0, start - 30) : start]
    before = before[max((m.end() for m in ends.finditer(before)), default=0) :]
    if _dated(tokens, end, ends) or _DATE.search(before):
        return True
    first, last = tokens.within(start, end)
    number = tokens.sentence[first]
    for after in range(max(0, first - 5), min(len(tokens.form), last + 7) + 1):
        found = cues.get(after)
        if found is None or tokens.sentence[after - 1] != number or (found[0] <= last and after > first):
            continue
        if not found[1] & _TELLING:
            continue
        gap = (end, tokens.start[found[0]]) if found[0] > last else (tokens.end[after - 1], start)
        if not ends.search(tokens.folded, *gap):
            return True
    return False


_TELLING = frozenset(("done", "planned_before", "planned_behind", "planned_near", "past_before", "refused_behind"))


def _opens_line(text: str, start: int) -> bool:
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return not any(char.isalpha() for char in line)
