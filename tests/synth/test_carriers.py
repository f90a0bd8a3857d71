"""Carriers as senders write them: XDM, HL7 v2, FHIR, RTF, self-presentable CDA, scans."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from datetime import date
from random import Random

import pytest
from lxml import etree

from limpide.document import Format
from limpide.readers.recognise import recognise
from limpide.synth import carriers, scan
from limpide.synth import envelope as kinds
from limpide.synth.cases import Case
from limpide.synth.formats import hl7v2
from limpide.synth.history import health, stay
from limpide.synth.population import SITES, Population
from limpide.synth.recipes import cda_n1, loose_pdf

DAY = date(2026, 7, 14)
PEOPLE = Population(4, 20)


@pytest.fixture
def case() -> Case:
    patient = PEOPLE.patient(2)
    staff = PEOPLE.clinicians["chu-lumiere"]
    return Case(4, patient, SITES[0], staff[0], health(4, patient), stay(4, patient, DAY), DAY, date(2026, 5, 1))


def test_xdm_states_hash_size_and_utc_times_of_its_members(case: Case) -> None:
    for seed in range(8):
        made = carriers.xdm_archive(kinds.LABORATORY, case, Random(seed), None)
        assert recognise(made.data) == Format.XDM
        with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        (folder,) = (name.rpartition("/")[0] for name in members if name.endswith("METADATA.XML"))
        metadata = members[f"{folder}/METADATA.XML"]
        assert metadata.startswith(b" <")
        entries = list(etree.fromstring(metadata.strip()).iter("{*}ExtrinsicObject"))
        assert len(entries) == 1 + len(made.also)
        for entry in entries:
            slots = {slot.get("name"): slot.findtext(".//{*}Value") for slot in entry.iter("{*}Slot")}
            member = members[f"{folder}/{slots['URI']}"]
            assert hashlib.sha1(member).hexdigest().upper() == slots["hash"]
            assert str(len(member)) == slots["size"]
        assert made.head is not None
        # Summer: Paris is two hours ahead of UTC.
        assert int(made.head.stamp[8:10]) - 2 == int(slots_of(entries[0])["creationTime"][8:10])


def slots_of(entry: etree._Element) -> dict[str, str]:
    return {slot.get("name"): slot.findtext(".//{*}Value") for slot in entry.iter("{*}Slot")}


def test_messages_vary_their_line_ends_and_character_sets(case: Case) -> None:
    ends, charsets = set(), set()
    for seed in range(40):
        data = carriers.mdm(kinds.DISCHARGE, case, Random(seed), None).data
        assert recognise(data) == Format.HL7V2
        ends.add("\r\n" if b"\r\n" in data else "\r" if b"\r" in data else "\n")
        charsets.add(data.split(b"|")[17])
    assert ends == {"\r", "\n", "\r\n"}
    assert charsets == {b"UNICODE UTF-8", b"8859/15"}


@pytest.mark.parametrize(
    "event, marks",
    [
        ("create", (b"T02", b"ORC|NW", b"|F")),
        ("replace", (b"T10", b"ORC|RO", b"|C")),
        ("delete", (b"T04", b"ORC|CA", b"|D")),
    ],
)
def test_the_event_is_said_by_trigger_order_and_observation(case: Case, event: str, marks: tuple[bytes, ...]) -> None:
    made = cda_n1(kinds.DISCHARGE, case, Random(1), None)
    assert made.head is not None
    data = hl7v2.message(made.head, [made.data], Random(2), event=event)
    trigger, order, status = marks
    assert b"MDM^" + trigger in data
    assert order in data
    (obx,) = (line for line in data.replace(b"\n", b"\r").split(b"\r") if b"|ED|" in line)
    assert obx.endswith(status)
    payload = obx.split(b"|")[5].split(b"^")[4]
    assert base64.b64decode(payload + b"=" * (-len(payload) % 4)) == made.data


def test_fhir_attachments_state_true_size_and_hash(case: Case) -> None:
    made = carriers.fhir_attached(kinds.CONSULTATION, case, Random(3), None)
    resources = [entry["resource"] for entry in json.loads(made.data)["entry"]]
    (binary,) = (each for each in resources if each["resourceType"] == "Binary")
    (reference,) = (each for each in resources if each["resourceType"] == "DocumentReference")
    payload = base64.b64decode(binary["data"])
    attachment = reference["content"][0]["attachment"]
    assert attachment["size"] == len(payload)
    assert base64.b64decode(attachment["hash"]) == hashlib.sha1(payload).digest()
    assert attachment["url"] == f"urn:uuid:{binary['id']}"


def test_a_fhir_document_opens_with_its_composition(case: Case) -> None:
    made = carriers.fhir_document(kinds.LABORATORY, case, Random(3), None)
    bundle = json.loads(made.data)
    assert bundle["type"] == "document"
    assert bundle["entry"][0]["resource"]["resourceType"] == "Composition"
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    composition = bundle["entry"][0]["resource"]
    assert all(each["reference"] in urls for section in composition["section"] for each in section["entry"])


def test_a_self_presentable_document_is_whole_inside_its_stylesheet(case: Case) -> None:
    made = carriers.self_presentable(kinds.LABORATORY, case, Random(3), None)
    root = etree.fromstring(made.data)
    assert root.tag == "{http://www.w3.org/1999/XSL/Transform}stylesheet"
    (document,) = root.findall("{urn:asip-sante:ci-sis}Contenu/{urn:hl7-org:v3}ClinicalDocument")
    assert document.prefix == "c"
    assert recognise(made.data) == Format.CDA_N3


def test_rtf_is_seven_bits(case: Case) -> None:
    made = carriers.loose_rtf(kinds.CONSULTATION, case, Random(3), None)
    assert made.data.isascii()
    assert made.data.startswith(b"{\\rtf1\\ansi\\ansicpg1252")
    assert made.data.count(b"{") == made.data.count(b"}")


def test_scans_are_pictures_without_text(case: Case) -> None:
    import pypdfium2

    page = scan.picture(loose_pdf(kinds.CONSULTATION, case, Random(3), None).data, dpi=100)
    assert page.size == (827, 1170)
    assert [recognise(data) for data in (scan.tiff([page]), scan.jpeg(page), scan.png(page))] == [
        Format.TIFF,
        Format.JPEG,
        Format.PNG,
    ]
    pdf = scan.image_pdf(page)
    document = pypdfium2.PdfDocument(pdf)
    assert document[0].get_textpage().get_text_bounded() == ""
    drawn = document[0].render(scale=1, grayscale=True).to_numpy()
    assert 0.85 < drawn.mean() / 255 < 0.995  # black on white, not the reverse
    document.close()
    assert scan.image_pdf(page) == pdf


def test_skew_and_noise_degrade_a_picture_the_same_way_twice(case: Case) -> None:
    pdf = loose_pdf(kinds.CONSULTATION, case, Random(3), None).data
    clean = scan.picture(pdf, dpi=72)
    worn = scan.picture(pdf, dpi=72, skew=1.5, noise=0.02, seed=9)
    assert worn.tobytes() == scan.picture(pdf, dpi=72, skew=1.5, noise=0.02, seed=9).tobytes()
    assert worn.tobytes() != clean.tobytes()
