"""What lies in the folder of a source, and what of it may be read now.

Belongs here: names, links, devices, unfinished and unreadable files; reading one file whole. Does not belong here: how
a landing folder is laid out (landing.py), what becomes of the bytes (ingest.py).

Anybody may put anything there: names are bytes, an entry may be no file, and may vanish or grow while it is looked at.
Nothing of it raises; what is not read is counted by kind (`Left`), stays where it is, and is looked at again next time.
"""

# Names are bytes and entries may vanish: `os` tells what `pathlib` hides.
# ruff: noqa: PTH118
from __future__ import annotations

import errno
import os
import stat
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

ROOT_SOURCE = "landing"
ENV = "LIMPIDE_SETTLE_SECONDS"
_SETTLE_SECONDS = 10.0
_LARGEST = 1 << 30  # bytes; the readers refuse far less, with a reason
_UNFINISHED = (
    ".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".writing", ".swp", "~",
)  # fmt: skip
_OFFICE_LOCK = "~$"


class Left(StrEnum):
    """Why something in a landing folder is not read."""

    UNFINISHED = "unfinished"  # its name says so, or it changed while it was looked at
    UNMARKED = "unmarked"  # its source marks what is whole, and this is not marked
    SPECIAL = "special"  # a link, pipe, socket, device
    UNREADABLE = "unreadable"  # the system does not let it be read
    TOO_LARGE = "too_large"


NOT_YET = frozenset({Left.UNFINISHED, Left.UNMARKED, Left.UNREADABLE})  # may be read the next time it is looked at


class NotNow(Exception):
    """A file that cannot be read now, and why."""

    def __init__(self, why: Left | None) -> None:
        super().__init__(why)
        self.why = why  # None: it vanished


@dataclass(frozen=True, slots=True)
class Landed:
    """A file that counts. `relative`: its path below the landing folder; bytes that are not UTF-8 are surrogates."""

    path: Path
    relative: str
    size: int
    modified: int  # nanoseconds


def settle_seconds() -> float:
    """How long size and time of a file must stay the same before it is read."""
    return float(os.environ.get(ENV) or _SETTLE_SECONDS)


def sources_in(landing: Path) -> list[str]:
    """The sources of a landing folder, sorted: its first-level folders, and 'landing' when files lie at its root."""
    found = set()
    for entry in _entries(landing, Counter()):
        if _is_folder(entry):
            if not entry.name.startswith("."):
                found.add(_printable(entry.name))
        elif _counts(entry.name) and _is_file(entry):
            found.add(ROOT_SOURCE)
    return sorted(found)


def landed(landing: Path, source: str, left: Counter[Left], marker: str | None = None) -> list[Landed]:
    """The files of a source that count, in order of path: no hidden, unfinished, unmarked or linked ones.

    `left` counts the others but the hidden ones. `marker`: the end of the names ('.ok') that say of a file beside them,
    'a.pdf' for 'a.pdf.ok' or 'a.ok', that it is whole.
    """
    found: list[Landed] = []
    if source == ROOT_SOURCE:
        _files(_entries(landing, left), os.fspath(landing), left, marker, found)
    for name in _folders(landing, source):
        _walk(os.path.join(landing, name), os.fspath(landing), left, marker, found)
    return found


def folder_state(landing: Path, source: str) -> str:
    """A hash of the folders of a source and of when each was last added to or taken from: no file is looked at."""
    digest = sha256()
    waiting = [os.path.join(landing, name) for name in _folders(landing, source)]
    places = [os.fspath(landing)] if source == ROOT_SOURCE else []
    while waiting:
        places.append(waiting.pop())
        waiting += [e.path for e in _entries(places[-1], Counter()) if _is_folder(e) and not e.name.startswith(".")]
    for place in sorted(places, key=os.fsencode):
        try:
            changed = os.lstat(place).st_mtime_ns
        except OSError:
            changed = 0
        digest.update(os.fsencode(os.path.relpath(place, landing)) + f"\0{changed}\0".encode())
    return digest.hexdigest()


def files_under(folder: Path) -> list[Landed]:
    """Every regular file below a folder, in order of path, hidden ones left out."""
    found: list[Landed] = []
    _walk(os.fspath(folder), os.fspath(folder), Counter(), None, found)
    return found


