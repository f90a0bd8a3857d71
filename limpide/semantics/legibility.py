"""Facts read off a scan take the confidence of their reading: what OCR was not sure of is marked as such.

Belongs here: which characters of a page a fact rests on, and the least sure of them. Does not belong here: confidence
of characters (limpide/readers/ocr.py), engines: whatever engine found a fact, it is marked alike.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from limpide.document import Document, Fact, Page

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOW = 0.6  # confidence of reading at which a fact is to be looked at on its page
_RESULT_CELLS, _EARLIER_CELLS = 3, 1  # after its value: flag, unit and bounds; an earlier value has its date


def mark(document: Document) -> None:
    """Set `ocr_confidence` (0..1) of facts read off scanned pages; their `confidence` is at most that, in place.

    Facts of coded entries do not depend on the page and are left alone.
    """
    pages = [page for page in document.pages if page.confidences is not None]
    if not pages:
        return
    starts = [page.start for page in pages]
    for fact in document.facts:
        if fact.origin != "nlp" or fact.start is None or fact.end is None:
            continue
        index = bisect_right(starts, fact.start) - 1
        if index < 0 or fact.start >= pages[index].end:
            continue
        sure = _least(fact, document.text, pages[index])
        fact.ocr_confidence = round(sure, 4)
        fact.confidence = fact.ocr_confidence if fact.confidence is None else min(fact.confidence, fact.ocr_confidence)


def _least(fact: Fact, text: str, page: Page) -> float:
    assert page.confidences is not None and fact.start is not None and fact.end is not None
    sure: NDArray[np.float32] = page.confidences
    end = min(fact.end, page.end)
    parts = [(fact.start, end)]
    at = text.find(fact.value_text, fact.start, end) if fact.value_text else -1
    if at >= 0 and "\t" in text[fact.start : end]:  # a row of results: its other results say nothing of this one
        cells = _EARLIER_CELLS if fact.prior else _RESULT_CELLS
        after = at + len(fact.value_text or "")
        for _ in range(cells):
            following = text.find("\t", after + 1, end)
            after = following if following >= 0 else end
        name = text.find("\t", fact.start, end)
        parts = [(fact.start, min(name, at) if name >= 0 else at), (at, max(after, at + 1))]
    return min((float(sure[a - page.start : b - page.start].min()) for a, b in parts if b > a), default=1.0)
