"""The plain-text door: `Document.text` is the file's text, line ends included; no pages.

Belongs here: a text file as a document. Does not belong here: encodings (encodings.py), sections, meaning.
"""

from __future__ import annotations

from limpide.document import Document, Format
from limpide.errors import Limits, Reason, Refused
from limpide.readers.encodings import decoded
from limpide.readers.origin import Origin
from limpide.readers.stated_identity import stated_header


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """The one document of a text file. Raises `Refused` (TOO_LARGE, MALFORMED, NO_TEXT)."""
    if len(data) > 4 * limits.text_chars:
        raise Refused(Reason.TOO_LARGE, f"over {limits.text_chars} characters")
    text, warnings = decoded(data)
    if len(text) > limits.text_chars:
        raise Refused(Reason.TOO_LARGE, f"over {limits.text_chars} characters")
    if not text.strip():
        raise Refused(Reason.NO_TEXT, "white space only")
    return [
        Document(
            path=origin.path,
            sha256=origin.sha256,
            container_sha256=origin.container_sha256,
            format=str(Format.TEXT),
            header=stated_header(text),
            text=text,
            warnings=warnings,
        )
    ]
