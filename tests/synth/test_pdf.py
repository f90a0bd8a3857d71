"""The lean PDF writer: valid files, true text, the same bytes everywhere."""

from __future__ import annotations

import zlib

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.synth.content import Content, Paragraph, Section, Table
from limpide.synth.pdf import STYLES, Letterhead, Style, encoded, render, stored, text_width, titled, wrap


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    found = [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]
    document.close()
    return found


def letter(*paragraphs: str) -> Content:
    return Content("Lettre", [Section("Motif", None, [Paragraph(text) for text in paragraphs])], signature="Dr X")


def test_accents_ligatures_and_symbols_come_back() -> None:
    said = "Élève à l'œil sûr : 37,5 °C, 5 µg, 30 kg/m², ça coûte 3 € (parenthèse) \\ barre."
    assert said in pages(render(letter(said), Letterhead()))[0]


def test_what_winansi_lacks_is_spelt() -> None:
    assert encoded("≥ 3 → μ") == b">= 3 -> \xb5"


def test_every_page_bears_the_footer_and_its_number() -> None:
    long = letter(*["Une phrase qui remplit la page, encore et encore, sans rien dire de plus."] * 60)
    found = pages(render(long, Letterhead(footer="Hôpital - document confidentiel")))
    assert len(found) == 2
    for number, page in enumerate(found, 1):
        assert "Hôpital - document confidentiel" in page
        assert f"Page {number}/2" in page


def test_rows_of_a_table_stand_on_one_line() -> None:
    table = Table(
        ("Analyse", "Résultat", "Unité"),
        [("Sodium", "140", "mmol/L"), ("Potassium", "4,1", "mmol/L")],
        (0.5, 0.25, 0.25),
    )
    drawn = pages(render(Content("Bilan", [Section("Biochimie", None, [table])]), Letterhead(), STYLES[1]))[0]
    assert "Sodium 140 mmol/L\nPotassium 4,1 mmol/L" in drawn


@pytest.mark.parametrize("style", STYLES)
def test_the_same_content_gives_the_same_bytes(style: Style) -> None:
    content = letter("Une phrase." * 30)
    assert titled(content, Letterhead(["A"], ["B"]), style) == titled(content, Letterhead(["A"], ["B"]), style)


def test_two_columns_balance() -> None:
    text = "Une phrase assez longue pour occuper une ligne entière de la colonne étroite."
    drawn = render(letter(*[text] * 30), Letterhead(), Style(columns=2))
    document = pypdfium2.PdfDocument(drawn)
    boxes = [obj.get_bounds() for obj in document[0].get_objects()]
    left = min(box[1] for box in boxes if box[0] < 297 and box[1] > 80)
    right = min(box[1] for box in boxes if box[0] > 297 and box[1] > 80)
    assert abs(left - right) < 120
    document.close()


@given(st.text("abcdé -,", max_size=300), st.floats(60, 400))
def test_wrapping_loses_no_word_and_keeps_the_width(text: str, width: float) -> None:
    text = " ".join(text.split())
    lines = wrap(text, width, 10)
    assert " ".join(lines) == text
    assert all(text_width(line, "Helvetica") * 10 / 1000 <= width or " " not in line for line in lines)


def test_hyphenation_cuts_between_syllables() -> None:
    lines = wrap("le bilan hospitalisation", 90, 10, hyphenate=True)
    assert lines == ["le bilan hospitalisa-", "tion"]


@given(st.binary(max_size=200_000))
def test_stored_streams_inflate_to_themselves(data: bytes) -> None:
    assert zlib.decompress(stored(data)) == data
