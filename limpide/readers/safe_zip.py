"""The members of a ZIP, read within bounds whatever its directory claims.

Belongs here: opening ZIP archives (XDM, office documents, lots). Does not belong here: what a member is.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from limpide.errors import Limits, Reason, Refused

_RATIO_FROM = 1024 * 1024  # below this size a high compression ratio harms nobody
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
_LOCAL_HEADER = re.compile(rb"PK\x03\x04.{22}(..)..", re.S)


def names(data: bytes) -> list[str]:
    """The names of the members in lower case; those of the local headers when the directory is lost. Never raises."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [info.filename.replace("\\", "/").lower() for info in archive.infolist()]
    except (*_BROKEN, UnicodeError):
        found = []
        for header in _LOCAL_HEADER.finditer(data[: 1 << 20]):
            size = int.from_bytes(header[1], "little")
            found.append(data[header.end() : header.end() + size].decode("utf-8", "replace").lower())
        return found


def members(data: bytes, limits: Limits) -> dict[str, bytes]:
    """Bytes of every file of the archive, by name.

    Raises `Refused`: FORBIDDEN_CONSTRUCT (names that climb out), TOO_LARGE (bombs), ENCRYPTED, MALFORMED.
    """
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
            except _BROKEN:
                raise Refused(Reason.MALFORMED, "a member cannot be unpacked") from None
            if len(content) > room:
                raise Refused(Reason.TOO_LARGE, "the archive unpacks beyond its bound")
            if len(content) > _RATIO_FROM and len(content) > limits.archive_ratio * max(1, info.compress_size):
                raise Refused(Reason.TOO_LARGE, f"a member unpacks over {limits.archive_ratio} times its size")
            total += len(content)
            found[name] = content
    return found
