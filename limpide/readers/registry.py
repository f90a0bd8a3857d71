"""Which door opens for which bytes.

Belongs here: dispatch from format to door, and the promise that bad input never raises. Does not belong here: parsing.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from limpide.document import Document, Format
from limpide.errors import LIMITS, Limits, Reason, Refused
from limpide.formats import record_of
from limpide.readers.origin import Origin
from limpide.readers.recognise import recognise
from limpide.readers.stated_dates import fill_header
from limpide.readers.written_dates import keep_existing

if TYPE_CHECKING:
    from limpide.readers.tables import Table


def read(data: bytes, path: str, limits: Limits = LIMITS, declared: tuple[Table, ...] = ()) -> list[Document]:
    """Every document that a file holds; a refused file is one quarantined document. Never raises on bad input.

    `declared`: the tables that the source of the file declares; without any, extracts are refused by name.
    """
    origin = replace(Origin.of(data, path), declared=declared)
    try:
        documents = read_inner(data, origin, limits)
        for document in documents:
            keep_existing(document)
            fill_header(document)
        return documents
    except Refused as refusal:
        return [quarantined(origin, refusal, recognise(data))]
    except RecursionError:
        return [quarantined(origin, Refused(Reason.FORBIDDEN_CONSTRUCT, "nesting too deep"), recognise(data))]
    except MemoryError:
        return [quarantined(origin, Refused(Reason.TOO_MUCH_MEMORY, "memory bound reached"), recognise(data))]
    except Exception as defect:
        # A defect of ours on one document must not cost the others; the type is told, never the value.
        return [quarantined(origin, Refused(Reason.READER_CRASHED, type(defect).__name__), recognise(data))]


def read_inner(data: bytes, origin: Origin, limits: Limits = LIMITS) -> list[Document]:
    """The same for bytes found inside another document. Raises `Refused`."""
    if origin.depth > limits.nesting:
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, "documents nested too deep")
    if not data:
        raise Refused(Reason.EMPTY)
    if len(data) > limits.file_bytes:
        raise Refused(Reason.TOO_LARGE, f"over {limits.file_bytes} bytes")
    kind = recognise(data)
    record = record_of(kind)
    if origin.declared and kind in (Format.CSV, Format.RECORDS):
        from limpide.readers import tables

        return tables.read(data, origin, limits, origin.declared)
    if record is None:
        raise Refused(Reason.UNKNOWN_FORMAT, "bytes of no format that is known here")
    if record.module is None:
        raise Refused(Reason.NO_READER, record.name)
    # Doors are imported on first use: lxml, pypdfium2 and Pillow cost nothing to whoever does not need them.
    module = import_module(record.module)
    documents: list[Document] = module.read(data, origin, limits)
    return documents


def quarantined(origin: Origin, refusal: Refused, kind: Format = Format.UNKNOWN) -> Document:
    """The document that stands for a refused file."""
    return Document(
        path=origin.path,
        sha256=origin.sha256,
        container_sha256=origin.container_sha256,
        status="quarantined",
        reason=str(refusal.reason),
        detail=refusal.detail or None,
        format=str(kind),
    )
