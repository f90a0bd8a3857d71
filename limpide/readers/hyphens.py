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
    if "-" in first or "-" in last.strip("-"):
        # already a compound: 'vis-à-' + 'vis', 'c'est-à-' + 'dire', 'broncho-pneumo-' + 'pathie'
        return first.rsplit("-", 1)[-1] in before or last.split("-", 1)[0] in after or len(first.rsplit("-", 1)[-1]) < 3
    if any(c.isdigit() for c in first + last):
        return True
    if len(left) > 1 and left.isupper() and right[:1].islower():
        return True  # an acronym takes its hyphen along: 'IRM-guidée'
    return first in before or last in after
