"""A text file is its text, unchanged, whatever encoding it is in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.errors import LIMITS, Reason, Refused
from limpide.readers import text as door
from limpide.readers.origin import Origin

LETTER = "Cher confrère,\r\nL'évolution est favorable : œdème résolu, coût 12 €.\r\n"


def read(data: bytes) -> str:
    (document,) = door.read(data, Origin.of(data, "lettre.txt"), LIMITS)
    assert document.pages == []
    return document.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-15"])
def test_the_text_is_the_files_text_line_ends_included(encoding: str) -> None:
    assert read(LETTER.encode(encoding)) == LETTER


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Le cœur est régulier", "iso8859-15"),  # 0xBD, which Windows reads as a half
        ("½ comprimé le matin", "cp1252"),  # the same byte, standing alone
        ("Forfait de 23 € réglé", "iso8859-15"),
        ("Forfait de 23 € réglé", "cp1252"),
        ("L’hémoglobine – stable – à 13,2 g/dL…", "cp1252"),
        ("Ÿ : sœur, œil, Œdème", "cp1252"),
        ("Numération : hématies à 4,5 T/L, déjà vérifiée", "cp850"),
        ("L’été, œdème à répétition", "mac_roman"),
    ],
)
def test_eight_bit_encodings_are_told_apart_by_the_french_they_make(text: str, encoding: str) -> None:
    assert read(text.encode(encoding)) == text


# Without what begins a run encoded twice, which is mended.
@given(st.text(st.characters(exclude_characters="\x00ÂÃÄÅâ┬├─┼Ô¬√ƒ≈‚", exclude_categories=("Cs",)), min_size=1))
def test_any_utf8_text_comes_back_as_it_was(text: str) -> None:
    if text.strip() and not text.startswith("\ufeff"):
        assert read(text.encode()) == text


def test_a_few_broken_bytes_do_not_make_utf8_another_encoding() -> None:
    data = ("é" * 20).encode() + b"\xe9\n" + "à suivre".encode()
    (document,) = door.read(data, Origin.of(data, "a.txt"), LIMITS)
    assert document.text == "é" * 20 + "\ufffd\nà suivre"
    assert document.warnings == ["1 bytes are not UTF-8"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Bilan\x00 normal", Reason.MALFORMED),
        (b"\xff\xfea", Reason.MALFORMED),
        (b" \r\n\t", Reason.NO_TEXT),
        (b"a \xde\xdf\xfe\xde b \xde\xfe", Reason.MALFORMED),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(data: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refusal:
        read(data)
    assert refusal.value.reason is reason


def test_one_endless_line_is_refused_before_it_is_decoded() -> None:
    data = b"a" * 41
    with pytest.raises(Refused) as refusal:
        door.read(data, Origin.of(data, "a.txt"), replace(LIMITS, text_chars=10))
    assert refusal.value.reason is Reason.TOO_LARGE


def test_the_identity_that_the_text_states_is_in_the_header() -> None:
    data = "Nom de naissance : LENORMAND\nPrénom : Paule\nNée le 12/03/1956\n".encode("cp1252")
    (document,) = door.read(data, Origin.of(data, "a.txt"), LIMITS)
    patient = document.header.patient
    assert (patient.family_birth, patient.given, patient.birth_date) == ("LENORMAND", ["Paule"], "1956-03-12")


@pytest.mark.parametrize("read_as", ["cp1252", "iso8859-1", "cp850", "mac_roman"])
def test_text_encoded_twice_is_mended_and_said(read_as: str) -> None:
    right = "Née à Évry, fièvre à 39°C : œdème de l’œil, « résolu », 82 µmol/L, forfait 20 €.\n"
    if read_as == "cp1252":  # leaves five bytes undefined, which programs pass on as controls
        twice = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in right.encode())
    else:
        twice = right.encode().decode(read_as)
    data = twice.encode()
    (document,) = door.read(data, Origin.of(data, "a.txt"), LIMITS)
    assert document.text == right
    assert document.warnings == ["text encoded twice in UTF-8, mended"]


@pytest.mark.parametrize(
    "text", ["ÂGÉE DE 3 ANS »", "HÔPITAL À « NÎMES », GRÂCE À…", "PRÉVU À ÉVREUX — CHÂTEAU", "5 √ 2"]
)
def test_what_french_writes_is_not_taken_for_text_encoded_twice(text: str) -> None:
    (document,) = door.read(text.encode(), Origin.of(text.encode(), "a.txt"), LIMITS)
    assert (document.text, document.warnings) == (text, [])
