"""The records of formats and the page that describes them say the same."""

from __future__ import annotations

import re
from pathlib import Path

from limpide.formats import RECORDS, Format, formats_of, record_of

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "doors.md").read_text("utf-8")


def listed(title: str) -> set[str]:
    part = PAGE.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}


def test_every_format_has_its_row_where_it_belongs() -> None:
    read = {str(record.format) for record in RECORDS if record.module}
    refused = {str(record.format) for record in RECORDS if not record.module}
    assert listed("Lus\n") == read
    assert listed("Lus si") | listed("Refusés") == refused
    assert read | refused | {"unknown"} == set(map(str, Format))


def test_every_refusal_says_the_name_that_the_page_gives() -> None:
    names = {str(record.format): record.name for record in RECORDS if not record.module}
    for name in listed("Refusés"):
        (said,) = {line.split("|")[2].strip() for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")}
        assert names[name].split(" (")[0].split(" in a format")[0] in said


def test_a_media_type_promises_a_format() -> None:
    assert formats_of("application/pdf") == {Format.PDF}
    assert formats_of("TEXT/HTML; charset=utf-8") == {Format.HTML}
    assert formats_of("application/octet-stream") == formats_of(None) == frozenset()
    record = record_of("pdf")
    assert record is not None and record.extension == "pdf"
    assert record_of("papyrus") is None
