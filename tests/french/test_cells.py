"""Cells of printed tables that go on below their line: their words are read as one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Document, Page
from limpide.french.cells import cell_order
from limpide.french.tokens import tokenise
from limpide.semantics.engine import load_engine

WRAPPED = "Accident ischémique cérébral\t22/08/2022\tOui\ntransitoire\nAngine de poitrine\t22/08/2022\tOui"


def page(text: str, lefts: dict[str, float]) -> Page:
    """A page whose pieces begin at the given abscissas."""
    boxes = np.zeros((len(text), 4), dtype=np.float32)
    for piece, left in lefts.items():
        boxes[text.index(piece)] = (left, 0, left + 5, 10)
    return Page(1, 0, len(text), 595.0, 842.0, boxes)


def coded(text: str, lefts: dict[str, float]) -> list[str | None]:
    document = Document(path="", sha256="", text=text, pages=[page(text, lefts)])
    load_engine().annotate(document)
    return [fact.code for fact in document.facts if fact.kind == "condition"]


def test_a_name_that_goes_on_under_its_cell_is_one_name() -> None:
    lefts = {"Accident": 56.0, "22/08": 196.0, "Oui": 295.0, "transitoire": 56.0, "Angine": 56.0}
    assert coded(WRAPPED, lefts) == ["G45.9", "I20.9"]


def test_what_stands_under_another_cell_or_under_none_goes_on_with_no_name() -> None:
    lefts = {"Accident": 56.0, "22/08": 196.0, "Oui": 295.0, "Angine": 56.0}
    assert coded(WRAPPED, {**lefts, "transitoire": 295.0})[0] == "I63.9"
    assert coded(WRAPPED, {**lefts, "transitoire": 120.0})[0] == "I63.9"


def test_cells_of_two_columns_go_on_at_once() -> None:
    text = "Warfarine 5 mg,\tAccident ischémique\ncomprimé sécable\tCérébral Transitoire\n"
    assert coded(text, {"Warf": 56.0, "Accid": 200.0, "comp": 56.0, "Céré": 200.0}) == ["G45.9"]


def test_text_without_boxes_keeps_its_order() -> None:
    assert cell_order(tokenise(WRAPPED), [Page(1, 0, len(WRAPPED))]) is None


@given(st.lists(st.sampled_from(["Abc", "def", "\t", "\n", "(g)", " "]), max_size=40), st.integers(0, 3))
def test_no_word_is_lost_or_told_twice(pieces: list[str], column: int) -> None:
    text = "".join(pieces)
    boxes = np.full((len(text), 4), 56.0 * column, dtype=np.float32)
    tokens = tokenise(text)
    found = cell_order(tokens, [Page(1, 0, len(text), 595.0, 842.0, boxes)])
    assert found is None or sorted(found.order) == list(range(len(tokens.form)))
