"""Clauses and brackets of a sentence: how far what is said of one thing reaches.

Belongs here: cutting a sentence's words into clauses and brackets. Does not belong here: dates (fact_dates.py), cues
(cues.py).

A comma before a participle begins a *soft* clause, which speaks of the last thing named before it: "un diabète,
découvert en 2009".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from limpide.french.phrases import word_set
from limpide.french.tokens import Tokens

_SPLIT = frozenset({",", ";", ">", "puis", "mais"})
_IRREGULAR = word_set("participles")


@dataclass(slots=True)
class Clauses:
    """The bracket (0: none) and the clause of each word of a sentence."""

    first: int
    clause: list[int] = field(default_factory=list)
    bracket: list[int] = field(default_factory=list)
    before: dict[int, int] = field(default_factory=dict)  # soft clause -> the clause that it speaks of
    begun: dict[int, int] = field(default_factory=dict)  # soft clause -> its first word
    opened: dict[int, int] = field(default_factory=dict)  # bracket -> the word that opens it

    def at(self, word: int) -> tuple[int, int]:
        place = min(max(0, word - self.first), len(self.clause) - 1)
        return self.bracket[place], self.clause[place]


def parted(tokens: Tokens, first: int, last: int, begins: set[int]) -> Clauses:
    """Clauses and brackets of words first..last; `begins`: words where facts begin."""
    form = tokens.form
    parts = Clauses(first)
    stack: list[tuple[int, int]] = []
    bracket, clause, clauses, brackets = 0, 0, 0, 0
    for place in range(first, last + 1):
        word = form[place]
        if word == "(":
            stack.append((bracket, clause))
            brackets, clauses = brackets + 1, clauses + 1
            bracket, clause = brackets, clauses
            parts.opened[bracket] = place
        parts.bracket.append(bracket)
        parts.clause.append(clause)
        if word == ")" and stack:
            bracket, clause = stack.pop()
        elif (word in _SPLIT and not _decimal(tokens, place)) or (word in {"-", "/"} and _spaced(tokens, place)):
            clauses += 1
            if word == "," and place + 1 not in begins and _is_participle(tokens, place + 1):
                parts.before[clauses] = clause
                parts.begun[clauses] = place + 1
            clause = clauses
    return parts


def _spaced(tokens: Tokens, place: int) -> bool:
    text, start, end = tokens.text, tokens.start[place], tokens.end[place]
    return start > 0 and text[start - 1].isspace() and end < len(text) and text[end].isspace()


def _decimal(tokens: Tokens, place: int) -> bool:
    """Whether a comma stands inside a number."""
    text, start = tokens.text, tokens.start[place]
    return text[start] == "," and text[start - 1 : start].isdigit() and text[start + 1 : start + 2].isdigit()


def _is_participle(tokens: Tokens, place: int) -> bool:
    if place >= len(tokens.form):
        return False
    word = tokens.text[tokens.start[place] : tokens.end[place]].lower()
    return word.endswith(("é", "ée", "és", "ées")) or tokens.form[place] in _IRREGULAR
