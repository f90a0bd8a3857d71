"""Facts of scanned pages take the confidence of the characters they rest on."""

from __future__ import annotations

import numpy as np
import pytest

from limpide.document import Document, Fact, Page
from limpide.semantics.legibility import mark

ROW = "Sodium\t138\tmmol/L\t136 - 145\t140\t12/03/2023"


def document(text: str, doubtful: str, *facts: Fact) -> Document:
    """One scanned page, sure of everything (0.9) but of the characters of `doubtful` (0.4)."""
    sure = np.full(len(text), 0.9, np.float32)
    at = text.index(doubtful)
    sure[at : at + len(doubtful)] = 0.4
    page = Page(1, 0, len(text), confidences=sure)
    return Document(path="", sha256="", text=text, pages=[page], facts=list(facts))


def fact(text: str, value: str | None = None, *, prior: bool = False, origin: str = "nlp") -> Fact:
    return Fact("measurement", origin, 0, len(text), value_text=value, prior=prior, confidence=0.95)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("doubtful", "now", "before"),
    [
        ("138", 0.4, 0.9),
        ("mmol/L", 0.4, 0.9),
        ("Sodium", 0.4, 0.4),  # whose value it is
        ("2023", 0.9, 0.4),  # the date of the earlier value only
        ("140", 0.4, 0.4),  # near enough to the flags and bounds of a result, whose number of cells varies
    ],
)
def test_the_results_of_a_row_are_marked_each_for_its_own_cells(doubtful: str, now: float, before: float) -> None:
    read = document(ROW, doubtful, fact(ROW, "138"), fact(ROW, "140", prior=True))
    mark(read)
    assert [f.ocr_confidence for f in read.facts] == [pytest.approx(now, abs=1e-4), pytest.approx(before, abs=1e-4)]


def test_confidence_is_never_raised_and_is_lowered_to_that_of_the_reading() -> None:
    text = "Asthme ancien"
    read = document(text, "Asthme", fact(text))
    mark(read)
    assert (read.facts[0].ocr_confidence, read.facts[0].confidence) == (0.4, 0.4)
    read = document(text, "ancien", Fact("condition", "nlp", 0, 6, confidence=0.5))
    mark(read)
    assert (read.facts[0].ocr_confidence, read.facts[0].confidence) == (0.9, 0.5)


def test_coded_entries_and_pages_with_a_text_of_their_own_are_left_alone() -> None:
    text = "Asthme ancien"
    read = document(text, "Asthme", fact(text, origin="coded"))
    mark(read)
    assert (read.facts[0].ocr_confidence, read.facts[0].confidence) == (None, 0.95)
    read = document(text, "Asthme", fact(text))
    read.pages[0].confidences = None
    mark(read)
    assert (read.facts[0].ocr_confidence, read.facts[0].confidence) == (None, 0.95)
