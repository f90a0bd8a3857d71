"""The narrative of sections as readable text, with the place of everything that bears an ID.

Belongs here: `section/title` and `section/text` to characters. Does not belong here: entries.

Paragraphs, list items, captions and table rows are lines; cells are parted by a tab (an empty cell keeps its tab, so
that columns stay columns); white space inside a line is single spaces; multimedia is left out. Offsets are
character offsets into the text of the whole document.
"""

from __future__ import annotations

from limpide.document import Section
from limpide.errors import Limits, Reason, Refused
from limpide.readers.cda.xml import Element, every, first, local, templates, words

_LINES = {"paragraph", "caption", "table", "thead", "tbody", "tfoot", "tr", "list", "item", "text", "title"}
_SKIPPED = {"renderMultiMedia", "colgroup", "col"}


class Narrative:
    """Writes the text of a document section by section and remembers where each ID stands."""

    def __init__(self, limits: Limits) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._last = "\n"  # the last character written
        self._space = False  # white space was read and not yet written
        self._ids: dict[str, tuple[int, int]] = {}
        self._limit = limits.text_chars
        self.sections: list[Section] = []

    def section(self, element: Element, depth: int) -> int:
        """Write the title and the narrative of one section; returns its index. Raises Refused (TOO_LARGE)."""
        self._break(2)
        start = self._length
        title, code = first(element, "title"), first(element, "code")
        if title is not None:
            self._block(title, False)
            self._break()
        narrative = first(element, "text")
        if narrative is not None:
            self._block(narrative, False)
        if self._length > self._limit:
            raise Refused(Reason.TOO_LARGE, f"narrative over {self._limit} characters")
        self.sections.append(
            Section(
                code=code.get("code") if code is not None else None,
                system=code.get("codeSystem") if code is not None else None,
                title=words(title),
                start=start,
                end=self._length,
                depth=depth,
                template_ids=sorted(templates(element)),
                has_entries=next(every(element, "entry"), None) is not None,
            )
        )
        return len(self.sections) - 1

    def finish(self) -> tuple[str, dict[str, tuple[int, int]]]:
        """The whole text and, for each ID, the characters it holds, trimmed of white space."""
        text = "".join(self._parts)
        places = {}
        for name, (start, end) in self._ids.items():
            held = text[start:end]
            left = len(held) - len(held.lstrip())
            places[name] = (start + left, start + left + len(held.strip()))
        for section in self.sections:
            held = text[section.start : section.end]
            section.end = section.start + len(held.rstrip())
        text = text.rstrip()
        for section in self.sections:  # an empty section at the very end stands at the end of the text
            section.start, section.end = min(section.start, len(text)), min(section.end, len(text))
        return text, places

    def _block(self, element: Element, in_cell: bool) -> None:
        tag = local(element)
        if tag in _SKIPPED:
            return
        line = tag in _LINES
        if line or tag == "br":
            self._edge(in_cell)
        if tag == "item" and not in_cell:
            self._write("- ")
        start = self._length
        self._words(element.text)
        first_cell = True
        for child in element:
            cell = tag == "tr"
            if cell and not first_cell:
                self._tab()
            first_cell = False
            self._block(child, in_cell or cell)
            if not cell:
                self._words(child.tail)
        if line:
            self._edge(in_cell)
        name = element.get("ID")
        if name is not None and name.strip() not in self._ids:
            self._ids[name.strip()] = (start, self._length)

    def _words(self, text: str | None) -> None:
        if not text:
            return
        found = text.split()
        if not found:
            self._space = True
            return
        if self._space or text[0].isspace():
            self._write_space()
        self._write(" ".join(found))
        self._space = text[-1].isspace()

    def _write_space(self) -> None:
        self._space = False
        if not self._last.isspace():
            self._write(" ")

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        self._last = text[-1]
        self._space = False

    def _tab(self) -> None:
        self._write("\t")

    def _edge(self, in_cell: bool) -> None:
        """The end of a line, which inside a cell is only a space so that a row stays one line."""
        if in_cell:
            self._space = True
        else:
            self._break()

    def _break(self, lines: int = 1) -> None:
        """At least so many line ends before the next word; none at the very beginning of the text."""
        self._space = False
        if self._length == 0:
            return
        trailing = 0
        for part in reversed(self._parts):
            kept = part.rstrip("\n")
            trailing += len(part) - len(kept)
            if kept or trailing >= lines:
                break
        if trailing < lines:
            self._write("\n" * (lines - trailing))
