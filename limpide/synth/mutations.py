"""Damage done to a sound file on purpose: what the doors are fuzzed with.

Belongs here: mutations of bytes, blind and aware of the formats we read. Does not belong here: files spoiled the way a
hospital spoils them (broken.py), running a campaign (benchmarks/fuzz.py).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from random import Random

_TOKENS = [
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"<!DOCTYPE a [", b"<!ENTITY a 'b'>", b"&a;", b"xmlns=''", b'"',
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\x0b", b"\x1c\r", b"|", b"^~\\&", b"MSH|^~\\&|", b"OBX|",
    b"{", b"}", b"[", b"]", b'"resourceType":', b"null", b"1e999", b"-0", b"\\u0000", b"\\ud800",
    b"%PDF-1.7", b"endobj", b"stream", b"endstream", b"/Length 99999999", b"/Kids [1 0 R]", b"/Parent 1 0 R",
    b"PK\x03\x04", b"PK\x01\x02", b"{\\rtf1", b"\\bin999999999 ", b"{\\object", b"II*\x00", b"\xff\xd8\xff",
]  # fmt: skip
_NUMBERS = [b"0", b"-1", b"4294967296", b"99999999999999999999", b"1e308", b"NaN", b"00000000", b"2147483648"]

Mutation = Callable[[bytearray, Random], bytearray]


def _place(data: bytearray, rng: Random) -> tuple[int, int]:
    """A span of the data, short more often than long."""
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 8, 64, 512, 8192)))


def _flip(data: bytearray, rng: Random) -> bytearray:
    for _ in range(rng.choice((1, 4, 32))):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def _cut(data: bytearray, rng: Random) -> bytearray:
    return data[: rng.randrange(len(data) + 1)]


def _remove(data: bytearray, rng: Random) -> bytearray:
    start, end = _place(data, rng)
    del data[start:end]
    return data


def _repeat(data: bytearray, rng: Random) -> bytearray:
    start, end = _place(data, rng)
    data[start:start] = bytes(data[start:end]) * rng.choice((1, 3, 50))
    return data


def _swap(data: bytearray, rng: Random) -> bytearray:
    (a, b), (c, d) = _place(data, rng), _place(data, rng)
    one, other = data[a:b], data[c:d]
    data[c:d] = one
    data[a:b] = other
    return data


def _noise(data: bytearray, rng: Random) -> bytearray:
    start, end = _place(data, rng)
    data[start:end] = rng.randbytes(end - start)
    return data


def _token(data: bytearray, rng: Random) -> bytearray:
    for _ in range(rng.choice((1, 3))):
        start = rng.randrange(len(data) + 1)
        data[start:start] = rng.choice(_TOKENS) * rng.choice((1, 1, 1, 400))
    return data


def _number(data: bytearray, rng: Random) -> bytearray:
    """A number becomes another: sizes, offsets, dates, counts."""
    found = list(re.finditer(rb"\d+", data))
    if found:
        one = rng.choice(found)
        data[one.start() : one.end()] = rng.choice(_NUMBERS)
    return data


def _element(data: bytearray, rng: Random) -> bytearray:
    """An XML element, a JSON pair or a segment is doubled in place."""
    found = list(
        re.finditer(rb"<(\w[\w:]*)[^<>]*>[^<>]{0,200}</\1>|\"\w+\"\s*:\s*\"[^\"]*\",|\r[A-Z]{3}\|[^\r]*", data)
    )
    if found:
        one = rng.choice(found)
        data[one.end() : one.end()] = one.group() * rng.choice((1, 20))
    return data


def _nest(data: bytearray, rng: Random) -> bytearray:
    """Nesting without end around a place."""
    opening, closing = rng.choice(((b"<section>", b"</section>"), (b"[", b"]"), (b'{"a":', b"}"), (b"{", b"}")))
    depth = rng.choice((50, 5000))
    start = rng.randrange(len(data) + 1)
    data[start:start] = opening * depth + closing * depth
    return data


def _payload(data: bytearray, rng: Random) -> bytearray:
    """What base64 hides is damaged, and hidden again."""
    found = [m for m in re.finditer(rb"[A-Za-z0-9+/]{200,}={0,2}", data) if len(m.group()) % 4 == 0]
    if found:
        one = rng.choice(found)
        inner = mutate(base64.b64decode(one.group()), rng)
        data[one.start() : one.end()] = base64.b64encode(inner)
    return data


_MUTATIONS: tuple[Mutation, ...] = (
    _flip, _cut, _remove, _repeat, _swap, _noise, _token, _number, _element, _nest, _payload, _payload,
)  # fmt: skip


def mutate(data: bytes, rng: Random) -> bytes:
    """A damaged copy of a file, by one to three mutations drawn from `rng`."""
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3))):
        damaged = rng.choice(_MUTATIONS)(damaged, rng)
    return bytes(damaged)
