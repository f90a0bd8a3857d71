"""The PDF door: text with one box a character, in reading order; image-only pages go through OCR.

Belongs here: pdfium (through pypdfium2), pages, rotation, refusals. Does not belong here: reading order (layout.py),
furniture (furniture.py), character recognition (ocr.py), stated identity (stated_identity.py).

`Document.text` is the pages joined by PAGE_BREAK, which belongs to no page: text[page.start:page.end] is the page.
pdfium is not thread-safe: one thread at a time; the process that calls bounds time and memory.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from limpide.document import Document, Format, Header, Page, Section
from limpide.errors import Limits, Reason, Refused
from limpide.readers.origin import Origin
from limpide.readers.page_headers import Line, edge_lines, furniture
from limpide.readers.page_layout import PageText, lay_out
from limpide.readers.stated_identity import pages_at_odds, stated_header

if TYPE_CHECKING:
    from collections.abc import Callable

# Lines on both sides, so that patterns anchored at line ends hold at the first and last line of a page.
PAGE_BREAK = "\n\f\n"
_HEADER_WITHIN = 1024  # ISO 32000-1, annex H.3.4.1: junk before the header is tolerated so far
_MARGIN = 2.0  # points past the edge that are still seen
_ANNOTATIONS = 500  # looked at on a page before its nature is taken as known
_ROOM = 4096  # boxes asked for in one go
_LEAST_DPI = 100  # a page of small pictures is drawn at it
_FIRST_PAGE = re.compile(r"(?i)\b(?:page|p\.)\s{0,3}1\s{0,3}(?:/|sur|de)\s{0,3}(\d{1,3})\b")
_FEW = 30  # characters; a page with fewer that is covered by an image is a scan


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The one document of a PDF. Raises `Refused` (ENCRYPTED, MALFORMED, TRUNCATED, TOO_LARGE, NO_TEXT, NEEDS_OCR)."""
    deadline = time.monotonic() + limits.seconds
    with _opened(data) as pdf:
        count = len(pdf)
        if count == 0:
            raise Refused(Reason.MALFORMED, "a PDF without pages")
        if count > limits.pages:
            raise Refused(Reason.TOO_LARGE, f"over {limits.pages} pages")
        pages: list[tuple[PageText, float, float]] = []
        scans: list[int] = []
        total = 0
        for index in range(count):
            if time.monotonic() > deadline:
                raise Refused(Reason.TOO_SLOW, f"over {limits.seconds:g} s at page {index + 1} of {count}")
            page, width, height, is_scan = _page(pdf, index)
            total += len(page.text)
            if total > limits.text_chars:
                raise Refused(Reason.TOO_LARGE, f"over {limits.text_chars} characters")
            pages.append((page, width, height))
            if is_scan:
                scans.append(index)
        if scans:
            _recognised(pdf, pages, scans, limits)
        attached, lost = _attached(pdf, data, limits)
    document = assembled(pages, origin, Format.PDF)
    document.warnings += lost
    if not document.text.strip() and not attached:
        raise Refused(Reason.NO_TEXT, f"{count} pages without text")
    return [*_told_apart(document, origin), *_opened_attachments(attached, document, origin, limits)]


def _told_apart(document: Document, origin: Origin) -> list[Document]:
    """The document, set aside where its pages speak of several persons and nothing around says of whom it is.

    Page numbers that begin again are warned about: a batch of letters scanned into one file.
    """
    if not document.text.strip():
        return []
    if odds := pages_at_odds(document.text, document.pages):
        said = f"pages {odds[0]} and {odds[1]} state different patients: several documents in one PDF"
        document.warnings.append(said)
        if origin.depth == 0:
            document.status, document.reason, document.detail = "quarantined", str(Reason.IDENTITY_CONFLICT), said
    again = [
        page.number
        for page in document.pages[1:]
        if (found := _FIRST_PAGE.search(document.text, page.start, page.end)) and int(found[1]) < len(document.pages)
    ]
    if again:
        document.warnings.append(f"page numbers begin again at page {again[0]}: several documents in one PDF?")
    return [document]


