"""Numbers that are no result: aims, thresholds, conditions, norms, and by how much something changed.

Belongs here: whether a number said of a measure limits it or tells a difference. Does not belong here: the words
(measure_words.tsv, uses `limit`, `outcome`, `difference`), finding measures.

"Objectif LDL < 0,55", "si DFG < 30", "(N < 5)", "plaquettes < 100 000 : évoquer une TIH", "prise de poids de 4 kg".
"""

from __future__ import annotations

import re
from functools import cache

from limpide.french.tokens import Tokens
from limpide.french.values import Value, words

_NEAR = 45  # characters before a measure in which a bare limit word governs it
_FAR = 160
_OR_MORE = re.compile(r"\s*(?:°\s?c?|%|\S{1,8})?\s*(?:ou|et) (?:plus|moins|davantage|au-dela|au-dessus)\b")
_FOR = re.compile(r"\bpour\s+\Z")
_NORMS = re.compile(r"\(\s*(?:normes?|valeurs? (?:normales?|de references?|usuelles?)|normales?|vn|n)\b")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    def any_of(use: str) -> str:
        return "|".join(sorted(map(re.escape, words(use)), key=len, reverse=True))

    limit, change = any_of("limit"), any_of("difference")
    anywhere = re.compile(rf"(?<!\w)(?:{limit})(?!\w)(?!\s+(?:{any_of('reached')}))")
    beside = re.compile(rf"(?<!\w)(?:{limit})\s*:?\s*(?:(?:d'|de|du|un|une|la|le|les|l')\s*){{0,3}}(?:\w+\s+)?$")
    outcome = re.compile(
        rf"[^.\n;]{{0,60}}?(?:(?::|,|->|=>|→)\s*(?:{any_of('outcome')})|(?<!\w)(?:{any_of('meaning')}))(?!\w)"
    )
    before = re.compile(rf"(?<!\w)(?:{change})\s+(?:de\s+(?:la\s+|l')?|du\s+|d'|des\s+)(?:\w+\s+)?$")
    between = re.compile(rf"\s*(?::|\(|=|(?:de|d')(?:\s*(?:environ|plus de|pres de))?|(?:{change})\s+(?:de|d')|)\s*$")
    return anywhere, beside, outcome, before, between


def is_limit(tokens: Tokens, start: int, value: Value) -> bool:
    """Whether the number said of the measure at `start` is an aim, a threshold, a condition or a norm."""
    folded = tokens.folded
    anywhere, beside, outcome, _, _ = _patterns()
    begin = max(_sentence_start(tokens, start), start - _FAR)
    opened = folded.rfind("(", max(0, start - _FAR), start)
    if opened > folded.rfind(")", max(0, start - _FAR), start):
        begin = min(begin, opened)  # "(normes Hb 13-17 ; CRP < 5)"
        if _NORMS.match(folded, opened):
            return True
    if beside.search(folded, max(begin, start - _NEAR), start) and not _closed(folded, begin, start):
        return True
    if _OR_MORE.match(folded, value.end):
        return True  # "fièvre (38,5 °C ou plus)"
    if value.comparator is None:
        return False
    if _FOR.search(folded[begin:start]):
        return True  # "O2 1 L/min pour SpO2 > 94 %"
    if any(not _closed(folded, found.end(), start) for found in anywhere.finditer(folded, begin, start)):
        return True
    if anywhere.search(folded, start, value.start):
        return True
    return outcome.match(folded, value.end) is not None


def is_difference(tokens: Tokens, start: int, after: int, value: Value) -> bool:
    """Whether a number tells by how much the measure named at text[start:after) changed."""
    folded = tokens.folded
    if folded[value.start] == "+":
        return True
    _, _, _, before, between = _patterns()
    begin = max(_sentence_start(tokens, start), start - _NEAR)
    middle = folded[after : value.start]
    if before.search(folded, begin, start):
        return between.match(middle) is not None
    return re.search(rf"(?:{'|'.join(words('difference'))})\s+(?:de|d'environ)\s*$", middle) is not None


def _closed(folded: str, begin: int, end: int) -> bool:
    """Whether a bracket opened before `begin` was closed since: "(N < 5), CRP < 1"."""
    held = folded[begin:end]
    return held.rfind(")") > held.rfind("(")


def _sentence_start(tokens: Tokens, place: int) -> int:
    first, _ = tokens.within(place, place + 1)
    start = tokens.sentence_bounds[tokens.sentence[first]][0]
    return max(start, tokens.folded.rfind("\n\n", 0, place) + 1)
