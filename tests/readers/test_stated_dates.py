"""The date of a document and of its stay, in layouts as hospitals, practices and laboratories write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from limpide.document import Document, Header
from limpide.readers.registry import read
from limpide.readers.stated_dates import fill_header, stated_dates


def layouts() -> list[tuple[str, list[str | None]]]:
    """Texts of stated_dates.txt with the dates of the document, of the entry and of the exit."""
    found = []
    for block in Path(__file__).with_name("stated_dates.txt").read_text("utf-8").split("=== ")[1:]:
        head, text = block.split("\n", 1)
        found.append((text.replace("\\t", "\t"), [None if one == "-" else one for one in head.split(" | ")]))
    return found


@pytest.mark.parametrize(("text", "expected"), layouts())
def test_a_text_states_its_date_and_its_stay(text: str, expected: list[str | None]) -> None:
    found = stated_dates(text)
    assert [one and one.iso for one in (found.document, found.entry, found.exit)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Vu le 14/03/2024.",
        "Édité le 14/03/2024\nÉdité le 15/03/2024",
        "Mme PETIT Anne, 14/03/1951, 73 ans",
        "PETIT Anne - 14/03/1951 (73 ans)",
        "Née le 14/03/1951\nPETIT Anne 14/03/1951",
        "Rendez-vous le 14/03/2025, jusqu'au 20/03/2025",
        "Votre courrier du 14/03/2024",
        "Compte rendu du 31/02/2024",
    ],
)
def test_births_appointments_and_the_letters_of_others_date_nothing(text: str) -> None:
    assert stated_dates(text).document is None


def test_what_a_header_states_is_kept_and_what_is_read_in_the_text_has_its_place() -> None:
    text = "Compte rendu du 15/06/2024\nHospitalisé du 10/06/2024 au 14/06/2024"
    mute = Document(path="", sha256="", text=text)
    fill_header(mute)
    stay = mute.header.encounter
    assert (mute.header.effective_time, stay.start, stay.end) == ("2024-06-15", "2024-06-10", "2024-06-14")
    assert {name: text[start:end] for name, (start, end) in mute.read_in_text.items()} == {
        "effective_time": "15/06/2024",
        "encounter.start": "10/06/2024",
        "encounter.end": "14/06/2024",
    }
    said = Document(path="", sha256="", text=text, header=Header(effective_time="2024-06-20"))
    fill_header(said)
    assert (said.header.effective_time, said.header.encounter.end) == ("2024-06-20", "2024-06-14")
    assert "effective_time" not in said.read_in_text


def test_a_loose_text_is_dated_by_its_door() -> None:
    (document,) = read("Lyon, le 9 février 2024\n\nCher confrère,".encode(), "lettre.txt")
    assert document.header.effective_time == "2024-02-09"
