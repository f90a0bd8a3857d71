"""The picture doors: TIFF (every page), JPEG, PNG, read through OCR.

Belongs here: opening pictures within bounds, resolution, orientation. Does not belong here: OCR itself (ocr.py).
"""

from __future__ import annotations

import time
import warnings
from io import BytesIO
from typing import TYPE_CHECKING

from limpide.document import Document
from limpide.errors import Limits, Reason, Refused
from limpide.readers import ocr
from limpide.readers.origin import Origin
from limpide.readers.pdf import assembled
from limpide.readers.recognise import recognise

if TYPE_CHECKING:
    from PIL.Image import Image

_A4_INCHES = 8.27
_DPI = (60.0, 1200.0)  # outside of these a stated resolution is not one (72 stays: screens; 1 is 'unknown')


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The one document of a picture. Raises `Refused` (NEEDS_OCR, MALFORMED, TOO_LARGE, TOO_SLOW, NO_TEXT)."""
    pictures = _opened(data, limits)
    ocr.require(limits)
    deadline = time.monotonic() + limits.ocr_seconds
    pages = []
    for index in range(getattr(pictures, "n_frames", 1)):
        picture, dpi = _frame(pictures, index, limits)
        page = ocr.read_picture(picture, dpi, limits, deadline)
        pages.append((page, picture.width * 72 / dpi, picture.height * 72 / dpi))
    document = assembled(pages, origin, recognise(data))
    if not document.text.strip():
        raise Refused(Reason.NO_TEXT, "a picture in which nothing can be read")
    return [document]


def _opened(data: bytes, limits: Limits) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # bombs have our own bound below; broken EXIF is no reason to speak
            picture = Image.open(BytesIO(data), formats=("TIFF", "JPEG", "PNG"))
            frames = getattr(picture, "n_frames", 1)
    except Image.DecompressionBombError:
        raise Refused(Reason.TOO_LARGE, f"over {limits.image_pixels} pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError, IndexError):
        raise Refused(Reason.MALFORMED, "a picture that cannot be opened") from None
    if frames > limits.pages:
        raise Refused(Reason.TOO_LARGE, f"over {limits.pages} pages")
    _bounded(picture, limits)
    return picture


def _bounded(picture: Image, limits: Limits) -> None:
    if picture.width * picture.height > limits.image_pixels:
        raise Refused(Reason.TOO_LARGE, f"over {limits.image_pixels} pixels")


def _frame(pictures: Image, index: int, limits: Limits) -> tuple[Image, float]:
    """One page in grey, upright by its own account, and its resolution."""
    from PIL import Image, ImageOps

    try:
        pictures.seek(index)
        _bounded(pictures, limits)
        dpi = _resolution(pictures)
        upright = ImageOps.exif_transpose(pictures)
        if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
            upright = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
        if upright.mode.startswith("I;16"):
            upright = upright.point(lambda value: value / 256)
        return upright.convert("L"), dpi
    except Image.DecompressionBombError:
        raise Refused(Reason.TOO_LARGE, f"over {limits.image_pixels} pixels") from None
    except OSError as error:
        cut = "truncated" in str(error)
        raise Refused(Reason.TRUNCATED if cut else Reason.MALFORMED, f"page {index + 1} cannot be read") from None
    except (SyntaxError, ValueError, EOFError, KeyError, TypeError, IndexError):
        raise Refused(Reason.MALFORMED, f"page {index + 1} cannot be read") from None


def _resolution(picture: Image) -> float:
    """Dots an inch as stated, else as if the picture were a page of A4."""
    stated = picture.info.get("dpi")
    if isinstance(stated, tuple) and stated and _DPI[0] < float(stated[0]) < _DPI[1] and float(stated[0]) != 72:
        return float(stated[0])
    return min(max(min(picture.width, picture.height) / _A4_INCHES, _DPI[0]), _DPI[1])
