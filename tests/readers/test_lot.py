"""Lots: each member is a document, read or refused, counted; bombs and names that climb out are refused."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.errors import LIMITS
from limpide.readers.registry import read

NOTE = "Patient : COLIN Rose\nConclusion : examen normal, revoir dans un an.\n"


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


MEMBERS = {"a.txt": NOTE.encode(), "b/c.txt": (NOTE + "2").encode(), "d.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_each_member_is_a_document_read_or_refused(pack: object) -> None:
    data = pack({**MEMBERS, "__MACOSX/._a.txt": b"x", "Thumbs.db": b"x"})  # type: ignore[operator]
    documents = read(data, "lot.zip")
    assert [(d.status, d.reason) for d in documents] == [("ok", None), ("ok", None), ("quarantined", "no_reader")]
    assert documents[0].text == NOTE
    assert len({d.sha256 for d in documents}) == 3
    assert len({d.container_sha256 for d in documents}) == 1 and documents[0].container_sha256


def test_a_gzip_is_what_it_holds() -> None:
    (document,) = read(gzip.compress(NOTE.encode()), "a.gz")
    assert (document.format, document.text) == ("text", NOTE)
    (first, _, _) = read(gzip.compress(tarred(MEMBERS)), "a.tar.gz")
    assert first.text == NOTE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(bytes(50_000_000)), "too_large"),
        (gzip.compress(NOTE.encode())[:-9], "truncated"),
        (b"\x1f\x8b\x08\x00" + b"\xff" * 40, "malformed"),
        (zipped({"a": bytes(50_000_000)}), "too_large"),
        (zipped({}), "no_document"),
        (tarred({"../a": b"x"}), "forbidden_construct"),
        (tarred({"a.txt": NOTE.encode() * 200})[:2000], "truncated"),
    ],
    ids=["gzip bomb", "gzip cut", "gzip of noise", "zip bomb", "empty zip", "tar that climbs", "tar cut"],
)
def test_what_cannot_be_unpacked_within_bounds_is_refused(data: bytes, reason: str) -> None:
    (document,) = read(data, "lot")
    assert document.reason == reason


def test_archives_in_archives_may_not_unpack_more_than_one_may() -> None:
    bomb = zipped({f"{n}.txt": b"a" * 900_000 for n in range(9)})
    limits = replace(LIMITS, archive_bytes=8_500_000 + len(bomb), archive_ratio=2_000)
    reasons = {d.reason for d in read(zipped({"a.zip": bomb, "b.txt": b"c" * 900_000}), "lot.zip", limits)}
    assert "too_large" in reasons


@given(st.data())
def test_a_damaged_lot_never_raises(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([zipped(MEMBERS), tarred(MEMBERS), gzip.compress(NOTE.encode())]))
    at = data.draw(st.integers(4, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + 4 :]
    assert all(document.status in ("ok", "quarantined") for document in read(damaged, "lot"))
