"""Pictures: bounds, refusals, and text through OCR where it is installed."""

from __future__ import annotations

import random
from dataclasses import replace
from io import BytesIO

import pypdfium2
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from limpide.errors import LIMITS, Limits, Reason, Refused
from limpide.readers import image, ocr, pdf
from limpide.readers.origin import Origin

needs_tesseract = pytest.mark.skipif(not ocr.available(), reason=f"OCR is not installed: {ocr.INSTALL}")
ROWS = [
    ("Sodium", "138", "mmol/L", "136 - 145"),
    ("Chlore", "101", "mmol/L", "98 - 107"),
    ("Ferritine", "210", "µg/L", "30 - 400"),
]


def page() -> bytes:
    out = BytesIO()
    canvas = Canvas(out, pagesize=(400, 300), invariant=True)
    canvas.setFont("Helvetica", 12)
    canvas.drawString(40, 250, "Compte rendu de consultation")
    canvas.drawString(40, 230, "Nom de naissance : LENORMAND")
    for index, row in enumerate(ROWS):
        for x, cell in zip((40, 140, 190, 270), row, strict=True):
            canvas.drawString(x, 180 - 18 * index, cell)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(dpi: int = 200, angle: float = 0) -> Image.Image:
    document = pypdfium2.PdfDocument(page())
    drawn = document[0].render(scale=dpi / 72, grayscale=True).to_pil().convert("L").copy()
    document.close()
    return drawn.rotate(angle, Image.Resampling.BICUBIC, fillcolor=255, expand=abs(angle) > 45)


def saved(kind: str, drawn: Image.Image, dpi: int = 200, **how: object) -> bytes:
    out = BytesIO()
    drawn.save(out, kind, dpi=(dpi, dpi), **how)
    return out.getvalue()


def read(data: bytes, limits: Limits = LIMITS) -> image.Document:
    (document,) = image.read(data, Origin.of(data, "a"), limits)
    return document


def refused(data: bytes, limits: Limits = LIMITS) -> Refused:
    with pytest.raises(Refused) as refusal:
        read(data, limits)
    return refusal.value


def test_without_ocr_a_picture_waits_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "available", lambda: False)
    refusal = refused(saved("PNG", Image.new("L", (50, 50), 255)))
    assert refusal.reason is Reason.NEEDS_OCR
    assert ocr.INSTALL in refusal.detail


def test_a_picture_is_bounded_before_it_is_unpacked() -> None:
    data = saved("PNG", Image.new("L", (100, 100), 255))
    assert refused(data, replace(LIMITS, image_pixels=9_999)).reason is Reason.TOO_LARGE
    frames = [Image.new("1", (10, 10)) for _ in range(4)]
    data = saved("TIFF", frames[0], save_all=True, append_images=frames[1:])
    assert refused(data, replace(LIMITS, pages=3)).reason is Reason.TOO_LARGE


def test_what_is_no_picture_is_malformed() -> None:
    assert refused(b"\x89PNG\r\n\x1a\n" + b"x" * 50).reason is Reason.MALFORMED
    assert refused(b"II*\x00" + b"\xff" * 50).reason is Reason.MALFORMED


def test_a_picture_cut_short_is_truncated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "available", lambda: True)
    noise = Image.frombytes("L", (200, 200), random.Random(1).randbytes(40_000))
    assert refused(saved("PNG", noise)[:20_000]).reason is Reason.TRUNCATED
    assert refused(saved("JPEG", noise)[:9_000]).reason is Reason.TRUNCATED


def test_a_page_without_resolution_is_taken_for_a4() -> None:
    assert image._resolution(Image.new("L", (1654, 2339))) == pytest.approx(200, abs=1)


