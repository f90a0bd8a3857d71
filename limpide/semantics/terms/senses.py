"""Which meaning an abbreviation has here: what the words around it, and those of the whole text, plead for.

Belongs here: choosing between the meanings of senses.tsv, withholding what nothing chooses. Does not belong here: the
meanings (data), abbreviations that a document defines itself (french/abbreviations.py: its word outweighs ours).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cache

from limpide.document import Fact
from limpide.french.phrases import read_table
from limpide.french.tokens import Tokens, fold

_NEAR = 12  # words on each side that plead fully, within the sentence
_NEAR_WEIGHT, _FAR_WEIGHT = 3, 1
_CONFIDENCE = 0.8


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning: `near` counts only beside the abbreviation, `words` anywhere; `number` if a number behind pleads."""

    kind: str
    code: str | None
    default: bool
    words: tuple[str, ...]
    near: tuple[str, ...]
    number: bool
    meaning: str


@cache
def _senses() -> dict[str, tuple[Sense, ...]]:
    found: dict[str, list[Sense]] = {}
    for row in read_table("senses"):
        words = row["words"].split()
        sense = Sense(
            row["kind"],
            row["code"] or None,
            row["default"] == "yes",
            tuple(fold(word) for word in words if word[0] != "~"),
            tuple(fold(word[1:]) for word in words if word[0] == "~" and word != "~#"),
            "~#" in words,
            row["meaning"],
        )
        found.setdefault(row["abbr"], []).append(sense)
    return {abbr: tuple(senses) for abbr, senses in found.items()}


@cache
def _by_form() -> dict[str, list[tuple[str, tuple[Sense, ...]]]]:
    """Words as written and their meanings, by folded form."""
    forms: dict[str, list[tuple[str, tuple[Sense, ...]]]] = {}
    for abbr, senses in _senses().items():
        forms.setdefault(fold(abbr), []).append((abbr, senses))
    return forms


class _Distinct:
    """The distinct words of a text, asked whether one begins so; each beginning is looked up once."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.known: dict[str, bool] = {}

    def __contains__(self, start: object) -> bool:
        assert isinstance(start, str)
        if start not in self.known:
            self.known[start] = _anywhere(self.words, start)
        return self.known[start]


def settle(tokens: Tokens, facts: list[Fact], signature: str) -> list[Fact]:
    """Facts with the meaning that the text gives to each ambiguous abbreviation; those it leaves open are withheld."""
    known = _by_form()
    places = [
        (place, senses)
        for form in known.keys() & tokens.places.keys()
        for abbr, senses in known[form]
        for place in tokens.places[form]
        if tokens.text[tokens.start[place] : tokens.end[place]] == abbr
    ]
    if not places:
        return facts
    distinct = _Distinct(sorted(tokens.places))
    kept = list(facts)
    for place, senses in sorted(places, key=lambda entry: entry[0]):
        start, end = tokens.start[place], tokens.end[place]
        over = [f for f in kept if (f.start or 0) < end and start < (f.end or 0)]
        if any(f.origin != "nlp" or (f.rule or "").startswith(("abbreviation:", "user")) for f in over):
            continue
        chosen = _chosen(tokens, place, senses, distinct)
        same = [f for f in over if f.kind in ("condition", "observation")]
        if chosen is None or chosen.kind == "none":
            held = {id(f) for f in same if f.start == start and (chosen is not None or f.end == end)}
            kept = [f for f in kept if id(f) not in held]
        elif not over:
            kept.append(_fact(tokens, start, end, chosen, signature))
        else:
            kept = [
                replace(f, kind="condition", code=chosen.code, system="CIM-10", candidates=[], role=None)
                if (f.start, f.end) == (start, end) and any(f is one for one in same)
                else f
                for f in kept
            ]
    kept.sort(key=lambda fact: (fact.start or 0, fact.end or 0))
    return kept


def _fact(tokens: Tokens, start: int, end: int, sense: Sense, signature: str) -> Fact:
    fact = Fact(kind="condition", origin="nlp", start=start, end=end, text=tokens.text[start:end])
    fact.code, fact.system = sense.code, "CIM-10" if sense.code else None
    fact.rule, fact.confidence, fact.engine = f"sense:{sense.meaning}", _CONFIDENCE, signature
    return fact


def _chosen(tokens: Tokens, place: int, senses: tuple[Sense, ...], distinct: _Distinct) -> Sense | None:
    number = tokens.sentence[place]
    around = [
        tokens.form[i]
        for i in range(max(0, place - _NEAR), min(len(tokens.form), place + _NEAR + 1))
        if i != place and tokens.sentence[i] == number
    ]
    beside = tokens.form[max(0, place - 2) : place] + tokens.form[place + 1 : place + 3]
    figure = next((w for w in tokens.form[place + 1 : place + 3] if w not in (":", "=", "a")), "")
    scores = []
    for sense in senses:
        score = _NEAR_WEIGHT * sum(
            any(_is(word, start) for word in around) for start in sense.words if start in distinct
        )
        score += 2 * _NEAR_WEIGHT * sum(any(_is(word, start) for word in beside) for start in sense.near)
        score += _FAR_WEIGHT * sum(start in distinct for start in sense.words)
        if sense.number and figure[:1].isdigit() and not _is_no_value(tokens, place, figure):
            score += 3 * _NEAR_WEIGHT
        scores.append(score)
    best = max(scores)
    if best and scores.count(best) == 1:
        return senses[scores.index(best)]
    return next((sense for sense in senses if sense.default), None)


def _is_no_value(tokens: Tokens, place: int, figure: str) -> bool:
    """Whether the number behind is a year, a rate or an age: "FA 2016", "FA à 138/min", "IDM à 52 ans"."""
    at = next(i for i in range(place + 1, place + 4) if tokens.form[i] == figure)
    after = tokens.form[at + 1 : at + 3]
    return (
        after[:1] in (["ans"], ["an"], ["a"])
        or after == ["/", "min"]
        or (len(figure) == 4 and figure[:2] in ("19", "20"))
    )


def _is(word: str, start: str) -> bool:
    return word == start or (len(start) > 3 and word.startswith(start))


def _anywhere(distinct: list[str], start: str) -> bool:
    """Whether some word of the text, in sorted `distinct`, begins so; short beginnings must be whole words."""
    place = bisect_left(distinct, start)
    if place >= len(distinct):
        return False
    return distinct[place] == start if len(start) < 4 else distinct[place].startswith(start)
