"""IHE XDM archives (MSSanté): the documents of a ZIP with what its metadata say of them.

Belongs here: opening the archive within bounds, pairing members with metadata. Does not belong here: ebRIM (xds.py).

Rules: formats.md section 5. Folder names are not assumed; hash and size are verified, a mismatch is a recorded warning;
what the document says of itself wins over its metadata.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib

from limpide.document import Document, Format, Header
from limpide.errors import Limits, Reason, Refused
from limpide.readers.carried import aside, mismatches, open_carried
from limpide.readers.origin import Origin
from limpide.readers.xds import Entry, entries

_NOT_DOCUMENTS = {"readme.txt", "index.htm", "index.html", "metadata.xml", "autorun.inf"}
_RATIO_FROM = 1024 * 1024  # below this size a high compression ratio harms nobody


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """Every document of the archive.

    Raises `Refused`: FORBIDDEN_CONSTRUCT (names that climb out), TOO_LARGE (bombs), ENCRYPTED, MALFORMED,
    NO_DOCUMENT (a ZIP of something else).
    """
    members = _members(data, limits)
    listed: list[tuple[str, Entry]] = []
    for name in sorted(members):
        if posixpath.basename(name).lower() == "metadata.xml":
            folder = posixpath.dirname(name)
            listed += [(posixpath.normpath(posixpath.join(folder, e.uri or "")), e) for e in entries(members[name])]
    known = {name.lower(): name for name in members}
    documents: list[Document] = []
    taken: set[str] = set()
    for path, entry in listed:
        member = known.get(path.lower())
        if member is None or not entry.uri:
            missing = "a listed document is not in the archive"
            documents.append(aside(origin, entry.header, Format.XDM, Reason.TRUNCATED, missing))
            continue
        taken.add(member)
        documents.extend(_open(members[member], entry, origin, limits))
    for name in sorted(members):
        if name not in taken and _may_be_document(name, members[name]):
            found = _open(members[name], None, origin, limits)
            for document in found:
                document.warnings.append("document not listed in the archive's metadata")
            documents.extend(found)
    if not documents:
        raise Refused(Reason.NO_DOCUMENT, "the archive holds no document")
    return documents


def _members(data: bytes, limits: Limits) -> dict[str, bytes]:
    """Bytes of every file of the archive, read within bounds whatever the directory claims."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refused(Reason.MALFORMED, "not a whole ZIP") from None
    found: dict[str, bytes] = {}
    total = 0
    with archive:
        infos = archive.infolist()
        if len(infos) > limits.archive_members:
            raise Refused(Reason.TOO_LARGE, f"over {limits.archive_members} members")
        for info in infos:
            name = info.filename.replace("\\", "/")
            if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]:
                raise Refused(Reason.FORBIDDEN_CONSTRUCT, "a member's name climbs out of the archive")
            if info.is_dir():
                continue
            if info.flag_bits & 1:
                raise Refused(Reason.ENCRYPTED, "encrypted ZIP")
            room = min(limits.file_bytes, limits.archive_bytes - total)
            try:
                with archive.open(info) as stream:
                    content = stream.read(room + 1)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
                raise Refused(Reason.MALFORMED, "a member cannot be unpacked") from None
            if len(content) > room:
                raise Refused(Reason.TOO_LARGE, "the archive unpacks beyond its bound")
            if len(content) > _RATIO_FROM and len(content) > limits.archive_ratio * max(1, info.compress_size):
                raise Refused(Reason.TOO_LARGE, f"a member unpacks over {limits.archive_ratio} times its size")
            total += len(content)
            found[name] = content
    return found


def _may_be_document(name: str, content: bytes) -> bool:
    from limpide.readers.recognise import recognise

    if posixpath.basename(name).lower() in _NOT_DOCUMENTS or name.lower().endswith((".xsl", ".css", ".js", ".gif")):
        return False
    return recognise(content) not in (Format.UNKNOWN, Format.TEXT)


def _open(content: bytes, entry: Entry | None, origin: Origin, limits: Limits) -> list[Document]:
    if entry is None:
        return open_carried(content, origin, limits, Header(), Format.XDM)
    if entry.mime_type == "application/dicom":
        detail = "no reader yet for application/dicom"
        return [aside(origin.inner(content), entry.header, Format.XDM, Reason.NO_READER, detail)]
    documents = open_carried(content, origin, limits, entry.header, Format.XDM)
    for document in documents:
        document.warnings.extend(mismatches(content, entry.size, entry.sha1))
    return documents
