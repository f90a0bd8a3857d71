"""Names that are also ordinary words or single letters ("K", "Na", "T"), when their value bears no unit.

Belongs here: keeping such values until a measure right beside them vouches for them. Does not belong here: which names
are shy (analytes.tsv), reading their values (sentences.py).
"""

from __future__ import annotations

import re

from limpide.document import Fact
from limpide.french.tokens import Tokens
from limpide.french.values import Value

_SHY_GAP = re.compile(r"\s*[:=°à]?\s*$")
_BETWEEN = re.compile(r"[\s,;/.()\-–|aà]*(?:et\s*)?(?:aa\s*|en aa\s*)?$")


class Pending:
    """A bare value of a shy name, kept until a neighbour vouches for it."""

    __slots__ = ("end", "facts", "start")

    def __init__(self, facts: list[Fact]) -> None:
        self.facts, self.start, self.end = facts, facts[0].start or 0, max(fact.end or 0 for fact in facts)


def vouched(tokens: Tokens, pending: list[Pending], facts: list[Fact]) -> list[Fact]:
    """The bare values of shy names beside which a measure stands: "Na 137 K 3.6", "T 38.6, FC 112"."""
    found: list[Fact] = []
    sure = [(fact.start or 0, fact.end or 0) for fact in facts]
    waiting = list(pending)
    while waiting:
        near = [p for p in waiting if any(_beside(tokens, p, start, end) for start, end in sure)]
        near = near or [p for p in waiting if any(q is not p and _beside(tokens, p, q.start, q.end) for q in waiting)]
        if not near:
            return found
        for each in near:
            found.extend(each.facts)
            sure.append((each.start, each.end))
        waiting = [p for p in waiting if p not in near]
    return found


def _beside(tokens: Tokens, pending: Pending, start: int, end: int) -> bool:
    gap = tokens.folded[end : pending.start] if end <= pending.start else tokens.folded[pending.end : start]
    if end > pending.start and start < pending.end:
        return False
    return len(gap) < 25 and "\n\n" not in gap and _BETWEEN.match(gap) is not None


def is_bare(tokens: Tokens, start: int, name_end: int, value: Value) -> bool:
    """Whether a value follows its shy name at once, the name being written as the abbreviation is."""
    if not _SHY_GAP.match(tokens.folded, name_end, value.start):
        return False
    written = tokens.text[start:name_end]
    return len(written) > 2 or written[0].isupper() or not written.isalpha()
