"""DOCX, ODT and HTML: their words in order, tables as rows, headers as furniture; pictures counted, not read."""

from __future__ import annotations

import io
import zipfile

import pytest

from limpide.document import Document
from limpide.readers.registry import read

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
)


def packed(members: dict[str, str], first: str | None = None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        if first:
            archive.writestr("mimetype", first)
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def docx(body: str, **more: str) -> bytes:
    parts = {f"word/{name}.xml": f"<w:x {W}>{content}</w:x>" for name, content in more.items()}
    return packed({"word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>", **parts})


def odt(body: str, styles: str = "") -> bytes:
    inside = f"<office:body><office:text>{body}</office:text></office:body>"
    content = f"<office:document-content {ODF}>{inside}</office:document-content>"
    members = {"content.xml": content}
    if styles:
        members["styles.xml"] = f"<office:document-styles {ODF}>{styles}</office:document-styles>"
    return packed(members, "application/vnd.oasis.opendocument.text")


def only(data: bytes) -> Document:
    (document,) = read(data, "x")
    return document


def p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_a_word_document_is_its_paragraphs_and_its_tables() -> None:
    table = "<w:tbl>" + "".join(
        f"<w:tr><w:tc>{p(a)}</w:tc><w:tc>{p(b)}</w:tc></w:tr>" for a, b in (("Sodium", "140"), ("Potassium", "4,1"))
    ) + "</w:tbl>"  # fmt: skip
    document = only(docx(p("Compte rendu") + table + p("Fin.")))
    assert (document.format, document.text) == ("docx", "Compte rendu\nSodium\t140\nPotassium\t4,1\nFin.")
    assert document.header.title == "Compte rendu"


def test_headers_and_footers_of_word_are_furniture_around_the_body() -> None:
    document = only(docx(p("Patient vu ce jour."), header1=p("CHU de Nulle-Part"), footer1=p("Page 1")))
    assert document.text == "CHU de Nulle-Part\n\nPatient vu ce jour.\n\nPage 1"
    assert [document.text[s.start : s.end] for s in document.sections if s.furniture] == ["CHU de Nulle-Part", "Page 1"]


def test_what_word_hides_or_has_deleted_is_not_read_and_a_text_box_is_read_once() -> None:
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>caché</w:t></w:r></w:p>"
    deleted = "<w:p><w:del><w:r><w:delText>ôté</w:delText></w:r></w:del><w:ins><w:r><w:t>mis</w:t></w:r></w:ins></w:p>"
    mc = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = f"<w:txbxContent>{p('IPP 42')}</w:txbxContent>"
    twice = f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    drawn = f"<w:p><w:r><mc:AlternateContent {mc}>{twice}</mc:AlternateContent></w:r></w:p>"
    spaced = "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/></w:r></w:p>"
    assert only(docx(hidden + deleted + drawn + spaced)).text == "mis\n\nIPP 42\n\na\tb\nc-"


def test_an_odt_is_its_paragraphs_lists_and_tables() -> None:
    table = (
        "<table:table><table:table-row><table:table-cell><text:p>Sodium</text:p></table:table-cell>"
        "<table:table-cell><text:p>140</text:p></table:table-cell>"
        '<table:table-cell table:number-columns-repeated="900"/>'
        "</table:table-row></table:table>"
    )
    body = (
        '<text:h>Compte rendu</text:h><text:p>Vu le<text:s text:c="2"/>3<text:tab/>mai<text:line-break/>2026 '
        "<text:span>ce jour</text:span>.</text:p>"
        "<text:list><text:list-item><text:p>repos</text:p></text:list-item></text:list>"
        "<text:tracked-changes><text:p>ôté</text:p></text:tracked-changes>" + table
    )
    styles = "<style:master-page><style:header><text:p>CHU</text:p></style:header></style:master-page>"
    document = only(odt(body, styles))
    assert document.format == "odt"
    assert document.text == "CHU\n\nCompte rendu\nVu le  3\tmai\n2026 ce jour.\nrepos\nSodium\t140"


@pytest.mark.parametrize("data", [docx(""), odt("")])
def test_an_office_document_without_words_is_named(data: bytes) -> None:
    document = only(data)
    assert (document.status, document.reason) == ("quarantined", "no_text")
    assert "Word" in (document.detail or "") or "LibreOffice" in (document.detail or "")


def test_pictures_are_counted_and_not_read() -> None:
    data = packed({"word/document.xml": f"<w:document {W}>{p('Bonjour')}</w:document>", "word/media/image1.png": "x"})
    assert only(data).warnings == ["1 pictures of the document are not read"]


def test_an_entity_in_an_office_document_is_refused() -> None:
    bomb = f'<!DOCTYPE w [<!ENTITY a "aaaa">]><w:document {W}>&a;</w:document>'
    assert only(packed({"word/document.xml": bomb})).reason == "forbidden_construct"
    assert (
        only(packed({"content.xml": bomb}, "application/vnd.oasis.opendocument.text")).reason == "forbidden_construct"
    )


def test_an_html_page_is_its_blocks_and_its_tables() -> None:
    page = (
        "<html><head><title>CR de consultation</title><style>p {color: red}</style></head><body><h1>Compte rendu</h1>"
        "<p>Pneumopathie <b>traitée</b><br>ce jour.</p><script>alert(1)</script><div style='display:none'>caché</div>"
        "<table><tr><th>Test</th><th>Valeur</th></tr><tr><td>Na</td><td>140</td></tr></table>"
        "<img src='l.png'>&eacute;t&eacute;"
    )
    document = only(page.encode())
    assert document.text == "Compte rendu\nPneumopathie traitée\nce jour.\nTest\tValeur\nNa\t140\nété\n"
    assert (document.format, document.header.title) == ("html", "Compte rendu")
    assert document.warnings == ["1 pictures of the page are not read"]


@pytest.mark.parametrize(
    ("charset", "codec"), [("iso-8859-1", "cp1252"), ("windows-1252", "cp1252"), ("utf-8", "utf-8"), ("", "cp1252")]
)
def test_the_characters_of_a_page_are_those_it_declares_or_else_its_french(charset: str, codec: str) -> None:
    declared = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">' if charset else ""
    page = f"<html><head>{declared}</head><body>Œdème résolu : 20 €</body></html>"
    assert only(page.encode(codec)).text == "Œdème résolu : 20 €\n"


def test_a_page_nested_without_end_never_raises() -> None:
    assert only(b"<div>" * 60_000 + b"a").status in ("ok", "quarantined")
