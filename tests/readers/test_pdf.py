"""The PDF door: text, places, furniture, refusals. Pages are drawn here, so that their text is known."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from limpide.document import Document
from limpide.errors import LIMITS, Limits, Reason, Refused
from limpide.readers import ocr, pdf
from limpide.readers.origin import Origin

WIDTH, HEIGHT = 400.0, 600.0


def drawn(*pages: Callable[[Any], None], **how: Any) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=True, **how)
    for draw in pages:
        canvas.setFont("Helvetica", 10)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lines(*texts: str, x: float = 50, y: float = 80) -> Callable[[Any], None]:
    def draw(canvas: Any) -> None:
        for index, text in enumerate(texts):
            canvas.drawString(x, HEIGHT - y - 14 * index, text)

    return draw


def read(data: bytes, limits: Limits = LIMITS) -> Document:
    (document,) = pdf.read(data, Origin.of(data, "a.pdf"), limits)
    return document


def refused(data: bytes, limits: Limits = LIMITS) -> Reason:
    with pytest.raises(Refused) as refusal:
        read(data, limits)
    return refusal.value.reason


def test_the_pages_are_slices_of_the_text_and_each_character_has_its_box() -> None:
    document = read(drawn(lines("Première page", "Deuxième ligne"), lines("Seconde page")))
    assert document.text == "Première page\nDeuxième ligne" + pdf.PAGE_BREAK + "Seconde page"
    assert [document.text[p.start : p.end] for p in document.pages] == ["Première page\nDeuxième ligne", "Seconde page"]
    assert [(p.number, p.width, p.height) for p in document.pages] == [(1, WIDTH, HEIGHT), (2, WIDTH, HEIGHT)]
    for page in document.pages:
        assert page.boxes is not None and page.boxes.shape == (page.end - page.start, 4)
    assert document.format == "pdf"


def test_a_box_is_where_the_character_was_drawn() -> None:
    text = "Œdème à 39,5 °C"
    (page,) = read(drawn(lines(text, x=50, y=80))).pages
    assert page.boxes is not None
    lefts = [50 + stringWidth(text[:index], "Helvetica", 10) for index in range(len(text))]
    assert np.abs(page.boxes[:, 0] - lefts).max() < 0.2
    assert (page.boxes[:, 1] < 80).all() and (page.boxes[:, 3] >= 80).all()


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_turned_for_display_is_read_as_it_is_shown(turn: int) -> None:
    def draw(canvas: Any) -> None:
        canvas.setPageRotation(turn)  # reportlab exchanges width and height of the medium at a quarter turn
        canvas.translate(*{0: (0, 0), 90: (HEIGHT, 0), 180: (WIDTH, HEIGHT), 270: (0, WIDTH)}[turn])
        canvas.rotate(turn if turn != 270 else -90)
        lines("Première ligne", "Seconde ligne")(canvas)

    document = read(drawn(draw))
    (page,) = document.pages
    assert document.text == "Première ligne\nSeconde ligne"
    assert page.boxes is not None
    assert page.boxes[0, 0] == pytest.approx(50, abs=0.2)
    assert page.boxes[0, 1] < 80 < page.boxes[0, 3] + 0.1


def test_a_crop_box_moves_the_origin_and_hides_what_it_cuts_off() -> None:
    def draw(canvas: Any) -> None:
        lines("Vu")(canvas)
        canvas.drawString(5, HEIGHT - 20, "Hors du cadre")
        canvas.setCropBox((40, 40, WIDTH, HEIGHT - 40))

    document = read(drawn(draw))
    assert document.text == "Vu"
    assert document.pages[0].boxes is not None
    assert document.pages[0].boxes[0, 0] == pytest.approx(10, abs=0.2)


def test_headers_and_footers_stay_in_the_text_marked_as_furniture() -> None:
    def page(number: int) -> Callable[[Any], None]:
        def draw(canvas: Any) -> None:
            lines("CH de Valmont", y=30)(canvas)
            lines(f"Contenu {number}", y=300)(canvas)
            lines(f"Page {number}/2", y=580)(canvas)

        return draw

    document = read(drawn(page(1), page(2)))
    furniture = [document.text[s.start : s.end] for s in document.sections if s.furniture]
    assert furniture == ["CH de Valmont", "Page 1/2", "CH de Valmont", "Page 2/2"]


def test_rows_of_results_are_lines_with_a_tab_between_cells() -> None:
    rows = [("Hémoglobine", "13,2", "g/dL", "13,0 - 17,0"), ("Sodium", "128", "mmol/L", "136 - 145", "B")]
    rows += [("Troponine I", "< 4", "ng/L", "0 - 34", "", "5", "01/02/2023")]

    def draw(canvas: Any) -> None:
        for index, row in enumerate(rows):
            for x, cell in zip((40, 140, 180, 230, 290, 310, 340), row, strict=False):
                canvas.drawString(x, HEIGHT - 80 - 15 * index, cell)

    assert read(drawn(draw)).text.split("\n") == ["\t".join(cell for cell in row if cell) for row in rows]


def test_cells_set_apart_with_spaces_in_fixed_pitch_stand_apart_too() -> None:
    def draw(canvas: Any) -> None:
        canvas.setFont("Courier", 9)
        canvas.drawString(40, 500, "Sodium              128   mmol/L   136 - 145")
        canvas.drawString(40, 488, "Potassium           4,1   mmol/L   3,5 - 5,1")

    assert read(drawn(draw)).text == "Sodium\t128\tmmol/L\t136 - 145\nPotassium\t4,1\tmmol/L\t3,5 - 5,1"


def test_words_cut_at_line_ends_and_ligatures_are_made_whole() -> None:
    registerFont(TTFont("Vera", "Vera.ttf"))  # a font that reportlab brings along

    def draw(canvas: Any) -> None:
        canvas.setFont("Vera", 10)
        canvas.drawString(50, 500, "une insufﬁ-")
        canvas.drawString(50, 487, "sance du reﬂux veineux")

    assert read(drawn(draw)).text == "une insuffisance\ndu reflux veineux"


def test_what_was_typed_into_a_form_is_read() -> None:
    def draw(canvas: Any) -> None:
        lines("Nom :")(canvas)
        canvas.acroForm.textfield(name="n", value="LENORMAND", x=100, y=HEIGHT - 85, width=120, height=18)

    assert read(drawn(draw)).header.patient.family_used == "LENORMAND"


def test_a_gateway_banner_before_the_file_is_stepped_over() -> None:
    assert read(b"Content-Type: application/pdf\r\n\r\n" + drawn(lines("Bonjour"))).text == "Bonjour"


def test_a_file_that_wants_a_password_is_encrypted_and_one_that_does_not_is_read() -> None:
    assert refused(drawn(lines("Secret"), encrypt=StandardEncryption("mot de passe"))) is Reason.ENCRYPTED
    assert read(drawn(lines("Lisible"), encrypt=StandardEncryption("", ownerPassword="x"))).text == "Lisible"


def test_a_file_cut_short_is_refused_rather_than_mended_in_silence() -> None:
    data = drawn(*[lines(f"Page {n}") for n in range(20)])
    assert refused(data[: len(data) // 2]) is Reason.TRUNCATED
    assert refused(b"%PDF-1.4\n/Linearized 1 /L 99999999\n" + data) is Reason.TRUNCATED


@pytest.mark.parametrize("data", [b"%PDF-1.4\n%%EOF", b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"])
def test_a_file_without_pages_is_malformed(data: bytes) -> None:
    assert refused(data) is Reason.MALFORMED


def test_too_many_pages_and_too_much_text_are_refused() -> None:
    data = drawn(*[lines("Page")] * 4)
    assert refused(data, replace(LIMITS, pages=3)) is Reason.TOO_LARGE
    assert refused(data, replace(LIMITS, text_chars=10)) is Reason.TOO_LARGE
    assert refused(data, replace(LIMITS, seconds=-1.0)) is Reason.TOO_SLOW


def test_blank_pages_are_no_text() -> None:
    assert refused(drawn(lambda canvas: None)) is Reason.NO_TEXT


def test_a_form_object_that_contains_itself_ends() -> None:
    body = b"%PDF-1.4\n"
    body += b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    body += (
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>endobj\n"
    )
    body += b"4 0 obj<</Length 4>>stream\n/F Do\nendstream endobj\n"
    body += b"5 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>/Length 5>>stream\n"
    body += b"/F Do\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    assert refused(body) is Reason.NO_TEXT


def test_a_page_that_is_a_picture_waits_for_ocr_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "available", lambda: False)

    def scan(canvas: Any) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (40, 60), 255)), 0, 0, WIDTH, HEIGHT)

    data = drawn(lines("Texte"), scan)
    with pytest.raises(Refused) as refusal:
        read(data)
    assert refusal.value.reason is Reason.NEEDS_OCR
    assert "apt-get install tesseract-ocr tesseract-ocr-fra" in refusal.value.detail


def test_a_logo_does_not_make_a_page_a_picture() -> None:
    def draw(canvas: Any) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (40, 40), 0)), 10, 10, 50, 50)
        lines("Court")(canvas)

    assert read(drawn(draw)).text == "Court"


def embedded(samples: Path) -> dict[str, dict[str, Any]]:
    """Facts of the PDFs that the samples embed, by sha256."""
    found: dict[str, dict[str, Any]] = {}

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "sha256" in value and "pdf" in value:
                found[value["sha256"]] = value["pdf"]
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    for line in (samples / "truth.jsonl").read_text("utf-8").splitlines():
        walk(json.loads(line))
    return found


@pytest.mark.samples
def test_the_pdfs_embedded_in_the_samples_give_their_pages_and_text(samples: Path) -> None:
    import re

    truth = embedded(samples)
    seen: set[str] = set()
    for path in samples.rglob("*.xml"):
        for match in re.finditer(rb"JVBERi[A-Za-z0-9+/\s]{200,}={0,2}", path.read_bytes()):
            data = base64.b64decode(re.sub(rb"\s", b"", match[0]))
            digest = hashlib.sha256(data).hexdigest()
            if digest in seen or digest not in truth:
                continue
            seen.add(digest)
            known = truth[digest]
            if not known["has_text_layer"]:  # OCR is asked for; elsewhere than here, since it takes its time
                assert refused(data, replace(LIMITS, ocr_seconds=0.0)) in (Reason.NEEDS_OCR, Reason.TOO_SLOW)
                continue
            document = read(data)
            assert len(document.pages) == known["pages"], path
            assert len(" ".join(document.text.split())) == pytest.approx(known["text_chars"], rel=0.05), path
    assert len(seen) > 10


def with_attachments(data: bytes, **files: bytes) -> bytes:
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(data)
    for name, content in files.items():
        document.new_attachment(name).set_data(content)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def test_files_attached_to_a_pdf_are_documents_of_their_own() -> None:
    note = b"Patient : COLIN Rose\nConclusion : examen normal.\n"
    page = drawn(lines("INS : 2 68 02 69 001 123 37", "Compte rendu"))
    data = with_attachments(page, a_note=note, b_letter=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    whole, attached, refused_one = pdf.read(data, Origin.of(data, "a.pdf"), LIMITS)
    assert "Compte rendu" in whole.text
    assert (attached.format, attached.text) == ("text", note.decode())
    assert (refused_one.status, refused_one.reason) == ("quarantined", "no_reader")
    assert attached.container_sha256 == whole.sha256


def test_two_patients_in_one_pdf_are_raised() -> None:
    first = lines("Nom de naissance : COLIN", "Né(e) le : 12/03/1956", "Examen normal.")
    second = lines("Nom de naissance : PETIT", "Né(e) le : 01/01/1980", "Examen anormal.")
    document = read(drawn(first, second))
    assert (document.status, document.reason) == ("quarantined", "identity_conflict")
    assert document.detail == "pages 1 and 2 state different patients: several documents in one PDF"
    assert read(drawn(first, first)).status == "ok"


def test_a_mother_named_on_the_page_of_her_child_is_no_second_patient() -> None:
    child = lines("Nom de naissance : COLIN", "Né(e) le : 12/03/2026")
    mother = lines("Mère : Nom de naissance : PETIT", "Poids de naissance 3 kg")
    assert read(drawn(child, mother)).status == "ok"


def test_page_numbers_that_begin_again_are_warned_about() -> None:
    document = read(drawn(lines("Lettre", "Page 1/1"), lines("Autre lettre", "Page 1/1")))
    assert document.warnings == ["page numbers begin again at page 2: several documents in one PDF?"]
    assert read(drawn(lines("Lettre", "Page 1/2"), lines("Suite", "Page 2/2"))).warnings == []
