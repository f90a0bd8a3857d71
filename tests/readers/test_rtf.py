"""RTF: accents, tables, headers, text boxes; nothing hidden, nothing lost."""

from __future__ import annotations

import pytest
from striprtf.striprtf import rtf_to_text

from limpide.errors import LIMITS, Reason, Refused
from limpide.readers import rtf
from limpide.readers.origin import Origin

FONTS = r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fswiss\fcharset238 Arial CE;}}{\colortbl;\red0\green0\blue0;}"


def document(body: str, head: str = r"\ansi\ansicpg1252\deff0") -> rtf.Document:
    data = ("{\\rtf1" + head + FONTS + body + "}").encode("latin-1")
    (read,) = rtf.read(data, Origin.of(data, "a.rtf"), LIMITS)
    return read


def text(body: str, head: str = r"\ansi\ansicpg1252\deff0") -> str:
    return document(body, head).text


def test_accents_come_through_by_byte_by_code_page_and_by_unicode() -> None:
    assert text(r"H\'e9morragie, \u339?uvre, 12 \u8364\'80, \f1 \'f8") == "Hémorragie, œuvre, 12 €, ř"


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert text(r"\uc1\u-10179?\u-8704?") == "\U0001f600"


def test_the_code_page_of_the_file_is_followed() -> None:
    assert text(r"d\'82j\'85", head=r"\pca") == "déjà"


def test_rows_of_a_table_are_lines_and_their_cells_stand_apart() -> None:
    rows = (
        r"\trowd\intbl Glucose\cell 5,2\cell mmol/L\cell\row\trowd\intbl Sodium\par corrig\'e9\cell 140\cell\cell\row"
    )
    assert text(rows + r"\pard fin") == "Glucose\t5,2\tmmol/L\nSodium corrigé\t140\nfin"


def test_headers_and_footers_are_kept_once_and_marked_as_furniture() -> None:
    read = document(r"{\header\pard Nom : LENORMAND\par}{\headerf Nom : LENORMAND}{\footer page 1}\pard Corps\par")
    assert read.text == "Nom : LENORMAND\n\nCorps\n\npage 1"
    assert [read.text[s.start : s.end] for s in read.sections if s.furniture] == ["Nom : LENORMAND", "page 1"]
    assert read.header.patient.family_used == "LENORMAND"


def test_text_boxes_and_footnotes_are_read_and_what_is_hidden_or_deleted_is_not() -> None:
    body = (
        r"Avant{\*\shpinst{\sp{\sn a}{\sv 1}}{\shptxt encadr\'e9}}{\shprslt encadr\'e9}\par "
        r"{\deleted biff\'e9}{\v cach\'e9}apr\'e8s{\footnote une note}{\*\inconnu rien}{\pict 0102}"
    )
    assert text(body) == "Avant\nencadré\naprès\n\nune note"


def test_the_title_of_the_file_is_its_title() -> None:
    assert document(r"{\info{\title Lettre de sortie}{\author X}}Corps").header.title == "Lettre de sortie"


def test_binary_data_is_jumped_over() -> None:
    assert text(r"a{\pict\bin4 }}}}}b") == "ab"


def test_hyphens_that_only_cut_are_gone_and_those_of_spelling_stay() -> None:
    assert text(r"insuf\-fisance post\_op\'e9ratoire") == "insuffisance post-opératoire"


def test_plain_prose_reads_as_the_reference_library_reads_it() -> None:
    source = "{\\rtf1\\ansi\\ansicpg1252" + FONTS + r"\pard Un \b mot\b0  gras.\par Deux \'e9t\'e9s.\par}"
    assert text(r"\pard Un \b mot\b0  gras.\par Deux \'e9t\'e9s.\par") == rtf_to_text(source).strip()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (rb"{\rtf1 coup", Reason.TRUNCATED),
        (rb"{\rtf1 {\b }}", Reason.NO_TEXT),
        (b"{\\rtf1" + b"{" * 600 + b"}" * 601, Reason.FORBIDDEN_CONSTRUCT),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refusal:
        rtf.read(data, Origin.of(data, "a.rtf"), LIMITS)
    assert refusal.value.reason is reason


def test_pictures_beside_text_are_counted() -> None:
    assert document(r"Bonjour{\pict\wmetafile8 0102}").warnings == ["1 pictures of the document are not read"]


def test_an_rtf_of_one_picture_is_read_as_the_picture_it_is() -> None:
    png = (b"\x89PNG\r\n\x1a\n" + bytes(40)).hex()
    data = ("{\\rtf1\\ansi{\\pict{\\*\\blipuid aa}\\pngblip\\picw10\\pich10 " + png + "}}").encode()
    (read,) = rtf.read(data, Origin.of(data, "a.rtf"), LIMITS)
    assert (read.format, read.status, read.container_sha256) == ("rtf", "quarantined", Origin.of(data, "a").sha256)
    assert read.reason in ("needs_ocr", "malformed")
