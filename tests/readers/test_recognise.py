"""What the bytes are is said by the bytes."""

from __future__ import annotations

import json

import pytest

from limpide.document import Format
from limpide.readers.recognise import recognise

CDA = '<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><component>{}</component></ClinicalDocument>'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.4\n", Format.PDF),
        (b"HTTP junk of a gateway\r\n\r\n%PDF-1.7\n", Format.PDF),
        (b"\xef\xbb\xbf%PDF-1.4\n", Format.PDF),
        (b"PK\x03\x04....", Format.XDM),
        (b"{\\rtf1\\ansi }", Format.RTF),
        (b"\r\n{\\rtf1\\ansi }", Format.RTF),
        (b"II*\x00....", Format.TIFF),
        (b"MM\x00*....", Format.TIFF),
        (b"\xff\xd8\xff\xe0", Format.JPEG),
        (b"\x89PNG\r\n\x1a\n", Format.PNG),
        (b"MSH|^~\\&|A", Format.HL7V2),
        (b"\x0bMSH|^~\\&|A", Format.HL7V2),
        (b'{"a": 1, "resourceType": "Bundle"}', Format.FHIR),
        (CDA.format("<structuredBody/>").encode(), Format.CDA_N3),
        (CDA.format("<nonXMLBody/>").encode(), Format.CDA_N1),
        (CDA.format("<nonXMLBody/>").encode("utf-16"), Format.CDA_N1),
        (b'<hl7-fr.cda:ClinicalDocument xmlns:hl7-fr.cda="urn:hl7-org:v3"/>', Format.CDA_N3),
        (CDA.format("<structuredBody/>").encode("utf-16-le"), Format.CDA_N3),
        ("Compte rendu\n".encode("utf-16"), Format.TEXT),
        ("Le patient est apyrétique.".encode("cp1252"), Format.TEXT),
        ("Le patient est apyrétique.".encode(), Format.TEXT),
        (b"<5 UI/L : normal", Format.TEXT),
        (b"<html><body>bonjour</body></html>", Format.UNKNOWN),
        (b"\x00\x01\x02\x03\x00\x01", Format.UNKNOWN),
        (b"\x9c\xa7\xd8\xfe\x91\xe3\xb8\xc2 OK", Format.UNKNOWN),
        (b"a\x01b\x02c\x03", Format.UNKNOWN),
        (b"", Format.UNKNOWN),
    ],
)
def test_a_format_is_known_by_its_bytes(data: bytes, kind: Format) -> None:
    assert recognise(data) is kind


def test_a_text_that_speaks_of_pdf_is_no_pdf() -> None:
    assert recognise("Joindre le fichier au format %PDF-A s'il vous plaît.".encode()) is Format.TEXT


def test_a_pdf_signature_past_the_first_kilobyte_is_text() -> None:
    assert recognise(b"x" * 1100 + b"%PDF-1.4") is Format.TEXT


def test_a_few_nul_bytes_leave_a_text_to_its_door_which_says_why_it_is_refused() -> None:
    assert recognise(b"Bilan du 12 mars\x00\nnormal, sans autre particularite.\x00") is Format.TEXT


def test_a_text_whose_first_block_ends_inside_a_character_is_text() -> None:
    assert recognise(b"a" * 65_535 + "é".encode() + b"\n") is Format.TEXT


def test_json_that_is_not_fhir_is_text_and_not_fhir() -> None:
    assert recognise(json.dumps({"resource": "x"}).encode()) is Format.TEXT
