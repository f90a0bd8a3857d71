"""The real documents, judged by the referee that comes with them (they are not part of the project)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from limpide.document import Document
from limpide.readers.registry import read
from pipelines.cli.structure import json_lines

JUDGED = {"condition", "drug", "measurement", "vital", "procedure", "device", "allergy", "immunization"}


@pytest.fixture(scope="module")
def paths(samples: Path) -> list[Path]:
    truths = [json.loads(line) for line in (samples / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    return [samples / truth["path"] for truth in truths if truth["format"] == "CDA_R2"]


@pytest.fixture(scope="module")
def documents(paths: list[Path]) -> list[Document]:
    return [document for path in paths for document in read(path.read_bytes(), str(path))]


@pytest.mark.samples
def test_the_referee_finds_every_header_fact_and_entry(
    samples: Path, paths: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Through the command, workers and engine included: what they add or lose is judged too."""
    monkeypatch.setenv("LIMPIDE_OCR", "off")
    output = tmp_path / "out.jsonl"
    output.write_text("\n".join(json_lines(paths, engine="limpide", workers=2)), encoding="utf-8")
    command = [sys.executable, samples / "referee.py", samples / "truth.jsonl", output]
    done = subprocess.run(
        [*command, "--min-header", "0.99", "--min-entries", "0.99"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "without an output line 0" in done.stdout
    read_per_entry = re.search(r"read per entry asked for ([\d.]+)", done.stdout)
    assert read_per_entry is not None
    assert float(read_per_entry.group(1)) <= 1.02


@pytest.mark.samples
def test_no_fact_is_told_that_the_truth_tells_nowhere(samples: Path, documents: list[Document]):
    """By code, in any list of the truth, header included; facts without a code are judged by the referee alone."""
    by_sha = {document.sha256: document for document in documents}
    foreign, judged = [], 0
    for line in (samples / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        truth = json.loads(line)
        if truth["format"] != "CDA_R2" or truth["sha256"] not in by_sha:
            continue
        for fact in by_sha[truth["sha256"]].facts:
            if fact.origin == "coded" and fact.code and fact.kind in JUDGED:
                judged += 1
                if json.dumps(fact.code) not in line:
                    foreign.append((truth["path"], fact.kind, fact.code))
    assert judged > 2_000
    assert foreign == []


@pytest.mark.samples
def test_every_place_holds_what_it_says_and_sections_never_overlap(documents: list[Document]):
    placed = 0
    for document in documents:
        end = 0
        for section in document.sections:
            assert end <= section.start <= section.end <= len(document.text)
            end = section.end
        for fact in document.facts:
            if fact.start is not None:
                assert document.text[fact.start : fact.end] == fact.text
                placed += 1
    assert placed > 3_500


@pytest.mark.samples
def test_real_documents_are_read_or_wait_for_ocr(documents: list[Document]):
    assert {(one.status, one.reason) for one in documents} <= {("ok", None), ("quarantined", "needs_ocr")}