@needs_tesseract
def test_a_scan_is_read_with_places_confidences_and_whole_rows() -> None:
    document = read(saved("JPEG", picture()))
    assert document.format == "jpeg"
    lines = document.text.splitlines()
    assert lines[0] == "Compte rendu de consultation"
    cells = {tuple(cell.replace(" ", "") for cell in line.split("\t")) for line in lines}
    assert [tuple(cell.replace(" ", "") for cell in row) in cells for row in ROWS] == [True] * 3
    assert document.header.patient.family_birth == "LENORMAND"
    (only,) = document.pages
    assert only.boxes is not None and only.confidences is not None
    assert len(only.boxes) == len(only.confidences) == len(document.text)
    assert (only.width, only.height) == (pytest.approx(400, abs=1), pytest.approx(300, abs=1))
    assert only.boxes[0, 0] == pytest.approx(40, abs=3)
    assert only.boxes[0, 1] < 50 < only.boxes[0, 3] + 3
    assert only.confidences[0] > 0.8
    assert only.confidences[document.text.index("µg/L")] <= 0.5  # put right, so marked


@needs_tesseract
@pytest.mark.parametrize("angle", [2.5, 180])
def test_a_page_askew_or_upside_down_is_read_all_the_same(angle: float) -> None:
    assert "Compte rendu de consultation" in read(saved("PNG", picture(angle=angle))).text


@needs_tesseract
@pytest.mark.parametrize("quarter", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270])
def test_a_sheet_laid_sideways_is_read_and_its_places_are_those_of_the_sheet(quarter: Image.Transpose) -> None:
    document = read(saved("PNG", picture().transpose(quarter)))
    assert document.text.splitlines()[0] == "Compte rendu de consultation"
    (page,) = document.pages
    assert (page.width, page.height) == (pytest.approx(300, abs=1), pytest.approx(400, abs=1))
    assert page.boxes is not None
    x0, y0, x1, y1 = page.boxes[0]
    assert x1 - x0 > y1 - y0  # the letter lies on its side
    upright = read(saved("PNG", picture())).pages[0].boxes
    assert upright is not None
    turned = (
        (upright[0, 1], 400 - upright[0, 2])
        if quarter is Image.Transpose.ROTATE_90
        else (300 - upright[0, 3], upright[0, 0])
    )
    assert (x0, y0) == (pytest.approx(turned[0], abs=3), pytest.approx(turned[1], abs=3))


@needs_tesseract
def test_every_page_of_a_tiff_is_read() -> None:
    data = saved("TIFF", picture(), save_all=True, append_images=[picture()])
    document = read(data)
    assert [p.number for p in document.pages] == [1, 2]
    assert document.text.count("Compte rendu") == 2


@needs_tesseract
def test_a_pdf_that_is_a_picture_is_read_through_ocr() -> None:
    out = BytesIO()
    picture(200).convert("RGB").save(out, "PDF", resolution=200)
    (document,) = pdf.read(out.getvalue(), Origin.of(out.getvalue(), "a.pdf"), LIMITS)
    assert document.text.splitlines()[0] == "Compte rendu de consultation"
    assert document.pages[0].confidences is not None


@pytest.mark.parametrize(("dpi", "drawn"), [(150, 150), (200, 200), (600, 300), (60, 100)])
def test_a_picture_in_a_pdf_is_drawn_at_its_own_resolution(dpi: int, drawn: int) -> None:
    out = BytesIO()
    Image.new("L", (dpi * 4, dpi * 3), 255).save(out, "PDF", resolution=dpi)
    document = pypdfium2.PdfDocument(out.getvalue())
    assert pdf._resolution(document[0], 300) == drawn
    document.close()
    document = pypdfium2.PdfDocument(page())
    assert pdf._resolution(document[0], 300) == 300  # nothing but letters, of a font that cannot be read
    document.close()


@needs_tesseract
def test_ocr_is_bounded_in_time() -> None:
    assert refused(saved("PNG", picture()), replace(LIMITS, ocr_seconds=0.01)).reason is Reason.TOO_SLOW
