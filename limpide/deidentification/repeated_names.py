"""Names found once, wherever else they stand in the same text.

Belongs here: the same word again, and what a hyphen joins to it. Does not belong here: finding names (names.py).
"""

from __future__ import annotations

from limpide.deidentification.lexicon import cues, lexicon
from limpide.deidentification.spans import Kind, Span, Words

_SHORTEST = 4  # letters
_VERBS = cues("named_verb")


def echoes(words: Words, spans: list[Span]) -> list[Span]:
    """What `spans`, one a word, say of other places of the text."""
    index = {start: k for k, start in enumerate(words.start)}
    again = _again(words, spans, index)
    again += _ordinary(words, spans, index)
    return again + _composed(words, [*spans, *again], index)


def _again(words: Words, spans: list[Span], index: dict[int, int]) -> list[Span]:
    """A name found once is a name everywhere in the text, where it has its capital."""
    lists = lexicon()
    taken = {span.start for span in spans}
    found: dict[str, Kind] = {}
    for span in spans:
        word = words.form[index[span.start]]
        if len(word) < _SHORTEST or word in lists.common or word in lists.eponyms:
            continue
        if span.sure or word in lists.given or word in lists.family or len(word) > _SHORTEST:
            found.setdefault(word, span.kind)
    if found.keys().isdisjoint(words.present):
        return []
    return [
        Span(words.start[k], words.end[k], found[word], False)
        for k, word in enumerate(words.form)
        if word in found and words.cap[k] and words.start[k] not in taken
    ]


def _ordinary(words: Words, spans: list[Span], index: dict[int, int]) -> list[Span]:
    """A family name that is also a word, found behind a title: again where its capital is not that of a sentence.

    At the beginning of a sentence, a verb that persons do must follow: 'Charpentier refuse', not 'Carton plein'.
    """
    lists = lexicon()
    taken = {span.start for span in spans}
    named = {
        form
        for span in spans
        if span.sure
        and span.kind is Kind.FAMILY
        and len(form := words.form[index[span.start]]) >= _SHORTEST
        and form in lists.common
    }
    if named.isdisjoint(words.present):
        return []
    out = []
    for k, word in enumerate(words.form):
        if word not in named or not words.cap[k] or words.start[k] in taken or words.capitals(k):
            continue
        before = words.text[max(0, words.start[k] - 3) : words.start[k]].rstrip(" ")
        amid = before[-1:].isalpha() or before[-1:] in (",", "(")
        does = words.gaps[k] == " " and k + 1 < len(words) and words.form[k + 1] in _VERBS and not words.cap[k + 1]
        if amid or does:
            out.append(Span(words.start[k], words.end[k], Kind.FAMILY, False))
    return out


def _composed(words: Words, spans: list[Span], index: dict[int, int]) -> list[Span]:
    """What is joined by a hyphen to a family name belongs to it, there and wherever the whole comes back."""
    composed: set[str] = set()
    for span in spans:
        if span.kind is not Kind.FAMILY:
            continue
        first = last = index[span.start]
        while first and words.gaps[first - 1] == "-" and words.cap[first - 1]:
            first -= 1
        while last + 1 < len(words) and words.gaps[last] == "-" and words.cap[last + 1]:
            last += 1
        if first < last:
            composed.add(words.folded[words.start[first] : words.end[last]])
    out = []
    for name in composed:
        at = words.folded.find(name)
        while at >= 0:
            if at in index and words.cap[index[at]]:
                out.append(Span(at, at + len(name), Kind.FAMILY, True))
            at = words.folded.find(name, at + len(name))
    return out
