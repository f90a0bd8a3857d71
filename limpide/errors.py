"""Why a document is set aside, and the bounds past which it is.

Belongs here: the closed list of quarantine reasons, the exception that carries one, and every limit on time,
memory and size, in one place. Does not belong here: transient faults (those stay ordinary exceptions and are retried).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """A quarantine reason: stable, countable, the same word in the ledger, the UI and the nightly account."""

    NO_READER = "no_reader"  # a format nobody reads yet
    UNKNOWN_FORMAT = "unknown_format"  # bytes nobody recognises
    EMPTY = "empty"
    MALFORMED = "malformed"  # broken XML, JSON, ZIP, PDF, segment...
    TRUNCATED = "truncated"
    DUMMY_PAYLOAD = "dummy_payload"  # a test stub where a document should be
    NO_TEXT = "no_text"
    UNREADABLE = "unreadable"  # no regular file, or one that the system does not let us read
    NEEDS_OCR = "needs_ocr"  # taken up by itself once Tesseract is there
    ENCRYPTED = "encrypted"
    FORBIDDEN_CONSTRUCT = "forbidden_construct"  # DTD, entities, path traversal, nested archive
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    TOO_MUCH_MEMORY = "too_much_memory"
    READER_CRASHED = "reader_crashed"  # a native library died, or a defect of ours
    NO_PATIENT = "no_patient"  # no identity to attach the facts to
    IDENTITY_CONFLICT = "identity_conflict"  # header and text, or vault, speak of different patients
    ID_CONFLICT = "id_conflict"  # a document id reused for other content
    NO_DOCUMENT = "no_document"  # a message that carries no document (ACK, ADT, ORM)
    IMPLAUSIBLE_DATE = "implausible_date"  # a filler, in the future, before its patient's birth
    PAST_TERM = "past_term"  # it arrived already past the term for which its class is kept
    UNDECLARED_SOURCE = "undeclared_source"  # nobody declared this source, or this format from it
    RESIDUAL_IDENTITY = "residual_identity"  # the scan before publication suspects a leak


class Refused(Exception):
    """A permanent failure on one document: recorded with its reason, never retried, never fatal to the night.

    `detail` is English and never quotes the document.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[Refused], tuple[Reason, str]]:
        return (Refused, (self.reason, self.detail))


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one document. Past any of them it is refused, and the night goes on."""

    file_bytes: int = 256 * 1024 * 1024
    xml_bytes: int = 64 * 1024 * 1024
    xml_depth: int = 200
    text_chars: int = 10_000_000
    archive_members: int = 1_000
    archive_bytes: int = 512 * 1024 * 1024  # uncompressed
    archive_ratio: int = 200
    nesting: int = 3  # documents within documents
    pages: int = 2_000
    image_pixels: int = 100_000_000
    seconds: float = 30.0  # a document, in its worker process
    ocr_seconds: float = 300.0
    memory_bytes: int = 1_500 * 1024 * 1024  # a worker process


LIMITS = Limits()