def _attached(pdf: Any, data: bytes, limits: Limits) -> tuple[list[bytes], list[str]]:
    """The files attached to a PDF, and what of them is not read."""
    import pypdfium2 as pdfium

    found: list[bytes] = []
    room = limits.archive_bytes
    for index in range(min(pdf.count_attachments(), limits.archive_members)):
        try:
            content = bytes(pdf.get_attachment(index).get_data())
        except (pdfium.PdfiumError, ValueError):
            return found, [f"the file attached to the PDF as number {index + 1} cannot be read"]
        room -= len(content)
        if room < 0 or len(content) > limits.file_bytes:
            return found, ["files attached to the PDF are too large: left out"]
        if content:
            found.append(content)
    if not found and b"/FileAttachment" in data:
        return found, ["a file attached to a page is not read"]
    return found, []


def _opened_attachments(attached: list[bytes], document: Document, origin: Origin, limits: Limits) -> list[Document]:
    """Each file attached to a PDF is a document, of the same person unless it says another."""
    from limpide.readers.carried import open_carried

    carrier = Header(patient=document.header.patient)
    return [one for content in attached for one in open_carried(content, origin, limits, carrier, Format.PDF)]


def assembled(pages: list[tuple[PageText, float, float]], origin: Origin, kind: Format) -> Document:
    """A document from its pages (text, width, height in points): offsets, furniture, stated identity."""
    document = Document(
        path=origin.path, sha256=origin.sha256, container_sha256=origin.container_sha256, format=str(kind)
    )
    at = 0
    lines: list[list[Line]] = []
    for number, (page, width, height) in enumerate(pages, start=1):
        end = at + len(page.text)
        document.pages.append(Page(number, at, end, width, height, page.boxes, page.confidences))
        lines.append(edge_lines(page.text, page.boxes, at, height))
        at = end + len(PAGE_BREAK)
    document.text = PAGE_BREAK.join(page.text for page, _, _ in pages)
    document.sections = [Section(None, None, None, line.start, line.end, furniture=True) for line in furniture(lines)]
    document.header = stated_header(document.text)
    return document


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    import pypdfium2 as pdfium

    if _is_cut(data):
        raise Refused(Reason.TRUNCATED, "a PDF without its end")
    skipped = max(data.find(b"%PDF-", 0, _HEADER_WITHIN + 5), 0)
    try:
        pdf = pdfium.PdfDocument(data[skipped:] if skipped else data)
    except pdfium.PdfiumError as error:
        raise _refusal(error) from None
    try:
        yield pdf
    finally:
        pdf.close()


def _refusal(error: Exception) -> Refused:
    said = str(error).lower()
    if "password" in said or "security" in said:
        return Refused(Reason.ENCRYPTED, "a PDF that wants a password")
    return Refused(Reason.MALFORMED, "pdfium cannot open it")


def _is_cut(data: bytes) -> bool:
    """Does the file stop before its end? pdfium would mend it and lose pages without a word.

    A linearised file has an end mark near its start, but states its own length (ISO 32000-1, annex F.3).
    """
    if b"%%EOF" not in data:
        return True
    stated = re.search(rb"/Linearized\b[^>]{0,200}/L (\d{1,12})", data[:2048])
    return stated is not None and int(stated[1]) > len(data)


@cache
def _get_code() -> Callable[..., int]:
    """GetUnicode with plain integer arguments: several times faster than the typed bindings."""
    import ctypes

    import pypdfium2.raw as raw

    address = ctypes.cast(raw.FPDFText_GetUnicode, ctypes.c_void_p).value or 0
    return ctypes.PYFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(address)


