"""Scans that came to a machine without OCR wait, say what to install, and are taken up on a later night."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from limpide.synth import scan
from limpide.warehouse.layout import Layout
from limpide.warehouse.night import ocr_backlog
from limpide.warehouse.night.ledger_update import StructureReport
from limpide.warehouse.night.structuring import structure_night
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send
from tests.warehouse.test_road import ask

ONE, TWO, THREE = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)
COMMAND = "apt-get install tesseract-ocr tesseract-ocr-fra"
SAID = {
    "Nom": 96, "de": 96, "naissance": 96, ":": 96, "KERVADEC": 96, "\n1": 0,
    "Prénom": 96, "1:": 96, "SOLENNE": 96, "\n2": 0,
    "Né": 96, "le": 96, "2:": 96, "17/03/1954": 96, "\n3": 0, "Sexe": 96, "3:": 96, "F": 96, "\n4": 0,
    "Asthme": 96, "ancien.": 96, "\n5": 0, "Diabète": 41, "connu.": 96,
}  # fmt: skip


def tsv() -> str:
    """What Tesseract would print for a page that says who it is of; one word of it read badly."""
    out, line, x = ["level\tpage\tblock\tpar\tline\tword\tleft\ttop\twidth\theight\tconf\ttext"], 0, 0
    out.append("4\t1\t1\t1\t1\t0\t100\t100\t2000\t60\t-1\t")
    for word, confidence in SAID.items():
        if word.startswith("\n"):
            line, x = line + 1, 0
            out.append(f"4\t1\t1\t1\t{line + 1}\t0\t100\t{100 + 100 * line}\t2000\t60\t-1\t")
            continue
        wide = 30 * len(word)
        at = f"{100 + x}\t{100 + 100 * line}\t{wide}\t60"
        out.append(f"5\t1\t1\t1\t{line + 1}\t1\t{at}\t{confidence}\t{word.lstrip('123') if ':' in word else word}")
        x += wide + 25
    return "\n".join(out) + "\n"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A machine without Tesseract; calling what is returned installs it."""
    there, bare = tmp_path / "bin", tmp_path / "bare"
    there.mkdir()
    bare.mkdir()
    (tmp_path / "tsv").write_text(tsv())
    program = there / "tesseract"
    program.write_text(
        "#!/bin/sh\n[ $1 = --list-langs ] && { echo fra; exit; }\n/bin/cat > /dev/null\n"
        + f"/bin/cat {tmp_path / 'tsv'}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(bare))
    return lambda: monkeypatch.setenv("PATH", str(there))


def page(mark: int) -> Image.Image:
    """A line of bars; `mark` makes its bytes differ from those of other pages."""
    picture = Image.new("L", (800, 600), 255)
    for column in range(12):
        ImageDraw.Draw(picture).rectangle((100 + 45 * column, 100, 130 + 45 * column, 116 + mark), fill=0)
    return picture


def n1(payload: bytes, media: str) -> bytes:
    """A CDA whose body is a file."""
    whole = cda("N1", patient="").decode()
    body = (
        f'<nonXMLBody><text mediaType="{media}" representation="B64">{b64encode(payload).decode()}</text></nonXMLBody>'
    )
    before, _, after = whole.partition("<structuredBody>")
    return (before + body + after.partition("</structuredBody>")[2]).encode()


def image_only(mark: int) -> bytes:
    """A PDF without a letter of text."""
    out = BytesIO()
    page(mark).convert("RGB").save(out, "PDF", resolution=100)
    return out.getvalue()


def pages() -> dict[str, bytes]:
    return {
        "a.pdf": image_only(0),
        "b.tif": scan.tiff([page(1), page(2)], 100),
        "c.jpg": scan.jpeg(page(3), 100),
        "d.xml": n1(image_only(4), "application/pdf"),
    }


def test_every_kind_of_scan_waits_and_is_taken_up_by_itself(
    layout: Layout, tmp_path: Path, install: Callable[[], None]
) -> None:
    for name, data in pages().items():
        send(tmp_path / "1", "chu", name, data)
    send(tmp_path / "1", "chu", "e.xml", cda("E"))
    send(tmp_path / "2", "chu", "f.xml", cda("F"))
    send(tmp_path / "3", "chu", "g.xml", cda("G"))
    load(layout, tmp_path / "1", ONE)
    load(layout, tmp_path / "2", TWO)
    told = ask(layout, f"SELECT format, reason, detail LIKE '%{COMMAND}' FROM limpide_quarantine ORDER BY 1")
    assert told == [(kind, "needs_ocr", True) for kind in ("cda-n1", "jpeg", "pdf", "tiff")]

    install()
    load(layout, tmp_path / "3", THREE)
    assert ask(layout, "SELECT format, reason, detail FROM limpide_quarantine") == []
    assert ask(layout, "SELECT format, night FROM limpide_document WHERE format != 'cda-n3' ORDER BY 1") == [
        (kind, ONE) for kind in ("cda-n1", "jpeg", "pdf", "tiff")
    ]
    assert ask(layout, "SELECT max(page) FROM limpide_page JOIN limpide_document USING (document_key) "
               "WHERE format = 'tiff'") == [(2,)]  # fmt: skip


def structured(layout: Layout) -> StructureReport:
    (report,) = structure_night(layout, ONE, ["chu"], workers=0)
    return report


def test_the_same_night_again_reads_its_scans_once_ocr_is_there(
    layout: Layout, tmp_path: Path, install: Callable[[], None]
) -> None:
    send(tmp_path / "1", "chu", "c.jpg", pages()["c.jpg"])
    load(layout, tmp_path / "1", ONE)
    assert structured(layout).unchanged
    install()
    report = structured(layout)
    assert (report.unchanged, report.structured, report.quarantined) == (False, 1, {})
    assert structured(layout).unchanged


def test_ocr_turned_off_is_ocr_that_is_not_there(
    layout: Layout, tmp_path: Path, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    monkeypatch.setenv("LIMPIDE_OCR", "off")
    send(tmp_path / "1", "chu", "c.jpg", pages()["c.jpg"])
    load(layout, tmp_path / "1", ONE)
    load(layout, tmp_path / "1", TWO)
    assert ask(layout, "SELECT reason FROM limpide_quarantine") == [("needs_ocr",)]
    monkeypatch.delenv("LIMPIDE_OCR")
    load(layout, tmp_path / "1", TWO)
    assert ask(layout, "SELECT reason FROM limpide_quarantine") == []


def test_a_backlog_goes_over_several_nights(
    layout: Layout, tmp_path: Path, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr_backlog, "AT_ONCE", 1)
    send(tmp_path / "1", "chu", "b.tif", pages()["b.tif"])
    send(tmp_path / "2", "chu", "c.jpg", pages()["c.jpg"])
    load(layout, tmp_path / "1", ONE)
    load(layout, tmp_path / "2", TWO)
    install()
    left = []
    for night in (THREE, date(2026, 11, 4)):
        send(tmp_path / str(night), "chu", "g.xml", cda(f"G{night}"))
        load(layout, tmp_path / str(night), night)
        left += ask(layout, "SELECT count(*) FROM limpide_quarantine")
    assert left == [(1,), (0,)]


def test_what_was_read_badly_is_marked_in_the_published_facts(
    layout: Layout, tmp_path: Path, install: Callable[[], None]
) -> None:
    install()
    send(tmp_path / "1", "chu", "c.jpg", pages()["c.jpg"])
    load(layout, tmp_path / "1", ONE)
    sure = dict(ask(layout, "SELECT lower(display), ocr_confidence FROM limpide_fact WHERE display IS NOT NULL"))
    assert {name.split()[0].strip(","): round(value, 2) for name, value in sure.items()} == {
        "asthme": 0.96,
        "diabète": 0.41,
    }
    assert ask(layout, "SELECT count(*) FROM limpide_fact WHERE confidence > ocr_confidence") == [(0,)]
