"""What a text is by its shape: prose or a table of a document, a mail, JSON, exchange formats, lists of records, code.

Belongs here: the tests of text that records of `limpide.formats` name in `looks`. Does not belong here: reading any.
A text is refused as records or code only when nearly all of its lines are: a letter that quotes some is a letter.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limpide.readers.recognise import Peek

_FHIR_WITHIN = 4 * 65_536
_CONTROLS = bytes(byte for byte in [*range(32), 127] if byte not in b"\t\n\v\f\r\x1b")
_CONTROL_SHARE = 0.01
_NUL_SHARE = 0.1  # more is UTF-16 without its mark, or binary
_HIGH_SHARE = 0.3  # French in one byte a character has under a tenth of its bytes beyond ASCII
_NEARLY_ALL = 0.9
_LINES = 200  # looked at

_MAIL_HEADER = re.compile(r"[!-9;-~]{2,60}: ?\S?")
_MAIL_ONLY = re.compile(r"(?mi)^(?:mime-version|message-id|received|return-path|dkim-signature|x-mailer):")
_MAIL_ADDRESSED = re.compile(r"(?mi)^from:[^\n]*@[^\n]*$")
_MAIL_SENT = re.compile(r"(?mi)^(?:subject|to|date|content-type):")
_HTML = re.compile(
    rb"(?is)(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|table|div|p|h[1-6]|center|font|span|br|meta|title|style)[\s/>]"
)
_FHIR_XML = re.compile(rb"<[\w:]+[^>]{0,2000}xmlns(?::\w+)?=[\"']http://hl7\.org/fhir[\"']")
_DAY = re.compile(r"(?:\d{2}[/.-]?\d{2}[/.-]?(?:\d{4}|\d{2})|\d{4}-\d\d-\d\d)")
_POSTAL = re.compile(r"\d{5}\b")
_HPRIM_MARK = re.compile(r"(?m)^\*{2,4}(?:LAB|LABO|FIN|FINFICHIER|TEXTE)\*{2,4}[ \t]*$")
_HPRIM_NAME = re.compile(r"[A-Za-zÀ-ÿ' .-]{1,60}")
_COLUMN = re.compile(r"\s*[^\W\d]+(?:[ _./'-]?[^\W\d]+){0,3}\s*")  # a name of a column: a few words without a digit
_RECORD = re.compile(r"[A-Z0-9][A-Z0-9 .+-]{58,}")
_CODE = re.compile(
    r"\s*(?:def |class \w+[(:]|import \w|from [\w.]+ import|#include|public |private |static |function\b|var \w+ ?=|"
    r"let \w+ ?=|const \w+ ?=|return\b|if ?\(|for ?\(|while ?\(|\}|select |insert into |update \w+ set |create table |"
    r"drop |alter |begin\b|commit;|//|/\*|\*/|<\?php|@\w+$)|.*[=()<>].*[{;]\s*$|.*[{]\s*$",
    re.I,
)


def is_fhir(peek: Peek) -> bool:
    """JSON, an array of it or one a line, that names the type of a resource; XML in the namespace of FHIR."""
    if peek.stripped.startswith((b"{", b"[")):
        return re.search(rb'"resourceType"\s*:', peek.data[:_FHIR_WITHIN]) is not None
    return peek.stripped.startswith(b"<") and _FHIR_XML.search(peek.stripped, 0, 4096) is not None


def is_html(peek: Peek) -> bool:
    """A page or a fragment of HTML."""
    return _HTML.match(peek.stripped) is not None


def is_xml(peek: Peek) -> bool:
    """Any other XML."""
    return peek.stripped.startswith(b"<?xml") or re.match(rb"<[A-Za-z!?]", peek.stripped) is not None


def is_json(peek: Peek) -> bool:
    """JSON: the whole of it, or its first line for one object a line; of a long one, its first tokens."""
    if not peek.stripped.startswith((b"{", b"[")):
        return False
    if re.match(rb'[{\[]\s*(?:"[^"\n]{0,200}"\s*[:,\]}]|[{\[])', peek.stripped):
        return True
    try:
        json.loads(peek.data)
    except (ValueError, RecursionError):
        return False
    return True


def is_mail(peek: Peek) -> bool:
    """Headers of Internet mail (RFC 5322): the first line is one, and one that only mail has, or its addresses."""
    head = peek.stripped[:20_000].decode("latin-1").replace("\r\n", "\n")
    top = head.split("\n\n", 1)[0].removeprefix("From ")
    if not _MAIL_HEADER.match(top if head[:5] != "From " else top.partition("\n")[2]):
        return False
    return len(_MAIL_ONLY.findall(top)) >= 2 or (
        bool(_MAIL_ADDRESSED.search(top)) and len(_MAIL_SENT.findall(top)) >= 2
    )  # fmt: skip


def is_hprim_medecins(peek: Peek) -> bool:
    """Twelve lines of header, the seventh a birth date, the tenth a date; a mark of the format, or a postal code."""
    lines = (peek.text or "").split("\n", 14)
    if len(lines) < 12 or not lines[1].strip() or len(lines[1]) > 60:
        return False
    born, dated = (_DAY.match(lines[n].strip()) is not None for n in (6, 9))
    marked = _HPRIM_MARK.search(peek.text or "") is not None
    named = all(_HPRIM_NAME.fullmatch(lines[n].strip()) for n in (1, 2))
    return (marked and (born or (dated and named))) or (born and dated and _POSTAL.match(lines[5].strip()) is not None)


def is_records(peek: Peek) -> bool:
    """Lines of codes and digits in fixed places: no line holds a word in small letters."""
    lines = [line.strip() for line in _lines(peek)]
    kept = [line for line in lines if _RECORD.fullmatch(line)]
    dense = [line for line in kept if sum(map(str.isdigit, line)) >= 0.3 * len(line.replace(" ", ""))]
    return bool(lines) and len(dense) >= _NEARLY_ALL * len(lines)


def is_csv(peek: Peek) -> bool:
    """Rows of one number of cells. With tabulations or bars it may be a table of a document: its columns tell."""
    lines = _lines(peek)
    if len(lines) < 2:
        return False
    for mark in ";,\t|":
        cells = _cells(lines[0], mark)
        if len(cells) < 3 or any(len(cell) > 60 for cell in cells):
            continue
        alike = sum(len(_cells(line, mark)) == len(cells) for line in lines)
        if alike < _NEARLY_ALL * len(lines):
            continue
        if any(_column(cell) in _identifying() for cell in cells):
            return True
        if mark in ";," and len(lines) >= 3 and all(map(_COLUMN.fullmatch, cells)):
            values = [cell for line in lines[1:] for cell in _cells(line, mark)]
            if sum(any(map(str.isdigit, cell)) for cell in values) >= 0.5 * len(values):
                return True
    return False


def is_code(peek: Peek) -> bool:
    """A script or a program: half of its lines are statements."""
    lines = _lines(peek)
    if lines and lines[0].startswith(("#!/", "<?php")):
        return True
    return len(lines) >= 5 and sum(_CODE.match(line) is not None for line in lines) >= 0.5 * len(lines)


def is_text(peek: Peek) -> bool:
    """A text that is none of the others: prose, or a table of a document."""
    return peek.is_text


def is_characters(peek: Peek) -> bool:
    """Characters of a text, and no XML.

    Text has hardly any control character and, unless it is UTF-8, few bytes beyond ASCII. One that holds a few NUL
    bytes is still called text, so that its door can say why it is refused.
    """
    if peek.stripped.startswith(b"<") and re.match(rb"<[A-Za-z!?]", peek.stripped):
        return False
    head = peek.head
    plain = head.replace(b"\x00", b"")
    if not plain or len(head) - len(plain) > _NUL_SHARE * len(head):
        return False
    if len(plain) - len(plain.translate(None, _CONTROLS)) >= _CONTROL_SHARE * len(plain):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(plain)  # the head may end inside a character
        return True
    except UnicodeDecodeError:
        return sum(map((0x80).__le__, plain)) <= _HIGH_SHARE * len(plain)


def _lines(peek: Peek) -> list[str]:
    """The first lines that hold something; the last of a head cut off is left out."""
    text = peek.text or ""
    lines = text.split("\n")
    if len(peek.data) > len(peek.head) and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip()][:_LINES]


def _cells(line: str, mark: str) -> list[str]:
    if '"' not in line:
        return line.split(mark)
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []


def _column(cell: str) -> str:
    return re.sub(r"[\W_]+", "", cell.lower().translate(str.maketrans("éèêàçôîï", "eeeacoii")))


@cache
def _identifying() -> frozenset[str]:
    """Names of columns that hold whose record it is."""
    words = (Path(__file__).with_name("record_columns.txt")).read_text("utf-8").split()
    return frozenset(words)