@cache
def _get_box() -> tuple[Callable[..., None], Any, list[Any]]:
    """GetLooseCharBox, a room for the boxes of `_ROOM` characters, and the argument that points at each place of it.

    Nine tenths of the time of such a call went into making its arguments: those made beforehand are passed as they
    are (without `argtypes`, ctypes takes a whole number for a C int, which the index is).
    """
    import ctypes

    import pypdfium2.raw as raw

    address = ctypes.cast(raw.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
    room = ctypes.create_string_buffer(16 * _ROOM)  # FS_RECTF is four floats
    places = [ctypes.byref(room, 16 * place) for place in range(_ROOM)]
    boxes = np.frombuffer(memoryview(room), np.float32).reshape(_ROOM, 4)
    return ctypes.PYFUNCTYPE(None)(address), boxes, places


def _native_boxes(handle: int | None, n: int) -> Any:
    """(n, 4) float32, FS_RECTF (left, top, right, bottom) of each character of a text page; zeros where it has none."""
    import ctypes

    get, room, places = _get_box()
    page = ctypes.c_void_p.from_param(handle)
    out = np.empty((n, 4), np.float32)
    for start in range(0, n, _ROOM):
        count = min(_ROOM, n - start)
        room[:count] = 0
        deque(map(get, repeat(page, count), range(start, start + count), places), maxlen=0)
        out[start : start + count] = room[:count]
    return out


def _page(pdf: Any, index: int) -> tuple[PageText, float, float, bool]:
    """Text, width, height of one page, and whether it is a picture of text rather than text."""
    import pypdfium2 as pdfium

    try:
        page = pdf[index]
    except pdfium.PdfiumError:
        raise Refused(Reason.MALFORMED, f"page {index + 1} cannot be opened") from None
    try:
        if _has_filled_fields(page):
            page = _flattened(pdf, page, index)
        width, height = page.get_size()
        try:
            codes, boxes = _glyphs(page)
        except pdfium.PdfiumError:
            raise Refused(Reason.MALFORMED, f"page {index + 1} has no readable text") from None
        seen = _inside(boxes, width, height)
        if not seen.all():
            codes, boxes = codes[seen], boxes[seen]
        text = lay_out(codes, boxes, height)
        is_scan = _is_gibberish(codes) or (len(text.text) < _FEW and _is_covered(page, width * height))
        return text, width, height, is_scan
    finally:
        page.close()


def _has_filled_fields(page: Any) -> bool:
    """Form fields, free text and stamps are drawn over the page: pdfium's text does not hold them by itself."""
    import pypdfium2.raw as raw

    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if annotation:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            raw.FPDFPage_CloseAnnot(annotation)
            if kind in (raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STAMP):
                return True
    return False


def _flattened(pdf: Any, page: Any, index: int) -> Any:
    """The same page with what is drawn over it made part of it."""
    import pypdfium2.raw as raw

    raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    page.close()
    return pdf[index]


def _is_gibberish(codes: Any) -> bool:
    """A font without a way back to Unicode gives private or no characters: the page is read as a picture."""
    odd = codes[(codes == 0) | (codes >= 0xE000)]
    if len(codes) < _FEW or not len(odd):
        return False
    lost = (odd == 0xFFFD) | ((odd <= 0xF8FF) & (odd != 0xF0B7))
    return bool(np.count_nonzero(lost) > 0.3 * len(codes))


def _glyphs(page: Any) -> tuple[Any, Any]:
    """Code points (n,) and boxes (n, 4) from the top-left corner of the page as it is shown."""
    import ctypes

    import pypdfium2.raw as raw

    textpage = page.get_textpage()
    try:
        n = max(raw.FPDFText_CountChars(textpage), 0)
        handle = ctypes.cast(textpage.raw, ctypes.c_void_p).value
        codes = _codes(textpage, handle, n)
        native = _native_boxes(handle, n)
    finally:
        textpage.close()
    if not np.isfinite(native).all():
        native[~np.isfinite(native).all(axis=1)] = 0
    return codes, _shown(native, page)


def _codes(textpage: Any, handle: int | None, n: int) -> Any:
    """The code points, in one call where pdfium's text has one UTF-16 unit for each of its characters."""
    import ctypes

    import pypdfium2.raw as raw

    units = np.zeros(n + 1, np.uint16)
    pointer = ctypes.byref(ctypes.c_ushort.from_buffer(units.data))
    if raw.FPDFText_GetText(textpage, 0, n, pointer) == n + 1 and not ((units >= 0xD800) & (units < 0xE000)).any():
        return units[:n].astype(np.uint32)
    return np.fromiter(map(_get_code(), repeat(handle, n), range(n)), np.uint32, n)


def _shown(native: Any, page: Any) -> Any:
    """From PDF user space (origin bottom-left, before /Rotate) to the page as shown (origin top-left)."""
    left, bottom, right, top = page.get_bbox()
    x0, y0 = native[:, 0] - left, top - native[:, 1]
    x1, y1 = native[:, 2] - left, top - native[:, 3]
    width, height = right - left, top - bottom
    turn = page.get_rotation() % 360
    if turn == 90:
        x0, y0, x1, y1 = height - y1, x0, height - y0, x1
    elif turn == 180:
        x0, y0, x1, y1 = width - x1, height - y1, width - x0, height - y0
    elif turn == 270:
        x0, y0, x1, y1 = y0, width - x1, y1, width - x0
    return np.stack([x0, y0, x1, y1], dtype=np.float32).T  # a side each together, as layout reads them


def _inside(boxes: Any, width: float, height: float) -> Any:
    """Which characters a reader of the page can see: those drawn past its edges are left out, unless all are."""
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    seen = (x > -_MARGIN) & (x < width + _MARGIN) & (y > -_MARGIN) & (y < height + _MARGIN)
    return seen if seen.any() else ~seen


def _is_covered(page: Any, area: float) -> bool:
    """Do pictures cover half of the page?"""
    import pypdfium2.raw as raw

    covered = 0.0
    for seen, picture in enumerate(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3)):
        left, bottom, right, top = picture.get_bounds()
        covered += abs(right - left) * abs(top - bottom)
        if covered > 0.5 * area or seen > _ANNOTATIONS:
            return True
    return False


