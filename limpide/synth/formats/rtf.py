"""RTF as word processors of hospitals write it: cp1252 bytes escaped, bold titles, rows for tables.

Belongs here: neutral content as RTF. Does not belong here: wording, identities.
"""

from __future__ import annotations

from limpide.synth.content import Content, Paragraph, Table

_PAGE = 9070  # usable width of an A4 page in twips


def _escape(text: str) -> str:
    out = []
    for character in text:
        if character in "\\{}":
            out.append("\\" + character)
        elif ord(character) < 128:
            out.append(character)
        else:
            try:
                (byte,) = character.encode("cp1252")
                out.append(f"\\'{byte:02x}")
            except UnicodeEncodeError:
                number = ord(character)
                out.append(f"\\u{number - 65536 if number > 32767 else number}?")
    return "".join(out)


def _row(cells: tuple[str, ...], table: Table) -> str:
    edge, edges = 0.0, []
    for share in table.widths:
        edge += share
        edges.append(f"\\cellx{round(edge * _PAGE)}")
    written = "".join(f"{_escape(cell)}\\cell " for cell in cells)
    return f"\\trowd{''.join(edges)}\\pard\\intbl {written}\\row\n"


def rtf(content: Content, label: list[str]) -> bytes:
    """The document: label of the patient, title, sections, signature."""
    out = [
        "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fswiss Arial;}}\n",
        "{\\info{\\title Document}{\\author Bureautique}}\\fs20\n",
    ]
    out += [f"\\pard {_escape(line)}\\par\n" for line in label]
    out.append(f"\\pard\\b {_escape(content.title)}\\b0\\par\n")
    for section in content.sections:
        out.append(f"\\pard\\b {_escape(section.title)}\\b0\\par\n")
        for block in section.blocks:
            if isinstance(block, Paragraph):
                out.append(f"\\pard {_escape(block.text)}\\par\n")
            else:
                out += [_row(row, block) for row in (block.header, *block.rows)]
    out.append(f"\\pard {_escape(content.signature)}\\par\n}}")
    return "".join(out).encode("ascii")
