"""Conditions that a phrase states and its words alone do not: "perte de 5 kg", a child "de petite taille".

Belongs here: finding the patterns of phrased.tsv. Does not belong here: the patterns (data), values with units (lab/).
"""

from __future__ import annotations

import re
from functools import cache

from limpide.document import Fact
from limpide.french.phrases import read_table
from limpide.french.tokens import Tokens

_HINT = "kg", "kilo", "petite taille"


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    return tuple((re.compile(rf"\b{row['pattern']}\b"), row["code"], row["meaning"]) for row in read_table("phrased"))


def find_phrased(tokens: Tokens, facts: list[Fact], signature: str) -> list[Fact]:
    """`facts` and those that a phrase states, which take the place of what they hold."""
    if not any(hint in tokens.folded for hint in _HINT):
        return facts
    found: list[Fact] = []
    for pattern, code, meaning in _patterns():
        for match in pattern.finditer(tokens.folded):
            fact = Fact(kind="condition", origin="nlp", start=match.start(), end=match.end())
            fact.text, fact.code, fact.system = tokens.text[match.start() : match.end()], code, "CIM-10"
            fact.rule, fact.confidence, fact.engine = f"phrased:{meaning}", 0.9, signature
            found.append(fact)
    if not found:
        return facts
    inside = [
        f
        for f in facts
        if f.kind == "condition" and any((f.start or 0) < (n.end or 0) and (n.start or 0) < (f.end or 0) for n in found)
    ]
    gone = {id(f) for f in inside}
    return sorted([f for f in facts if id(f) not in gone] + found, key=lambda fact: (fact.start or 0, fact.end or 0))
