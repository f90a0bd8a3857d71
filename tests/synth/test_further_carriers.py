"""Formats beside the CI-SIS: what the generator wrote, the doors read back, fact for fact."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from limpide.document import Document
from limpide.readers.recognise import recognise
from limpide.readers.registry import read
from limpide.synth.feed import FeedSummary, generate
from limpide.synth.further_carriers import EVERY_FORMAT, FURTHER
from limpide.synth.truth import read_truth

Pair = tuple[dict[str, Any], Document]
FIELDS = ("kind", "code", "value", "comparator", "unit", "range_low", "range_high", "flag")
NAMED = {"docx", "odt", "html", "mail", "zip", "gzip", "hprim-sante", "hprim-medecins", "hl7v2", "fhir"}


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> FeedSummary:
    return generate(tmp_path_factory.mktemp("feed") / "f", documents=160, nights=1, seed=7, menu=FURTHER)


@pytest.fixture(scope="module")
def pairs(feed: FeedSummary) -> list[Pair]:
    found = []
    for line in read_truth(feed.root):
        path = feed.root / "landing" / line["path"]
        if line["format"] in NAMED and line["status"] == "published":
            assert str(recognise(path.read_bytes())) == line["format"], line["path"]
            found.append((line, read(path.read_bytes(), line["path"])[line["member"]]))
    return found


def test_every_further_format_is_made_and_read(pairs: list[Pair]) -> None:
    assert {line["format"] for line, _ in pairs} == NAMED
    assert [(line["path"], document.reason) for line, document in pairs if document.status != "ok"] == []
    assert {recipe.name for recipe in FURTHER} < {recipe.name for recipe in EVERY_FORMAT}


def test_coded_facts_are_recovered_exactly(pairs: list[Pair]) -> None:
    total = 0
    for line, document in pairs:
        told = Counter(tuple(f.get(n) for n in FIELDS) for f in line["facts"] if f["origin"] == "coded")
        found = Counter(tuple(getattr(f, n) or None for n in FIELDS) for f in document.facts if f.origin == "coded")
        told = Counter(tuple(value or None for value in key) for key in told.elements())
        assert found == told, line["path"]
        total += told.total()
    assert total > 100


def test_statements_printed_are_found_in_the_text(pairs: list[Pair]) -> None:
    total = missed = 0
    for line, document in pairs:
        text = re.sub(r"\s+", " ", document.text)
        for fact in line["facts"]:
            if fact["origin"] == "text":
                total += 1
                missed += re.sub(r"\s+", " ", fact["text"]) not in text
    assert total > 200
    assert missed / total < 0.01  # two columns of a PDF may be read across


def test_the_patient_of_each_is_found(pairs: list[Pair]) -> None:
    for line, document in pairs:
        truth, patient = line["header"]["patient"], document.header.patient
        if line["format"] in ("docx", "odt", "html", "hl7v2", "fhir"):
            assert patient.ins == truth["ins"], line["path"]
        if line["format"].startswith("hprim"):
            assert patient.birth_date == truth["birth_date"], line["path"]
