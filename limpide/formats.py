"""Every format that may arrive, one record each: how it is recognised, what reads it, what it is called.

Belongs here: `Format` and its records; recognition, the registry, every carrier, the dossier and `limpide structure`
read them. Does not belong here: parsing. To add a format: a record here and the module that it names.

Records are tried in this order, each against the bytes (formats.md section 1), never against a file's name:
`begins` the very first bytes; `opens` the same after a byte-order mark and white space; `within` a pattern in the
first 1,024 bytes unless the file opens as one of `unless`; `tags` XML elements, all of them, anywhere; `members` names
in a ZIP; `streams` names in an OLE2 file; `looks` a function of the file's text, for what only its shape tells.
A record without a module is recognised to be refused by its own name rather than as "unknown".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """What the bytes are, recognised by content and never by extension."""

    CDA_N1 = "cda-n1"
    CDA_N3 = "cda-n3"
    XDM = "xdm"
    HL7V2 = "hl7v2"
    FHIR = "fhir"
    PDF = "pdf"
    RTF = "rtf"
    TEXT = "text"
    TIFF = "tiff"
    JPEG = "jpeg"
    PNG = "png"
    DOCX = "docx"
    ODT = "odt"
    HTML = "html"
    MAIL = "mail"
    ZIP = "zip"
    GZIP = "gzip"
    TAR = "tar"
    HPRIM_MEDECINS = "hprim-medecins"
    HPRIM_SANTE = "hprim-sante"
    HPRIM_XML = "hprim-xml"
    DICOM = "dicom"
    CSV = "csv"
    RECORDS = "records"
    WORD97 = "word97"
    EXCEL97 = "excel97"
    OUTLOOK = "outlook"
    OLE2 = "ole2"
    OFFICE = "office"
    EDIFACT = "edifact"
    ASTM = "astm"
    ARCHIVE = "archive"
    MEDIA = "media"
    ENCRYPTED = "encrypted"
    JSON = "json"
    XML = "xml"
    CODE = "code"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Record:
    """One format. `name` is what refusals and documentation call it, `media` its media types, the usual one first.

    `page_like`: its header is only what is read off the text, so a carrier is believed before it.
    `carrier`: it may hold documents of other formats.
    """

    format: Format
    name: str
    module: str | None = None
    extension: str = "bin"
    media: tuple[str, ...] = ()
    begins: tuple[bytes, ...] = ()
    opens: tuple[bytes, ...] = ()
    within: bytes | None = None
    unless: tuple[bytes, ...] = ()
    tags: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    looks: str | None = None
    page_like: bool = False
    carrier: bool = False

    @property
    def signed(self) -> bool:
        """Whether its bytes bear a signature, so that they can be believed before a declaration."""
        return bool(self.begins or self.opens or self.within)


_ZIP, _OLE = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
_TEXTS = "limpide.readers.text_kinds:"

# fmt: off
RECORDS = (
    Record(
        Format.RTF, "RTF document", "limpide.readers.rtf", "rtf", ("text/rtf", "application/rtf"),
        opens=(b"{\\rtf",), page_like=True,
    ),
    Record(
        Format.TIFF, "TIFF picture", "limpide.readers.image", "tif", ("image/tiff",),
        begins=(b"II*\x00", b"MM\x00*"), page_like=True,
    ),
    Record(
        Format.JPEG, "JPEG picture", "limpide.readers.image", "jpg", ("image/jpeg",),
        begins=(b"\xff\xd8\xff",), page_like=True,
    ),
    Record(
        Format.PNG, "PNG picture", "limpide.readers.image", "png", ("image/png",),
        begins=(b"\x89PNG\r\n\x1a\n",), page_like=True,
    ),
    Record(
        Format.DOCX, "Word document (DOCX)", "limpide.readers.docx", "docx",
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
        begins=_ZIP, members=("word/document.xml",), page_like=True,
    ),
    Record(
        Format.ODT, "LibreOffice document (ODT)", "limpide.readers.odt", "odt",
        ("application/vnd.oasis.opendocument.text",),
        begins=_ZIP, within=rb"mimetypeapplication/vnd\.oasis\.opendocument\.text", page_like=True,
    ),
    Record(
        Format.OFFICE, "spreadsheet, slides or book (XLSX, PPTX, ODS, EPUB)", extension="zip",
        begins=_ZIP, members=("xl/workbook.xml", "ppt/presentation.xml", "mimetype"),
    ),
    Record(
        Format.XDM, "IHE XDM archive", "limpide.readers.xdm", "zip",
        ("application/zip", "application/x-zip-compressed"),
        begins=_ZIP, members=("metadata.xml",), carrier=True,
    ),
    Record(
        Format.ZIP, "ZIP archive", "limpide.readers.lot", "zip", ("application/zip", "application/x-zip-compressed"),
        begins=(*_ZIP, b"PK\x05\x06"), carrier=True,
    ),
    Record(
        Format.GZIP, "GZIP file", "limpide.readers.lot", "gz", ("application/gzip", "application/x-gzip"),
        begins=(b"\x1f\x8b",), carrier=True,
    ),
    Record(
        Format.TAR, "TAR archive", "limpide.readers.lot", "tar", ("application/x-tar",),
        within=rb"(?s)\A.{257}ustar", carrier=True,
    ),
    Record(
        Format.ARCHIVE, "archive in a format that is not read (7z, RAR, bzip2, xz, zstd, CAB)",
        begins=(b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"MSCF"),
    ),
    Record(
        Format.DICOM, "DICOM object", "limpide.readers.dicom", "dcm", ("application/dicom",),
        within=rb"(?s)\A.{128}DICM", carrier=True,
    ),
    Record(
        Format.OUTLOOK, "Outlook message (.msg, OLE2)", extension="msg", media=("application/vnd.ms-outlook",),
        begins=_OLE, streams=("__properties_version1.0", "__substg1.0_"),
    ),
    Record(
        Format.WORD97, "Word 97 document (.doc, OLE2)", extension="doc", media=("application/msword",),
        begins=_OLE, streams=("WordDocument",),
    ),
    Record(
        Format.EXCEL97, "Excel 97 spreadsheet (.xls, OLE2)", extension="xls", media=("application/vnd.ms-excel",),
        begins=_OLE, streams=("Workbook", "Book"),
    ),
    Record(Format.OLE2, "OLE2 file (Word 97, Excel 97, Outlook message)", begins=_OLE),
    Record(
        Format.MEDIA, "picture, sound or film in a format that is not read (GIF, BMP, WebP, HEIC, MP4)",
        begins=(b"GIF87a", b"GIF89a", b"RIFF", b"OggS", b"ID3"),
    ),
    Record(
        Format.MEDIA, "picture, sound or film in a format that is not read (GIF, BMP, WebP, HEIC, MP4)",
        within=rb"(?s)\A.{4}ftyp|\ABM.{4}\x00\x00\x00\x00",
    ),
    Record(
        Format.PDF, "PDF document", "limpide.readers.pdf", "pdf", ("application/pdf",),
        within=rb"%PDF-\d", unless=(b"<?xml", b"{", b"MSH|"), page_like=True,
    ),
    Record(
        Format.HL7V2, "HL7 v2 message", "limpide.readers.hl7v2", "hl7", ("x-application/hl7-v2+er7",),
        opens=(b"MSH|", b"\x0bMSH|", b"FHS|", b"BHS|"), carrier=True,
    ),
    Record(
        Format.HPRIM_SANTE, "HPRIM Santé 2.x message", "limpide.readers.hprim_sante", "hpr", ("text/x-hpr",),
        opens=(b"H|~^\\&|",),
    ),
    Record(Format.ASTM, "ASTM message of an instrument (E1394, LIS2)", extension="txt", opens=(b"H|\\^&",)),
    Record(
        Format.EDIFACT, "EDIFACT interchange", extension="edi", media=("application/edifact",),
        within=rb"(?s)\A\s*(?:UNA.{6}\s*)?UNB\+",
    ),
    Record(
        Format.ENCRYPTED, "encrypted or signed envelope (PGP, S/MIME)",
        opens=(b"-----BEGIN PGP MESSAGE", b"-----BEGIN PKCS7", b"-----BEGIN CMS"),
    ),
    Record(
        Format.MAIL, "e-mail", "limpide.readers.mail", "eml", ("message/rfc822",),
        looks=_TEXTS + "is_mail", carrier=True,
    ),
    Record(
        Format.CDA_N1, "CDA R2 document, unstructured body", "limpide.readers.cda", "xml", ("text/xml",),
        tags=("ClinicalDocument", "nonXMLBody"),
    ),
    Record(
        Format.CDA_N3, "CDA R2 document", "limpide.readers.cda", "xml", ("text/xml",),
        tags=("ClinicalDocument",),
    ),
    Record(
        Format.CDA_N3, "fragment of a CDA R2 document", "limpide.readers.cda", "xml",
        opens=(b"<",),
        within=rb"<(?:[\w.-]+:)?(?:structuredBody|component|section)\b[^>]{0,800}[\"']urn:hl7-org:v3[\"']",
    ),
    Record(
        Format.HPRIM_XML, "HPRIM XML message", "limpide.readers.hprim_xml", "xml",
        within=rb"<[^>]{1,400}http://www\.hprim\.org/hprimXML", opens=(b"<",),
    ),
    Record(
        Format.XML, "HL7 v2 message in XML: send it in its own syntax", extension="xml",
        opens=(b"<",), within=rb"urn:hl7-org:v2xml",
    ),
    Record(
        Format.FHIR, "FHIR resources", "limpide.readers.fhir", "json",
        ("application/fhir+json", "application/fhir+xml"),
        looks=_TEXTS + "is_fhir", carrier=True,
    ),
    Record(
        Format.HTML, "HTML page", "limpide.readers.html", "html", ("text/html", "application/xhtml+xml"),
        looks=_TEXTS + "is_html", page_like=True,
    ),
    Record(
        Format.XML, "XML that is neither CDA, FHIR, HPRIM nor HTML", extension="xml", looks=_TEXTS + "is_xml",
    ),
    Record(
        Format.JSON, "JSON that is no FHIR", extension="json", media=("application/json",), looks=_TEXTS + "is_json",
    ),
    Record(
        Format.HPRIM_MEDECINS, "HPRIM Médecins text", "limpide.readers.hprim_medecins", "hpr",
        looks=_TEXTS + "is_hprim_medecins",
    ),
    Record(
        Format.RECORDS, "fixed-width records (PMSI RSS, RSA, VID-HOSP): declare their columns in sources.yaml",
        extension="txt", looks=_TEXTS + "is_records",
    ),
    Record(
        Format.CSV, "table of records (CSV): declare its columns in sources.yaml", extension="csv",
        media=("text/csv",), looks=_TEXTS + "is_csv",
    ),
    Record(Format.CODE, "program text, not a document", extension="txt", looks=_TEXTS + "is_code"),
    Record(
        Format.TEXT, "plain text", "limpide.readers.text", "txt", ("text/plain",),
        looks=_TEXTS + "is_text", page_like=True,
    ),
)
# fmt: on

BY_FORMAT = {record.format: record for record in reversed(RECORDS)}
CARRIERS = frozenset(record.format for record in RECORDS if record.carrier)


def record_of(kind: str) -> Record | None:
    """The record of a format by its name; None for what nobody recognises."""
    return BY_FORMAT.get(Format(kind)) if kind in frozenset(Format) else None


def formats_of(media_type: str | None) -> frozenset[Format]:
    """The formats that a declared media type promises; none when it promises nothing in particular."""
    declared = (media_type or "").split(";")[0].strip().lower()
    return frozenset(record.format for record in RECORDS if declared in record.media)
