"""N1 bodies and the documents that an N3 carries: decoded, kept, counted once."""

from __future__ import annotations

import hashlib
from base64 import b64encode

import pytest

from limpide.document import Document, Format
from limpide.errors import LIMITS, Reason, Refused
from limpide.readers.cda import embedded, read
from limpide.readers.origin import Origin
from tests.readers.cda.cda_fragments import HEADER, cda, open_door, section

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def n1(text: str) -> bytes:
    return (
        f'<ClinicalDocument xmlns="urn:hl7-org:v3">{HEADER}<component><nonXMLBody>{text}</nonXMLBody></component>'
        "</ClinicalDocument>"
    ).encode()


def b64(data: bytes, kind: str = "text/plain", representation: str = ' representation="B64"') -> str:
    return f'<text mediaType="{kind}"{representation}>{b64encode(data).decode()}</text>'


def test_a_text_body_is_the_text_of_the_document_under_the_header_of_the_cda():
    data = n1(b64("Bonjour,\nœuf".encode()))
    document = open_door(data)
    assert (document.format, document.text, document.status) == (Format.CDA_N1, "Bonjour,\nœuf", "ok")
    assert document.header.document_id == "1.2.3^doc-7"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert document.container_sha256 is None
    assert [(one.size, one.data) for one in document.attachments] == [(13, "Bonjour,\nœuf".encode())]


def test_text_may_stand_in_the_xml_as_it_is():
    assert open_door(n1('<text mediaType="text/plain">Bonjour &amp; adieu</text>')).text == "Bonjour & adieu"


def test_base64_may_be_wrapped_unpadded_or_undeclared():
    encoded = b64encode(b"Bonjour, monsieur").decode()
    wrapped = "\n  ".join(encoded.rstrip("=")[at : at + 8] for at in range(0, len(encoded), 8))
    assert (
        open_door(n1(f'<text mediaType="text/plain" representation="B64">{wrapped}</text>')).text == "Bonjour, monsieur"
    )
    assert embedded.decode_base64(encoded.rstrip("="), LIMITS) == b"Bonjour, monsieur"


def test_base64_that_nothing_declares_is_told_from_words():
    encoded = b64encode("Une lettre assez longue, au médecin traitant.".encode()).decode()
    letter = "Une lettre assez longue, au médecin traitant."
    assert open_door(n1(f'<text mediaType="text/plain">{encoded}</text>')).text == letter
    assert open_door(n1("<text>Bonjour</text>")).text == "Bonjour"
    declared = '<text mediaType="text/plain" representation="B64">Bonjour, docteur é</text>'
    assert open_door(n1(declared)).text == "Bonjour, docteur é"


def test_rtf_may_stand_in_the_xml_as_it_is():
    document = open_door(n1('<text mediaType="application/rtf">{\\rtf1\\ansi Bonjour\\par Merci}</text>'))
    assert (document.status, document.text) == ("ok", "Bonjour\nMerci")


def refused(data: bytes) -> Document:
    document = open_door(data)
    assert document.status == "quarantined"
    assert document.header.document_id == "1.2.3^doc-7"
    return document


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b64(bytes(range(256)) * 4, "application/octet-stream"), Reason.UNKNOWN_FORMAT),
        (b64(b"")[:-7] + "</text>", Reason.EMPTY),
        ('<text mediaType="application/pdf" representation="B64">JVBER</text>', Reason.TRUNCATED),
        ('<text mediaType="application/pdf" representation="B64">JV*ERi0=</text>', Reason.MALFORMED),
        ('<text mediaType="application/pdf"><reference value="http://example.org/x.pdf"/></text>', Reason.NO_DOCUMENT),
        ("", Reason.EMPTY),
    ],
)
def test_a_body_that_cannot_be_read_waits_with_its_header(body, reason):
    assert refused(n1(body)).reason == reason


def test_a_body_that_cannot_be_read_is_kept():
    junk = bytes(range(256)) * 4
    assert [one.data for one in refused(n1(b64(junk, "application/pdf"))).attachments] == [junk]


def test_a_cda_in_a_cda_in_a_cda_ends():
    data = n1(b64(b"fond"))
    for _ in range(LIMITS.nesting + 2):
        data = n1(b64(data, "text/xml"))
    assert refused(data).reason == Reason.FORBIDDEN_CONSTRUCT


def test_a_document_without_body_is_empty():
    (document,) = read(
        f'<ClinicalDocument xmlns="urn:hl7-org:v3">{HEADER}</ClinicalDocument>'.encode(), Origin("f", "0"), LIMITS
    )
    assert (document.status, document.reason) == ("quarantined", Reason.EMPTY)


def media(data: bytes, kind: str, name: str) -> str:
    return (
        f'<observationMedia ID="{name}"><value mediaType="{kind}" representation="B64">'
        f"{b64encode(data).decode()}</value></observationMedia>"
    )


def test_embedded_documents_are_attachments_and_no_text_of_their_own():
    organizer = (
        '<organizer><templateId root="1.2.250.1.213.1.1.3.18"/><component>'
        f"{media(b'%PDF-1.4 copie', 'application/pdf', 'M1')}</component><component>{media(PNG, 'image/jpeg', 'M2')}"
        f"</component><component>{media(PNG, 'image/jpeg', 'M3')}</component></organizer>"
    )
    document = open_door(cda(section("Copie du document", organizer, code="55108-5")))
    assert document.text == "Titre\nCopie du document"
    assert [(one.media_type, one.size, one.title) for one in document.attachments] == [
        ("application/pdf", 14, "M1"), ("image/png", 48, "M2"),
    ]  # fmt: skip


def test_a_broken_attachment_costs_a_warning_and_nothing_else():
    broken = (
        '<observationMedia ID="M1"><value mediaType="image/png" representation="B64">%%%</value></observationMedia>'
    )
    document = open_door(cda(section("texte", f"<organizer><component>{broken}</component></organizer>")))
    assert (document.status, document.attachments) == ("ok", [])
    assert document.warnings == ["embedded document not kept: malformed: not base64"]


def test_a_body_too_large_is_refused_before_it_is_decoded():
    with pytest.raises(Refused) as caught:
        embedded.decode_base64("A" * 400, type(LIMITS)(file_bytes=100))
    assert caught.value.reason is Reason.TOO_LARGE
