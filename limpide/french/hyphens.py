"""Which hyphens at the end of a line belong to the spelling of French, and which only cut the word.

Belongs here: the decision; the language is in hyphens.tsv. Does not belong here: geometry.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _spelling() -> tuple[frozenset[str], frozenset[str]]:
    lines = (Path(__file__).with_name("hyphens.tsv")).read_text("utf-8").splitlines()
    pairs = [line.split("\t")[:2] for line in lines if line and not line.startswith("#")]
    return frozenset(w for side, w in pairs if side == "before"), frozenset(w for side, w in pairs if side == "after")


def keeps_hyphen(left: str, right: str) -> bool:
    """True where `left-right` is spelled with its hyphen ('post-opératoire', 'celui-ci', '-t-elle').

    `left`, `right`: what stands without a space on both sides of the hyphen; punctuation around is ignored.
    """
    before, after = _spelling()
    first = left.lower().replace("’", "'").strip('()«»"“”[]').rsplit("'", 1)[-1]
    last = right.lower().rstrip('.,;:!?()»"”]')
    if any(character.isdigit() for character in first + last):
        return True
    letters = left.strip('()«»"“”[]')
    if right[:1].isupper():
        return (
            True  # 'Jean-' + 'Pierre', 'BOULOGNE-' + 'BILLANCOURT': names in capitals outnumber words cut in capitals
        )
    if letters.isupper() and len(letters) > 1:
        return True  # an acronym takes its hyphen along: 'IRM-' + 'guidée'
    if "-" in first:  # already a compound: 'vis-à-' + 'vis', 'a-t-' + 'elle', but 'post-opéra-' + 'toire'
        piece = first.rsplit("-", 1)[-1]
        return piece in before or len(piece) < 3
    return first in before or last.split("-", 1)[0] in after
