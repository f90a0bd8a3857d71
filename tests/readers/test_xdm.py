"""XDM archives: metadata, several documents, hostile archives."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.document import Action, Document
from limpide.readers.registry import read
from limpide.readers.xds import utc

RIM = 'xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"'


def cda(ident: str) -> bytes:
    body = base64.b64encode(f"Document {ident}, sans particularité.".encode()).decode()
    return (
        f'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3" extension="{ident}"/><component><nonXMLBody>'
        f'<text mediaType="text/plain" representation="B64">{body}</text></nonXMLBody></component></ClinicalDocument>'
    ).encode()


def slot(name: str, *values: str) -> str:
    inside = "".join(f"<Value>{v}</Value>" for v in values)
    return f'<Slot name="{name}"><ValueList>{inside}</ValueList></Slot>'


def entry(number: int, content: bytes, sha1: str | None = None, size: int | None = None) -> str:
    return (
        f'<ExtrinsicObject id="doc{number}" mimeType="text/xml">'
        + slot("hash", sha1 or hashlib.sha1(content).hexdigest().upper())
        + slot("size", str(len(content) if size is None else size))
        + slot("URI", f"DOC000{number}.XML")
        + slot("creationTime", "20210401151000")
        + slot("sourcePatientInfo", "PID-5|LEMERLE^JEANNE^^^^^L", "PID-7|19770714", "PID-8|F")
        + '<Classification classificationScheme="urn:uuid:f0306f51-975f-434e-a61c-c59651d33983" '
        'nodeRepresentation="11502-2">'
        + slot("codingScheme", "2.16.840.1.113883.6.1")
        + "</Classification>"
        + '<ExternalIdentifier identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427" '
        'value="279036912345659^^^&amp;1.2.250.1.213.1.4.8&amp;ISO^NH"/>'
        + '<ExternalIdentifier identificationScheme="urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab" '
        f'value="1.2.3^D{number}"/>' + "</ExtrinsicObject>"
    )


def metadata(*inside: str) -> bytes:
    # As MSSanté writes it: no declaration, leading spaces.
    listed = "".join(inside)
    return f"  <SubmitObjectsRequest><R {RIM}>{listed}</R></SubmitObjectsRequest>".encode()


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def package(*documents: bytes, folder: str = "IHE_XDM/SUBSET01", more: str = "") -> bytes:
    listed = [entry(n, content) for n, content in enumerate(documents, 1)]
    members = {f"{folder}/DOC000{n}.XML": content for n, content in enumerate(documents, 1)}
    return archive({"README.TXT": b"lisez-moi", f"{folder}/METADATA.XML": metadata(*listed, more), **members})


def only(data: bytes) -> Document:
    documents = read(data, "x.zip")
    assert len(documents) == 1
    return documents[0]


@pytest.mark.parametrize("folder", ["IHE_XDM/SUBSET01", "IHE_XDM/SS000001", "ailleurs"])
def test_documents_are_found_whatever_the_folder(folder: str) -> None:
    documents = read(package(cda("D1"), cda("D2"), folder=folder), "x.zip")
    assert [d.header.document_id for d in documents] == ["1.2.3^D1", "1.2.3^D2"]
    assert [d.text for d in documents] == ["Document D1, sans particularité.", "Document D2, sans particularité."]
    assert all(d.warnings == [] and d.container_sha256 for d in documents)


def test_metadata_complete_what_the_document_does_not_say_in_utc() -> None:
    head = only(package(cda("D1"))).header
    assert (head.type_code, head.effective_time) == ("11502-2", "2021-04-01T15:10:00+00:00")
    assert (head.patient.ins, head.patient.family_birth, head.patient.birth_date, head.patient.sex) == (
        "279036912345659",
        "LEMERLE",
        "1977-07-14",
        "F",
    )


def test_a_wrong_hash_or_size_is_a_warning() -> None:
    members = {"A/METADATA.XML": metadata(entry(1, cda("D1"), sha1="0" * 40, size=3)), "A/DOC0001.XML": cda("D1")}
    document = only(archive(members))
    assert document.status == "ok"
    assert document.warnings == [
        "stated size differs from the document's",
        "stated hash differs from the document's",
    ]


def test_a_replacement_stated_in_the_metadata() -> None:
    kind = "urn:ihe:iti:2007:AssociationType:RPLC"
    relation = f'<Association associationType="{kind}" sourceObject="doc1" targetObject="urn:uuid:9-9"/>'
    head = only(package(cda("D1"), more=relation)).header
    assert (head.action, head.replaces) == (Action.REPLACE, ["9-9"])


def test_a_listed_document_that_is_missing_is_truncated() -> None:
    assert only(archive({"A/METADATA.XML": metadata(entry(1, b"x"))})).reason == "truncated"


def test_an_unlisted_document_is_read_and_said_so() -> None:
    document = only(archive({"a.xml": cda("D9"), "METADATA.XML": metadata()}))
    assert (document.header.document_id, document.warnings) == (
        "1.2.3^D9",
        ["document not listed in the archive's metadata"],
    )


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil.xml", "a/../../evil.xml", "C:/evil.xml", "..\\evil.xml"])
def test_names_that_climb_out_are_refused(name: str) -> None:
    assert only(archive({name: cda("D1")})).reason == "forbidden_construct"


def test_a_bomb_is_refused() -> None:
    assert only(archive({"a.xml": b"<a>" + b" " * 50_000_000})).reason == "too_large"


def test_too_many_members_are_refused() -> None:
    assert only(archive({f"{n}.txt": b"" for n in range(1_001)})).reason == "too_large"


def test_archives_in_archives_stop_at_the_bound() -> None:
    data = archive({"a.xml": cda("D1")})
    for _ in range(6):
        data = archive({"a.zip": data})
    assert only(data).reason == "forbidden_construct"


def test_a_member_that_is_no_document_is_counted_with_its_reason() -> None:
    document = only(archive({"IHE_XDM/METADATA.XML": metadata(), "README.TXT": b"lisez-moi", "a.bin": b"\x00\x01"}))
    assert (document.reason, document.warnings) == (
        "unknown_format",
        ["document not listed in the archive's metadata"],
    )


def test_a_dtd_in_the_metadata_is_refused() -> None:
    hostile = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    assert only(archive({"A/METADATA.XML": hostile})).reason == "forbidden_construct"


def test_a_directory_that_points_before_the_archive_is_malformed() -> None:
    # Found by fuzzing: bytes cut at the head make zipfile seek to a negative place.
    assert only(b"PK\x03\x04" + package(cda("D1"))[200:]).reason == "malformed"


@given(st.data())
def test_a_damaged_archive_never_raises(data: st.DataObject) -> None:
    whole = bytearray(package(cda("D1")))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    for document in read(bytes(whole[: data.draw(st.integers(4, len(whole)))]), "x.zip"):
        assert document.reason != "reader_crashed"


@pytest.mark.parametrize(
    ("written", "iso"),
    [("20210401151000", "2021-04-01T15:10:00+00:00"), ("20210401", "2021-04-01"), ("2021", "2021"), ("x", None)],
)
def test_xds_times_are_utc(written: str, iso: str | None) -> None:
    assert utc(written) == iso


@pytest.mark.samples
def test_the_real_archives(samples: Path) -> None:
    paths = sorted(p for p in samples.rglob("*") if p.suffix.lower() == ".zip")
    assert len(paths) == 9
    for path in paths:
        document = only(path.read_bytes())
        assert (document.status, document.format) == ("ok", "cda-n3"), path.name
        assert not [w for w in document.warnings if "stated" in w or "carrier" in w], path.name
        assert document.header.patient.ins
