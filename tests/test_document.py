"""The line that `limpide structure` prints of a document."""

from __future__ import annotations

import pytest

from limpide.document import Document, Format, Section, to_contract


@pytest.mark.parametrize(
    ("kind", "own", "of_the_text"),
    [(Format.CDA_N3, 1, 0), (Format.PDF, 1, 0), (Format.CDA_N1, 0, 1)],
)
def test_sections_read_in_the_text_that_a_cda_wraps_are_not_the_cda_s(kind, own, of_the_text):
    document = Document("a.xml", "0" * 64, format=kind, text="Conclusion", sections=[Section(None, None, "C", 0, 10)])
    line = to_contract(document)
    assert (len(line["sections"]), len(line["text_sections"])) == (own, of_the_text)
