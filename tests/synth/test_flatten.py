"""A structured document printed: every statement of its narrative is on the page, none of its codes."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest

from limpide.document import Document, Header, Section
from limpide.readers.registry import read
from limpide.synth.feed import generate
from limpide.synth.flatten import flat_content, flatten
from limpide.synth.recipes import BASE
from limpide.synth.truth import read_truth


def printed(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def report() -> Document:
    text = "Biochimie\nAnalyse\tRésultat\tUnité\nPotassium\t4,1\tmmol/L\n\nConclusion\nBilan sans anomalie ≥ 3 mois."
    return Document(
        path="a.xml",
        sha256="0" * 64,
        header=Header(title="Compte rendu"),
        text=text,
        sections=[
            Section("18719-5", None, "Biochimie", 0, text.index("\n\n")),
            Section("55112-7", None, "Conclusion", text.index("Conclusion"), len(text)),
        ],
    )


def test_lines_with_tabs_are_rows_and_titles_are_printed_once(report: Document) -> None:
    content = flat_content(report)
    assert [section.title for section in content.sections] == ["Biochimie", "Conclusion"]
    (table,) = content.sections[0].blocks
    assert table.header == ("Analyse", "Résultat", "Unité")
    assert table.rows == [("Potassium", "4,1", "mmol/L")]
    assert sum(table.widths) == pytest.approx(1)
    assert printed(flatten(report, identity=False)).strip() == (
        "Compte rendu Biochimie Analyse Résultat Unité Potassium 4,1 mmol/L "
        "Conclusion Bilan sans anomalie >= 3 mois. Page 1/1"
    )


def test_the_same_document_gives_the_same_bytes(report: Document) -> None:
    assert flatten(report) == flatten(report)


def test_every_narrative_of_the_feed_is_on_the_page_and_no_code_is(tmp_path: Path) -> None:
    feed = generate(tmp_path / "f", documents=60, nights=1, seed=5, menu=tuple(r for r in BASE if r.name[:2] == "n3"))
    seen = 0
    for line in read_truth(feed.root):
        if line["format"] != "cda-n3" or line["status"] != "published":
            continue
        (document,) = read((feed.root / "landing" / line["path"]).read_bytes(), line["path"])
        pdf = flatten(document)
        text = re.sub(r"\s+", "", printed(pdf))
        # A table cell may wrap within its column: it is looked for word by word.
        for word in document.text.split():
            assert word in text, (line["path"], word)
        codes = {fact.code for fact in document.facts if fact.code}
        assert not any(re.search(rf"\b{re.escape(code)}\b", printed(pdf)) for code in codes)
        seen += 1
    assert seen > 30
