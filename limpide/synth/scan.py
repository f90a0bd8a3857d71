"""Pages as a scanner gives them: pictures of text, skewed and noisy at will.

Belongs here: drawing a PDF page to a picture and packing pictures as PDF, TIFF, JPEG or PNG.
Does not belong here: reading them (limpide/readers).
"""

from __future__ import annotations

import io
from random import Random
from typing import Any

from limpide.synth.pdf import assemble


def picture(
    pdf: bytes, page: int = 0, dpi: int = 150, skew: float = 0.0, noise: float = 0.0, seed: int = 0, turn: int = 0
) -> Any:
    """One page as a grey Pillow image; `skew` in degrees, `noise` is the share of pixels touched (0..1).

    `turn`: degrees, clockwise, by which the sheet was laid askew on the glass: 0, 90, 180 or 270.
    """
    import pypdfium2
    from PIL import Image

    document = pypdfium2.PdfDocument(pdf)
    try:
        drawn = document[page].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
    finally:
        document.close()
    if skew:
        drawn = drawn.rotate(skew, resample=Image.Resampling.BICUBIC, fillcolor=255)
    if turn:
        drawn = drawn.rotate(-turn, expand=True)
    if noise:
        rng = Random(f"noise/{seed}")
        pixels = drawn.load()
        for _ in range(int(noise * drawn.width * drawn.height)):
            pixels[rng.randrange(drawn.width), rng.randrange(drawn.height)] = rng.randrange(256)
    return drawn


def _bitonal(image: Any) -> Any:
    return image.point([0] * 160 + [255] * 96).convert("1", dither=0)


def tiff(images: list[Any], dpi: int = 150) -> bytes:
    """A fax-like TIFF (Group 4), one page or several."""
    pages = [_bitonal(image) for image in images]
    out = io.BytesIO()
    pages[0].save(
        out,
        "TIFF",
        compression="group4",
        dpi=(dpi, dpi),
        save_all=len(pages) > 1,
        append_images=pages[1:],
        strip_size=1 << 24,  # one strip a page
    )
    return out.getvalue()


def jpeg(image: Any, dpi: int = 150) -> bytes:
    """A grey JPEG."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70, dpi=(dpi, dpi))
    return out.getvalue()


def png(image: Any, dpi: int = 150) -> bytes:
    """A bitonal PNG."""
    out = io.BytesIO()
    _bitonal(image).save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


def image_pdf(image: Any) -> bytes:
    """A PDF of one page without any text: the picture alone, Group 4 inside."""
    from PIL import Image

    raw = tiff([image])
    with Image.open(io.BytesIO(raw)) as opened:
        tags = dict(opened.tag_v2.items())  # type: ignore[attr-defined]
        width, height = opened.size
    starts, sizes = tags[273], tags[279]  # StripOffsets, StripByteCounts
    if len(starts) != 1:
        raise ValueError("the picture must fit one TIFF strip")
    strip = raw[starts[0] : starts[0] + sizes[0]]
    black = b"true" if tags.get(262) == 0 else b"false"  # PhotometricInterpretation 0: white is zero
    black_is_one = b"false" if black == b"true" else b"true"
    xobject = (
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 1"
        b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d/BlackIs1 %s>>/Length %d>>\nstream\n%s\nendstream"
        % (width, height, width, height, black_is_one, len(strip), strip)
    )
    return assemble([b"q 595 0 0 842 0 0 cm /I1 Do Q"], objects=(xobject,))
