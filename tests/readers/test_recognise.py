"""What the bytes are is said by the bytes."""

from __future__ import annotations

import io
import zipfile
from importlib import import_module

import pytest

from limpide.document import Format
from limpide.formats import RECORDS, Record
from limpide.readers.recognise import recognise
from limpide.readers.registry import read

CDA = '<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><component>{}</component></ClinicalDocument>'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.4\n", Format.PDF),
        (b"HTTP junk of a gateway\r\n\r\n%PDF-1.7\n", Format.PDF),
        (b"\xef\xbb\xbf%PDF-1.4\n", Format.PDF),
        (b"PK\x03\x04....", Format.ZIP),
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
        (b"<html><body>bonjour</body></html>", Format.HTML),
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


def zipped(*names: str, first: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, first)
    return buffer.getvalue()


def ole2(*streams: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + b"".join(s.encode("utf-16-le") for s in streams)


RSS = "".join(f"1160I03A31311750123456018{n:07d}  110319560141509202618092026875013I10 0000{n:05d}\n" for n in range(5))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped("IHE_XDM/SUBSET01/METADATA.XML", "DOC.XML"), Format.XDM),
        (zipped("word/document.xml", "[Content_Types].xml"), Format.DOCX),
        (zipped("mimetype", "content.xml", first=b"application/vnd.oasis.opendocument.text"), Format.ODT),
        (zipped("mimetype", "content.xml", first=b"application/epub+zip"), Format.OFFICE),
        (zipped("xl/workbook.xml"), Format.OFFICE),
        (zipped("a.txt", "b.pdf"), Format.ZIP),
        (zipped("IHE_XDM/METADATA.XML", "a")[:60], Format.XDM),  # cut off: its first bytes still tell
        (b"\x1f\x8b\x08\x00", Format.GZIP),
        (b"7z\xbc\xaf\x27\x1c\x00", Format.ARCHIVE),
        (bytes(128) + b"DICM", Format.DICOM),
        (ole2("WordDocument"), Format.WORD97),
        (ole2("Workbook"), Format.EXCEL97),
        (ole2("__properties_version1.0"), Format.OUTLOOK),
        (ole2(), Format.OLE2),
        (b"GIF89a", Format.MEDIA),
        (b"FHS|^~\\&|A", Format.HL7V2),
        (b"H|~^\\&|1.HPR||A", Format.HPRIM_SANTE),
        (b"H|\\^&|||analyseur", Format.ASTM),
        (b"UNA:+.? '\r\nUNB+UNOA:1+A+B'", Format.EDIFACT),
        (b"UNB+UNOA:1+A+B'", Format.EDIFACT),
        (b"UNANIMITE du staff : surveillance.", Format.TEXT),
        (b'[{"resourceType": "Patient"}]', Format.FHIR),
        (b'<?xml version="1.0"?><Bundle xmlns="http://hl7.org/fhir"/>', Format.FHIR),
        (b'<evenementsPMSI xmlns="http://www.hprim.org/hprimXML" version="1.05"/>', Format.HPRIM_XML),
        (b"<!DOCTYPE html><p>a", Format.HTML),
        (b"<p>Bonjour</p>", Format.HTML),
        (b"<?xml version='1.0'?><facture/>", Format.XML),
        (b'{"a": 1}', Format.JSON),
        (b"[1, 2]", Format.JSON),
        (b"[Compte rendu] Patient vu ce jour.", Format.TEXT),
        (b"{brouillon} Patient vu ce jour.", Format.TEXT),
        (b"From: a@b.fr\r\nTo: c@d.fr\r\nSubject: CR\r\n\r\nBonjour", Format.MAIL),
        (b"MIME-Version: 1.0\nMessage-ID: <1@a>\nContent-Type: text/plain\n\nBonjour", Format.MAIL),
        ("Date : 12/03/2026\nObjet : consultation\n\nCher confrère, merci.".encode(), Format.TEXT),
        (RSS.encode(), Format.RECORDS),
        (b"ipp;nom;date;valeur\n1;A;2026;3\n2;B;2026;4\n", Format.CSV),
        (b'"IPP";"Nom";"Valeur"\n"1";"A";"3"\n', Format.CSV),
        (b"date;libelle;valeur\n2026;Na;140\n2026;K;4\n2026;Cl;100\n", Format.CSV),
        (b"DOLIPRANE 1 g ; 1 cp x 3 ; 5 jours\nSPASFON ; 2 cp ; si douleur\nSMECTA ; 1 ; 3 fois/j\n", Format.TEXT),
        (b"repos ; glace ; surveillance\nappel ; retour ; 15\nmarche ; kine ; 3 mois\n", Format.TEXT),
        (b"COMPTE RENDU DU 12 MARS 2026 PATIENT DE 69 ANS OPERE D'UNE HERNIE INGUINALE DROITE\n", Format.TEXT),
        (b'<?xml version="1.0"?><ORU_R01 xmlns="urn:hl7-org:v2xml"><MSH/></ORU_R01>', Format.XML),
        (b"IPP\tNom\tNaissance\n1\tA\t1950\n2\tB\t1951\n", Format.CSV),
        (b"Analyse\tR\xc3\xa9sultat\tNorme\nSodium\t140\t135-145\nPotassium\t4\t3-5\n", Format.TEXT),
        (b"Sodium, potassium, chlore : normaux.\nCalcium, phosphore, fer : normaux.", Format.TEXT),
        (b"#!/bin/sh\necho ok\n", Format.CODE),
        (b"import os\ndef f(x):\n    return x\nfor (i=0;i<3;i++) {\n}\nclass A:\n", Format.CODE),
        ("Paracétamol 1 g ;\nAmoxicilline 1 g ;\nRepos ;\nHydratation ;\nContrôle à J7 ;\n".encode(), Format.TEXT),
    ],
)  # fmt: skip
def test_what_hospitals_send_beside_documents_is_told_by_its_name(data: bytes, kind: Format) -> None:
    assert recognise(data) is kind


def test_every_format_without_a_reader_is_refused_by_its_name() -> None:
    (document,) = read(ole2("WordDocument"), "a.doc")
    assert (document.status, document.reason, document.detail) == (
        "quarantined",
        "no_reader",
        "Word 97 document (.doc, OLE2)",
    )
    named = [record for record in RECORDS if record.module is None]
    assert all(record.name and "unknown" not in record.name for record in named)
    assert {record.format for record in RECORDS} | {Format.UNKNOWN} == set(Format)


@pytest.mark.parametrize("record", [record for record in RECORDS if record.module], ids=lambda record: record.format)
def test_every_module_that_a_record_names_is_a_door(record: Record) -> None:
    assert record.module is not None and callable(import_module(record.module).read)
