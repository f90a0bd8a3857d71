"""The synthetic feed: the same seed gives the same bytes, and its truth is true of its files."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from limpide.errors import Reason
from limpide.readers.recognise import recognise
from limpide.synth.feed import FeedSummary, generate
from limpide.synth.truth import read_truth

NS = {"c": "urn:hl7-org:v3"}


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> FeedSummary:
    return generate(tmp_path_factory.mktemp("feed") / "demo", documents=360, nights=3, seed=7)


@pytest.fixture(scope="module")
def lines(feed: FeedSummary) -> list[dict[str, Any]]:
    return list(read_truth(feed.root))


def fingerprint(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def words(data: bytes, line: dict[str, Any]) -> str:
    """Every text in a file, white space and end-of-line hyphens aside: in clear, and in what it embeds."""
    import pypdfium2

    pdf = data if data.startswith(b"%PDF") else None
    text = "" if pdf else data.decode("utf-8", "replace")
    if line["inner"] == "pdf" and line["format"] == "cda-n1":
        pdf = base64.b64decode(etree.fromstring(data).findtext(".//c:nonXMLBody/c:text", namespaces=NS))
    if line["inner"] == "pdf" and line["format"] == "fhir":
        resources = [entry["resource"] for entry in json.loads(data)["entry"]]
        pdf = base64.b64decode(next(each["data"] for each in resources if each["resourceType"] == "Binary"))
    if pdf is not None:
        document = pypdfium2.PdfDocument(pdf)
        text += "\n" + "\n".join(page.get_textpage().get_text_bounded() for page in document)
        document.close()
    return squeezed(text)


def readable(data: bytes, line: dict[str, Any]) -> bool:
    """Whether `words` reads this file whole: UTF-8, or a PDF; not RTF, ZIP, Windows-1252 nor what they carry."""
    if line["inner"] not in {None, "pdf"} or line["format"] not in {"cda-n1", "cda-n3", "pdf", "text", "fhir"}:
        return False
    try:
        return data.startswith(b"%PDF") or bool(data.decode())
    except UnicodeDecodeError:
        return False


def squeezed(text: str) -> str:
    return re.sub(r"[\s\x02\ufffe-]+", "", text)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 11), ("b", 11), ("c", 12)):
        generate(tmp_path / name, documents=40, nights=2, seed=seed)
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    assert fingerprint(tmp_path / "a") != fingerprint(tmp_path / "c")


def test_landing_holds_only_what_a_hospital_sends(feed: FeedSummary, lines: list[dict[str, Any]]) -> None:
    landed = {str(path.relative_to(feed.root / "landing")) for path in (feed.root / "landing").rglob("*.*")}
    assert landed == {line["path"] for line in lines}
    assert {path.split("/")[0] for path in landed} == {"2026-11-01", "2026-11-02", "2026-11-03"}
    assert {path.split("/")[1] for path in landed} == {
        "chu-lumiere",
        "labo-bievre",
        "clinique-des-tilleuls",
        "cabinet-belledonne",
    }


def test_each_line_of_truth_bears_the_hash_and_the_format_of_its_file(
    feed: FeedSummary, lines: list[dict[str, Any]]
) -> None:
    for line in lines:
        data = (feed.root / "landing" / line["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == line["sha256"]
        if line["reason"] not in {"malformed", "truncated"}:
            assert str(recognise(data)) == line["format"], line["path"]


def test_statuses_are_conserved_by_source(feed: FeedSummary, lines: list[dict[str, Any]]) -> None:
    assert feed.files == 360
    assert len(lines) == feed.documents
    assert len({line["path"] for line in lines}) == feed.files
    assert len({(line["path"], line["member"]) for line in lines}) == feed.documents
    counted: dict[str, Counter[str]] = {}
    for line in lines:
        counted.setdefault(line["source"], Counter())[line["final_status"]] += 1
    assert counted == {source: +statuses for source, statuses in feed.statuses.items()}
    assert Counter(line["reason"] for line in lines if line["reason"]) == feed.reasons
    assert set(feed.reasons) <= {str(reason) for reason in Reason}


def test_a_duplicate_has_the_bytes_of_what_it_repeats_and_comes_after_it(lines: list[dict[str, Any]]) -> None:
    by_path = {line["path"]: line for line in lines}
    repeated = [line for line in lines if "duplicate_of" in line]
    assert repeated
    for line in repeated:
        original = by_path[line["duplicate_of"]]
        assert original["sha256"] == line["sha256"]
        assert (original["night"], original["source"]) <= (line["night"], line["source"]) or (
            original["night"] < line["night"]
        )
        if original["night"] == line["night"]:
            assert original["source"] == line["source"]
            assert original["path"] < line["path"]


def test_two_forms_of_one_report_in_one_message_count_once(lines: list[dict[str, Any]]) -> None:
    twins = [line for line in lines if line["same_as"] and "duplicate_of" not in line]
    assert twins
    for twin in twins:
        (main,) = (line for line in lines if line["path"] == twin["path"] and line["member"] == 1)
        assert twin["member"] == 0
        assert [twin["status"], twin["same_as"], twin["inner"]] == ["duplicated", main["document_id"], "cda-n1"]
        assert [main["status"], main["inner"], main["format"]] == ["published", "cda-n3", "hl7v2"]


def test_a_deletion_takes_its_document_away(feed: FeedSummary, lines: list[dict[str, Any]]) -> None:
    orders = [line for line in lines if line["status"] == "deleted"]
    by_id = {line["document_id"]: line for line in lines if line["status"] == "published"}
    assert orders
    for order in orders:
        assert by_id[order["document_id"]]["final_status"] == "deleted"
        message = (feed.root / "landing" / order["path"]).read_bytes()
        assert b"|MDM^T04^MDM_T02|" in message
        assert b"ORC|CA" in message


def test_a_replacement_names_the_document_it_replaces_which_is_superseded(lines: list[dict[str, Any]]) -> None:
    by_id = {line["document_id"]: line for line in lines if line["document_id"] and line["status"] == "published"}
    replaced = {document for line in lines if line["status"] == "published" for document in line["replaces"]}
    known = replaced & set(by_id)
    assert known
    assert {by_id[document]["final_status"] for document in known} == {"superseded"}
    superseded = {line["document_id"] for line in lines if line["final_status"] == "superseded"}
    assert superseded == known
    for line in lines:
        for document in line["replaces"]:
            if document in by_id and line["status"] == "published":
                parent = by_id[document]
                assert parent["patient"] == line["patient"]
                assert parent["set_id"] == line["set_id"]
                if line["version"] is not None:  # FHIR does not say
                    assert line["version"] == (parent["version"] or 1) + 1


def test_document_ids_are_never_reused_for_other_content(lines: list[dict[str, Any]]) -> None:
    seen: dict[str, str] = {}
    for line in lines:
        if line["document_id"] and line["status"] == "published":
            assert seen.setdefault(line["document_id"], line["sha256"]) == line["sha256"]


def test_headers_in_the_xml_are_those_of_the_truth(feed: FeedSummary, lines: list[dict[str, Any]]) -> None:
    checked = 0
    for line in lines:
        if line["status"] != "published" or not line["format"].startswith("cda"):
            continue
        root = etree.fromstring((feed.root / "landing" / line["path"]).read_bytes())
        if root.tag != "{urn:hl7-org:v3}ClinicalDocument":
            root = root.find(".//c:ClinicalDocument", NS)
        own = root.find("c:id", NS)
        extension = own.get("extension")
        assert own.get("root") + (f"^{extension}" if extension else "") == line["document_id"]
        assert root.find("c:code", NS).get("code") == line["header"]["type_code"]
        assert root.findtext("c:title", namespaces=NS) == line["header"]["title"]
        patient = line["header"]["patient"]
        role = root.find("c:recordTarget/c:patientRole", NS)
        assert role.find("c:id", NS).get("extension") == patient["ins"]
        assert role.find("c:patient/c:birthTime", NS).get("value") == patient["birth_date"].replace("-", "")
        assert role.find("c:patient/c:administrativeGenderCode", NS).get("code") == patient["sex"]
        stamp = root.find("c:effectiveTime", NS).get("value")
        assert stamp.startswith(line["header"]["effective_time"][:10].replace("-", ""))
        checked += 1
    assert checked > 150


def test_coded_facts_are_entries_of_the_xml_one_for_one(feed: FeedSummary, lines: list[dict[str, Any]]) -> None:
    """Counted by an independent reading of the XML: codes of problems, products, results, signs and acts."""
    for line in lines:
        if line["status"] != "published" or line["format"] != "cda-n3":
            continue
        root = etree.fromstring((feed.root / "landing" / line["path"]).read_bytes())
        if root.tag != "{urn:hl7-org:v3}ClinicalDocument":
            root = root.find(".//c:ClinicalDocument", NS)
        fr = "1.2.250.1.213.1.1.3."
        observations = list(root.iter("{*}observation"))
        problems = [node.find("c:value", NS).get("code") for node in observations if _is(node, fr + "37")]
        results = [node for node in observations if _is(node, fr + "80")]
        priors = root.findall(".//c:entryRelationship[@typeCode='REFR']/c:observation", NS)
        coded = [fact for fact in line["facts"] if fact["origin"] == "coded"]
        kinds = Counter((fact["kind"], bool(fact.get("prior"))) for fact in coded)
        assert sorted(problems) == sorted(f["code"] for f in coded if f["kind"] == "condition")
        assert kinds["measurement", False] == len(results)
        assert kinds["measurement", True] == len(priors)
        given = [node for node in root.iter("{*}substanceAdministration") if _is(node, fr + "45")]
        assert kinds["immunization", False] == len(given)
        assert kinds["drug", False] == len(root.findall(".//c:substanceAdministration", NS)) - len(given)
        assert kinds["family_history", False] == sum(_is(node, fr + "51") for node in observations)
        acts = [node for node in root.iter("{*}procedure") if _is(node, fr + "62")]
        acts += root.findall(".//c:serviceEvent/c:code/c:translation[@codeSystem='1.2.250.1.213.2.5']", NS)
        assert kinds["procedure", False] == len(acts)
        assert kinds["device", False] == sum(_is(node, fr + "20") for node in root.iter("{*}supply"))
        isolates = [node for node in root.iter("{*}organizer") if _is(node, fr + "79")]
        assert kinds["observation", False] == len(isolates) + sum(_is(node, fr + "53") for node in observations)
        for reference in root.iter("{*}reference"):
            assert root.xpath("//*[@ID=$wanted]", wanted=reference.get("value").removeprefix("#"))


def _is(node: Any, template: str) -> bool:
    return any(each.get("root") == template for each in node.findall("c:templateId", NS))


def test_statements_of_the_truth_are_printed_in_the_file(feed: FeedSummary, lines: list[dict[str, Any]]) -> None:
    said = 0
    for line in lines:
        data = (feed.root / "landing" / line["path"]).read_bytes()
        if line["status"] != "published" or not readable(data, line):
            continue
        text = words(data, line)
        for fact in line["facts"]:
            if fact["origin"] == "text":
                # A table cell may wrap: each word of it is there.
                parts = [fact["text"]] if squeezed(fact["text"]) in text else fact["text"].split()
                assert all(squeezed(part) in text for part in parts), (line["path"], fact["text"])
                said += 1
    assert said > 2000


def test_identities_listed_occur_in_the_file(feed: FeedSummary, lines: list[dict[str, Any]]) -> None:
    listed = 0
    for line in lines:
        data = (feed.root / "landing" / line["path"]).read_bytes()
        if line["reason"] in {"needs_ocr", "truncated", "malformed", "forbidden_construct"} or not readable(data, line):
            continue
        text = words(data, line)
        for identity in line["identities"]:
            assert squeezed(identity["value"]) in text, (line["path"], identity)
            listed += 1
        if line["status"] == "published":
            assert {"ins", "given"} <= {identity["kind"] for identity in line["identities"]}
    assert listed > 2000


def test_every_patient_has_one_line_of_identities(feed: FeedSummary, lines: list[dict[str, Any]]) -> None:
    people = [json.loads(each) for each in (feed.root / "truth" / "identities.jsonl").open(encoding="utf-8")]
    assert [len(people), len({each["patient"] for each in people})] == [feed.patients, feed.patients]
    assert {line["patient"] for line in lines} == {each["patient"] for each in people}
    assert len({each["ins"] for each in people}) == feed.patients


def test_patients_come_back_over_the_nights(lines: list[dict[str, Any]]) -> None:
    nights: dict[int, set[str]] = {}
    for line in lines:
        nights.setdefault(line["patient"], set()).add(line["night"])
    assert sum(len(each) == 3 for each in nights.values()) >= 10


def test_a_prior_result_is_the_result_that_an_earlier_report_gave(lines: list[dict[str, Any]]) -> None:
    """Two reports of one patient agree on the value of a day."""
    told: dict[tuple[int, str, str], float] = {}
    agreed = 0
    for line in lines:
        for fact in line["facts"]:
            if fact["kind"] != "measurement" or not fact.get("prior"):
                continue
            key = (line["patient"], fact["code"], fact["time_start"])
            agreed += key in told
            assert told.setdefault(key, fact["value"]) == fact["value"]
    assert agreed > 20


def test_a_feed_is_never_written_over_another(feed: FeedSummary) -> None:
    with pytest.raises(FileExistsError):
        generate(feed.root, documents=1, nights=1, seed=8)


def test_nights_share_the_documents_and_progress_is_told(tmp_path: Path) -> None:
    told: list[int] = []
    made = generate(
        tmp_path / "f", documents=11, nights=3, seed=1, start=date(2024, 2, 28), patients=3, progress=told.append
    )
    assert made.nights == [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]
    assert Counter(path.split("/")[0] for path in {line["path"] for line in read_truth(made.root)}) == {
        "2024-02-28": 4,
        "2024-02-29": 4,
        "2024-03-01": 3,
    }
    assert sum(told) == 11
    assert made.patients <= 3


def test_a_tiny_feed_has_always_the_same_bytes(tmp_path: Path) -> None:
    """Known bytes: whoever changes a sentence, a template or a share changes this on purpose.

    Scans are left out: their pixels belong to the version of the renderer.
    """
    feed = generate(tmp_path / "tiny", documents=24, nights=2, seed=1)
    assert feed.files == 24
    digest = hashlib.sha256()
    for line in read_truth(feed.root):
        if line["reason"] != "needs_ocr":
            digest.update(line["sha256"].encode())
    assert digest.hexdigest() == "b6d4f2e2d4c99799119a7d07f7131ca2415886bef4f9b43a9979348c7733dc2c"
