"""Scores of mentions against annotated texts: precision, recall, F1, codes, and how sure the figures are.

Belongs here: counting and intervals. Does not belong here: running engines, reading corpora (evaluate.py).

exact: same start, end and label. overlap: one prediction for one annotation, exact pairs first, then the longest shared
span. Codes: among annotated mentions that have a reference code, whether a prediction over them has the same category
(three characters) of CIM-10. Intervals: bootstrap over documents, 95 %.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Spans = Mapping[tuple[int, int], Any]


def f1(right: float, predicted: float, expected: float) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean; 0 where a count is 0."""
    precision = right / predicted if predicted else 0.0
    recall = right / expected if expected else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _category(code: str) -> str:
    return code.replace(".", "").upper()[:3]


def count(expected: Spans, predicted: Spans) -> Counter[str]:
    """Counts of one document. Values of `expected`: reference codes (a list, may be empty); of `predicted`: a code."""
    counts: Counter[str] = Counter(expected=len(expected), predicted=len(predicted))
    counts["exact"] = len(expected.keys() & predicted.keys())
    pairs = [
        (a != b, max(a[0], b[0]) - min(a[1], b[1]), a, b)
        for a in expected
        for b in predicted
        if a[0] < b[1] and b[0] < a[1]
    ]
    pairs.sort(key=lambda p: (p[0], p[1], p[2], p[3]))
    used: set[tuple[int, int]] = set()
    taken: set[tuple[int, int]] = set()
    right: dict[tuple[int, int], bool] = {}
    for _, _, a, b in pairs:
        if a not in used and b not in taken:
            used.add(a)
            taken.add(b)
            counts["overlap"] += 1
        if expected[a] and predicted[b]:
            same = _category(predicted[b]) in {_category(code) for code in expected[a]}
            right[a] = right.get(a, False) or same
    coded = [a for a in expected if expected[a]]
    counts["coded"] = len(coded)
    counts["code_given"] = sum(1 for a in coded if a in right)
    counts["code_right"] = sum(1 for a in coded if right.get(a))
    return counts


def interval(documents: list[Counter[str]], hit: str, draws: int = 400, seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of F1 over documents, `hit` being 'exact' or 'overlap'."""
    chance = random.Random(seed)
    scores = []
    for _ in range(draws):
        sample = chance.choices(documents, k=len(documents))
        right, predicted, expected = (sum(c[name] for c in sample) for name in (hit, "predicted", "expected"))
        scores.append(f1(right, predicted, expected)[2])
    scores.sort()
    return scores[int(draws * 0.025)], scores[int(draws * 0.975)]


def total(documents: Iterable[Counter[str]]) -> Counter[str]:
    """The counts of all documents."""
    summed: Counter[str] = Counter()
    for counts in documents:
        summed.update(counts)
    return summed
