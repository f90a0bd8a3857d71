"""Lots: ZIP archives that are no XDM, TAR archives, GZIP files: each member is a document, read or refused, counted.

Belongs here: unpacking within bounds. Does not belong here: XDM (xdm.py), office documents, the members themselves.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import replace

from limpide.document import Document, Format, Header
from limpide.errors import Limits, Reason, Refused
from limpide.readers import safe_zip
from limpide.readers.carried import open_carried
from limpide.readers.origin import Origin
from limpide.readers.recognise import recognise

_DEBRIS = {".ds_store", "thumbs.db", "desktop.ini"}  # what file browsers leave in folders
_CHUNK = 1024 * 1024
_RATIO_FROM = 1024 * 1024


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """Every document of the lot, in the order of names; a member that is refused is a document set aside.

    Raises `Refused`: TOO_LARGE (bombs), FORBIDDEN_CONSTRUCT, ENCRYPTED, MALFORMED, TRUNCATED, NO_DOCUMENT (empty).
    """
    kind = recognise(data)
    if kind == Format.GZIP:
        members = {"": gunzipped(data, limits)}
    elif kind == Format.TAR:
        members = dict(_tar(data, limits))
    else:
        members = safe_zip.members(data, limits)
    # What lies deeper may only unpack to what is left: archives in archives multiply.
    left = max(limits.archive_bytes - sum(map(len, members.values())), 0)
    inside = replace(limits, archive_bytes=left, archive_members=max(limits.archive_members // 10, 1))
    documents: list[Document] = []
    for name in sorted(members):
        if not _is_debris(name):
            documents.extend(open_carried(members[name], origin, inside, Header(), kind))
    if not documents:
        raise Refused(Reason.NO_DOCUMENT, "the archive holds no document")
    return documents


def _is_debris(name: str) -> bool:
    base = posixpath.basename(name).lower()
    return name.startswith("__MACOSX/") or base in _DEBRIS or base.startswith("._")


def gunzipped(data: bytes, limits: Limits) -> bytes:
    """The bytes of a GZIP file, its members one after another. Raises `Refused`."""
    out = bytearray()
    rest = data
    while rest.startswith(b"\x1f\x8b"):
        stream = zlib.decompressobj(wbits=31)
        try:
            while not stream.eof:
                if not rest:
                    raise Refused(Reason.TRUNCATED, "a GZIP file without its end")
                out += stream.decompress(rest, _CHUNK)
                rest = stream.unconsumed_tail
                if len(out) > min(limits.file_bytes, limits.archive_bytes) or (
                    len(out) > _RATIO_FROM and len(out) > limits.archive_ratio * len(data)
                ):
                    raise Refused(Reason.TOO_LARGE, "the file unpacks beyond its bound")
        except zlib.error:
            raise Refused(Reason.MALFORMED, "a GZIP file that cannot be unpacked") from None
        rest = stream.unused_data
    return bytes(out)


def _tar(data: bytes, limits: Limits) -> Iterator[tuple[str, bytes]]:
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for count, info in enumerate(archive, 1):
                if count > limits.archive_members:
                    raise Refused(Reason.TOO_LARGE, f"over {limits.archive_members} members")
                if info.name.startswith("/") or ".." in info.name.split("/"):
                    raise Refused(Reason.FORBIDDEN_CONSTRUCT, "a member's name climbs out of the archive")
                stream = archive.extractfile(info) if info.isreg() else None
                if stream is None:
                    continue  # folders, links, devices
                room = min(limits.file_bytes, limits.archive_bytes - total)
                content = stream.read(room + 1)
                if len(content) > room:
                    raise Refused(Reason.TOO_LARGE, "the archive unpacks beyond its bound")
                if len(content) < info.size:
                    raise Refused(Reason.TRUNCATED, "a TAR archive without its end")
                total += len(content)
                yield info.name, content
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        if "end of data" in str(error):
            raise Refused(Reason.TRUNCATED, "a TAR archive without its end") from None
        raise Refused(Reason.MALFORMED, "a TAR archive that cannot be unpacked") from None