def _recognised(pdf: Any, pages: list[tuple[PageText, float, float]], scans: list[int], limits: Limits) -> None:
    """Read the pictured pages through OCR, in place."""
    from limpide.readers import ocr

    ocr.require(limits)
    deadline = time.monotonic() + limits.ocr_seconds
    for index in scans:
        _, width, height = pages[index]
        page = pdf[index]
        try:
            dpi = _resolution(page, ocr.DPI)
            if width * height * (dpi / 72) ** 2 > limits.image_pixels:
                raise Refused(Reason.TOO_LARGE, f"page {index + 1} is over {limits.image_pixels} pixels")
            bitmap = page.render(scale=dpi / 72, grayscale=True)
            picture = bitmap.to_pil().convert("L").copy()
            bitmap.close()
        finally:
            page.close()
        pages[index] = (ocr.read_picture(picture, dpi, limits, deadline), width, height)


def _resolution(page: Any, most: int) -> int:
    """Dots an inch of the picture that covers a page, at most `most`: drawn larger, its noise is no noise any more."""
    import pypdfium2.raw as raw

    largest, found = 0.0, float(most)
    for seen, picture in enumerate(page.get_objects(filter=(raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3)):
        left, bottom, right, top = picture.get_bounds()
        wide, high = picture.get_px_size()
        area = abs(right - left) * abs(top - bottom)
        if area > largest:
            largest, found = (
                area,
                (wide * high * 72 * 72 / area) ** 0.5,
            )  # a picture laid sideways has its sides changed
        if seen > _ANNOTATIONS:
            break
    width, height = page.get_size()
    return int(min(max(round(found), _LEAST_DPI), most)) if largest > 0.5 * width * height else most
