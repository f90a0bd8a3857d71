"""The text of office documents as it grows: lines, cells, headers and footers apart, as the RTF door gives them.

Belongs here: what DOCX and ODT have in common. Does not belong here: the XML of either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from limpide.document import Document, Section
from limpide.errors import Limits, Reason, Refused
from limpide.formats import BY_FORMAT, Format
from limpide.readers.origin import Origin
from limpide.readers.stated_identity import stated_header

Place = Literal["header", "body", "note", "footer"]
ORDER: tuple[Place, ...] = ("header", "body", "note", "footer")
PICTURES = re.compile(r"(?i)\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp)$")


@dataclass(slots=True)
class Parts:
    """Texts by place, in document order."""

    limits: Limits
    texts: dict[Place, list[str]] = field(default_factory=lambda: {place: [] for place in ORDER})
    size: int = 0

    def add(self, place: Place, text: str) -> None:
        """One text of a place; equal headers are kept once. Raises `Refused(TOO_LARGE)`."""
        text = re.sub(r"[ \t]+$", "", text, flags=re.M).strip("\n")
        self.size += len(text)
        if self.size > self.limits.text_chars:
            raise Refused(Reason.TOO_LARGE, f"over {self.limits.text_chars} characters")
        if text.strip() and text not in self.texts[place]:
            self.texts[place].append(text)

    def document(self, origin: Origin, kind: Format, title: str | None, pictures: int) -> Document:
        """The document of these texts. Raises `Refused(NO_TEXT)`."""
        text = ""
        sections = []
        for place in ORDER:
            for part in self.texts[place]:
                text += "\n\n" if text else ""
                if place in ("header", "footer"):
                    sections.append(Section(None, None, None, len(text), len(text) + len(part), furniture=True))
                text += part
        if not text.strip():
            raise Refused(Reason.NO_TEXT, f"{BY_FORMAT[kind].name} without text")
        header = stated_header(text)
        header.title = header.title or title
        document = Document(
            path=origin.path,
            sha256=origin.sha256,
            container_sha256=origin.container_sha256,
            format=str(kind),
            header=header,
            text=text,
            sections=sections,
        )
        if pictures:
            document.warnings.append(f"{pictures} pictures of the document are not read")
        return document
