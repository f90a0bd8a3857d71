"""How much is found, how much too much: the figures of docs/privacy.md, on 400 invented letters."""

from __future__ import annotations

from collections import Counter

import pytest

from limpide.deidentification.known_identities import KnownIdentities
from limpide.deidentification.masking import identifier_spans
from tests.identity.letters import letter, name_pools


def measure(count: int, header: bool, first_seed: int = 0) -> tuple[dict[str, float], float, float]:
    """Recall by kind of identifier (whole ones only), precision by character, share of clinical words lost."""
    pools = name_pools()
    total: Counter[str] = Counter()
    found: Counter[str] = Counter()
    right = wrong = words = lost = 0
    for seed in range(first_seed, first_seed + count):
        made = letter(seed, pools, header)
        text = made.document.text
        spans = identifier_spans(text, KnownIdentities.of(made.document.header))
        hidden = {i for s in spans for i in range(s.start, s.end) if text[i].isalnum()}
        truth = set()
        for start, end, kind in made.identifiers:
            mine = {i for i in range(start, end) if text[i].isalnum()}
            truth |= mine
            total[kind] += 1
            found[kind] += mine <= hidden
        right += len(hidden & truth)
        wrong += len(hidden - truth)
        for start, end in made.clinical:
            mine = {i for i in range(start, end) if text[i].isalnum()}
            words += len(mine)
            lost += len(mine & hidden)
    return {kind: found[kind] / total[kind] for kind in total}, right / (right + wrong), lost / words


@pytest.mark.parametrize("header", [True, False])
def test_reach(header: bool) -> None:
    recall, precision, lost = measure(400, header)
    assert recall["name"] >= (0.995 if header else 0.99)
    assert min(recall["ins"], recall["phone"], recall["mail"]) >= 0.995
    assert min(recall["birth"], recall["address"]) >= 0.98
    assert precision >= 0.95
    assert lost < 0.005
