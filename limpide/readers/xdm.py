"""IHE XDM archives (MSSanté): the documents of a ZIP with what its metadata say of them.

Belongs here: opening the archive within bounds, pairing members with metadata. Does not belong here: ebRIM (xds.py).

Rules: formats.md section 5. Folder names are not assumed; hash and size are verified, a mismatch is a recorded warning;
what the document says of itself wins over its metadata.
"""

from __future__ import annotations

import posixpath

from limpide.document import Document, Format, Header
from limpide.errors import Limits, Reason, Refused
from limpide.readers import safe_zip
from limpide.readers.carried import aside, mismatches, open_carried
from limpide.readers.origin import Origin
from limpide.readers.xds import Entry, entries

_NOT_DOCUMENTS = {"readme.txt", "index.htm", "index.html", "metadata.xml", "autorun.inf"}
_APPARATUS = (".xsl", ".css", ".js", ".gif", ".ds_store", "thumbs.db")


def read(data: bytes, origin: Origin, limits: Limits) -> list[Document]:
    """Every document of the archive.

    Raises `Refused`: FORBIDDEN_CONSTRUCT (names that climb out), TOO_LARGE (bombs), ENCRYPTED, MALFORMED,
    NO_DOCUMENT (a ZIP of something else).
    """
    members = safe_zip.members(data, limits)
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
        if name not in taken and _may_be_document(name):
            found = _open(members[name], None, origin, limits)
            for document in found:
                document.warnings.append("document not listed in the archive's metadata")
            documents.extend(found)
    if not documents:
        raise Refused(Reason.NO_DOCUMENT, "the archive holds no document")
    return documents


def _may_be_document(name: str) -> bool:
    """Whatever is not of the archive's own apparatus is counted, read or refused."""
    return posixpath.basename(name).lower() not in _NOT_DOCUMENTS and not name.lower().endswith(_APPARATUS)


def _open(content: bytes, entry: Entry | None, origin: Origin, limits: Limits) -> list[Document]:
    if entry is None:
        return open_carried(content, origin, limits, Header(), Format.XDM)
    documents = open_carried(content, origin, limits, entry.header, Format.XDM)
    for document in documents:
        document.warnings.extend(mismatches(content, entry.size, entry.sha1))
    return documents