def _walk(folder: str, base: str, left: Counter[Left], marker: str | None, found: list[Landed]) -> None:
    waiting = [folder]
    while waiting:  # no recursion: folders may be as deep as a path may be long
        folder = waiting.pop()
        entries = _entries(folder, left)
        _files(entries, base, left, marker, found)
        waiting += sorted(
            (e.path for e in entries if _is_folder(e) and not e.name.startswith(".")), key=os.fsencode, reverse=True
        )


def settled(found: list[Landed], seconds: float, left: Counter[Left]) -> Iterator[Landed]:
    """Those that nobody writes to: unchanged for `seconds`. The young ones are waited for, once, all together."""
    young = [one for one in found if not time.time() - seconds - one.modified / 1e9 >= 0] if seconds > 0 else []
    if young:
        ages = [time.time() - one.modified / 1e9 for one in young]
        time.sleep(max(seconds - age if 0 <= age < seconds else seconds for age in ages))
    changed = set()
    for one in young:
        try:
            status = os.lstat(one.path)
        except OSError:
            continue  # reading it will say why
        if (status.st_size, status.st_mtime_ns) != (one.size, one.modified):
            changed.add(one.relative)
            left[Left.UNFINISHED] += 1
    yield from (one for one in found if one.relative not in changed)


def read_whole(path: str | os.PathLike[str], *, follow: bool = False) -> tuple[bytes, os.stat_result]:
    """The bytes of a regular file that does not change meanwhile. Raises NotNow, MemoryError.

    `follow`: a link to a file is that file.
    """
    try:
        # A pipe that took the place of the file would keep us waiting for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    except OSError as fault:
        raise NotNow(_why(fault)) from None
    except ValueError:
        raise NotNow(Left.UNREADABLE) from None
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise NotNow(Left.SPECIAL)
        if before.st_size > _LARGEST:
            raise NotNow(Left.TOO_LARGE)
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(before.st_size + 1)
        after = os.fstat(handle)
    except OSError as fault:
        raise NotNow(_why(fault)) from None
    finally:
        os.close(handle)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise NotNow(Left.UNFINISHED)
    return data, after


def _why(fault: OSError) -> Left | None:
    if fault.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
        return None
    if fault.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.ENODEV, errno.EISDIR):
        return Left.SPECIAL
    return Left.UNREADABLE


def _entries(folder: str | Path, left: Counter[Left]) -> list[os.DirEntry[str]]:
    """What a folder holds, in order of the bytes of names; what cannot be listed holds nothing."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: os.fsencode(entry.name))
    except OSError as fault:
        if (why := _why(fault)) is not None:
            left[why] += 1
    return []


def _files(
    entries: list[os.DirEntry[str]], base: str, left: Counter[Left], marker: str | None, found: list[Landed]
) -> None:
    names = {entry.name for entry in entries}
    for entry in entries:
        if entry.name.startswith(".") or _is_folder(entry) or (marker and entry.name.endswith(marker)):
            continue
        if not _counts(entry.name):
            left[Left.UNFINISHED] += 1
        elif not _is_file(entry):
            left[Left.SPECIAL] += 1
        elif marker and not _marked(entry.name, names, marker):
            left[Left.UNMARKED] += 1
        else:
            try:
                status = os.lstat(entry.path)
            except OSError as fault:
                if (why := _why(fault)) is not None:
                    left[why] += 1
                continue
            relative = os.path.relpath(entry.path, base).replace(os.sep, "/")
            found.append(Landed(Path(entry.path), relative, status.st_size, status.st_mtime_ns))


def _counts(name: str) -> bool:
    lowered = name.lower()
    return not name.startswith((".", _OFFICE_LOCK)) and not lowered.endswith(_UNFINISHED)


def _marked(name: str, names: set[str], marker: str) -> bool:
    return name + marker in names or name.rpartition(".")[0] + marker in names


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return True  # reading it will say why it cannot be


def _printable(name: str) -> str:
    """The name of a folder as the name of a source: bytes that are not UTF-8 as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _folders(landing: Path, source: str) -> list[str]:
    entries = _entries(landing, Counter())
    return [entry.name for entry in entries if _printable(entry.name) == source and _is_folder(entry)]
