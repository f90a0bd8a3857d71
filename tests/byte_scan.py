"""Every byte under a folder, read as whoever steals it would: decompressed, decoded, in each usual spelling.

Belongs here: opening what files hold, looking for identities in it. Does not belong here: what must not be found.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from limpide.french.tokens import fold

_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_NAMES = ("family_birth", "family_used", "given")
_DEEP = 3  # archives within archives
_STREAM = 1_000_000  # bytes tried as one deflated stream
_BATCH = 500_000  # characters of rows looked through together


@dataclass(frozen=True, slots=True)
class Hit:
    """An identity found: which file, what kind it is, its rank among those looked for; never its value."""

    path: str
    kind: str
    rank: int


class Identities:
    """What is looked for: `known` as (kind, value), of the ground truth of a feed."""

    def __init__(self, known: list[tuple[str, str]]) -> None:
        self.known = sorted(set(known))
        self._spelt: list[tuple[int, bytes, re.Pattern[bytes]]] = []
        for rank, (kind, value) in enumerate(self.known):
            for spelling in sorted(_spellings(kind, value)):
                utf8 = spelling.encode()
                wide = spelling.encode("utf-16-le")
                for written in {utf8, spelling.encode("latin-1", "replace")}:
                    # A letter, a figure or a piece of one beside it makes another word.
                    alone = rb"(?<![0-9A-Za-z\xc0-\xff])" + re.escape(written) + rb"(?![0-9A-Za-z\xc0-\xff])"
                    self._spelt.append((rank, written, re.compile(alone)))
                self._spelt.append((rank, wide, re.compile(re.escape(wide))))

    @classmethod
    def of(cls, path: Path) -> Identities:
        """Those of a feed: truth/identities.jsonl."""
        return cls([pair for line in path.read_text("utf-8").splitlines() for pair in _pairs(json.loads(line))])

    def found(self, data: bytes) -> set[int]:
        """Ranks of those that bytes hold."""
        return {rank for rank, written, alone in self._spelt if written in data and alone.search(data)}


def _spellings(kind: str, value: str) -> set[str]:
    if kind in _NAMES:
        # A name is one with its capital: 'rose' and 'claire' are words.
        cased = {value.upper(), value.title()}
        cased |= {fold(one).upper() if one.isupper() else fold(one).title() for one in cased}
        return cased | {one.replace("-", " ") for one in cased}
    figures = re.sub(r"\D", "", value)
    if kind in ("phone", "mobile") and len(figures) >= 9:
        pairs = [("0" + figures[-9:])[at : at + 2] for at in range(0, 10, 2)]
        return {value} | {sign.join(pairs) for sign in ("", " ", ".", "-")} | {"+33" + figures[-9:]}
    if kind == "ins" and len(value) == 15:
        parts = [value[:1], value[1:3], value[3:5], value[5:7], value[7:10], value[10:13], value[13:]]
        return {value, value[:13], " ".join(parts), " ".join(parts[:-1])}
    return {value, fold(value)}


def scan(root: Path, wanted: Identities) -> list[Hit]:
    """Everything found under a folder: names of files, and what they hold. The same content is read once."""
    hits = set()
    seen: dict[str, set[int]] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        found = wanted.found(name.encode())
        if path.is_file() and not path.is_symlink():
            digest = sha256(path.read_bytes()).hexdigest()
            if digest not in seen:
                seen[digest] = set().union(*(wanted.found(text) for text in _texts(path)))
            found |= seen[digest]
        hits |= {Hit(name, wanted.known[rank][0], rank) for rank in found}
    return sorted(hits, key=lambda hit: (hit.path, hit.rank))


def _texts(path: Path) -> Iterator[bytes]:
    """What one file says, in every way it can be read."""
    data = path.read_bytes()
    yield from _opened(data, _DEEP)
    if data[:4] == b"PAR1":
        yield from _together(_parquet(path))
    elif data[8:12] == b"DUCK":
        yield from _together(_duckdb(path))
    elif data[:15] == b"SQLite format 3":
        yield from _together(_sqlite(path))


def _together(texts: Iterator[str]) -> Iterator[bytes]:
    """Values of rows in pieces worth looking through, with what was escaped in them."""
    waiting: list[str] = []
    size = 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size > _BATCH:
            yield from _opened("\n".join(waiting).encode("utf-8", "replace"), 0)
            waiting, size = [], 0
    yield from _opened("\n".join(waiting).encode("utf-8", "replace"), 0)


def _opened(data: bytes, depth: int) -> Iterator[bytes]:
    yield data
    if b"\\u" in data or b"\\x" in data:
        plain = _ESCAPED.sub(lambda m: chr(int(m.group(1) or m.group(2), 16)), data.decode("utf-8", "replace"))
        yield plain.encode("utf-8", "replace")
    for inside in _inflated(data) if depth else ():
        yield from _opened(inside, depth - 1)


def _inflated(data: bytes) -> Iterator[bytes]:
    """Content that is deflated: gzip, ZIP, and any zlib stream wherever it begins."""
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    for found in _ZLIB.finditer(data):
        try:
            inside = zlib.decompressobj().decompress(data[found.start() : found.start() + _STREAM], 50 * _STREAM)
        except zlib.error:
            continue
        if len(inside) > 8:
            yield inside


def _parquet(path: Path) -> Iterator[str]:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    yield repr(file.metadata.metadata)
    for batch in file.iter_batches(batch_size=1000):
        for column in batch.columns:
            yield "\n".join({str(value) for value in column.to_pylist() if value is not None})


def _duckdb(path: Path) -> Iterator[str]:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        for view in ("duckdb_views()", "duckdb_tables()", "duckdb_columns()"):
            yield repr(connection.execute(f"SELECT * FROM {view}").fetchall())
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall():
            yield repr(connection.execute(f'SELECT * FROM "{table}"').fetchall())


def _sqlite(path: Path) -> Iterator[str]:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, bytes):
                        yield from (inside.decode("utf-8", "replace") for inside in _opened(value, _DEEP))
                    elif value is not None:
                        yield str(value)
    finally:
        connection.close()


def _pairs(line: object) -> Iterator[tuple[str, str]]:
    if isinstance(line, dict):
        if isinstance(line.get("kind"), str) and isinstance(line.get("value"), str):
            yield line["kind"], line["value"]
        else:
            for value in line.values():
                yield from _pairs(value)
    elif isinstance(line, list):
        for value in line:
            yield from _pairs(value)
