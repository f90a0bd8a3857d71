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
        Format.XDM, "IHE XDM archive", "limpide.readers.xdm", "zip", ("application/zip",),
        begins=(b"PK\x03\x04",), carrier=True,
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
        Format.CDA_N1, "CDA R2 document, unstructured body", "limpide.readers.cda", "xml", ("text/xml",),
        tags=("ClinicalDocument", "nonXMLBody"),
    ),
    Record(
        Format.CDA_N3, "CDA R2 document", "limpide.readers.cda", "xml", ("text/xml",),
        tags=("ClinicalDocument",),
    ),
    Record(
        Format.FHIR, "FHIR resources", "limpide.readers.fhir", "json", ("application/fhir+json",),
        looks="limpide.readers.text_kinds:is_fhir", carrier=True,
    ),
    Record(
        Format.TEXT, "plain text", "limpide.readers.text", "txt", ("text/plain",),
        looks="limpide.readers.text_kinds:is_text", page_like=True,
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
