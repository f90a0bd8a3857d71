"""What a source prints around its letters is learnt from the night's own letters, and says nothing of any patient."""

from __future__ import annotations

import hashlib
import os
import signal
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.identity.vault.vault import Vault
from limpide.readers.page_headers import Edges
from limpide.synth.content import Content, Paragraph, Section
from limpide.synth.pdf import Letterhead, render
from limpide.synth.scan import image_pdf, picture
from limpide.warehouse.layout import Layout
from limpide.warehouse.night import letterheads
from limpide.warehouse.night.letterheads import Looking, learn, teachers
from limpide.warehouse.night.worker import Reference
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send
from tests.warehouse.test_road import ask, content, empty_vault, files

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)
EXPERTISE = "Centre de référence du diabète et de l'hypertension"
FOOT = "Institut du cancer et de l'insuffisance cardiaque - document confidentiel"
GIVEN = ("Solenne", "Maëlle", "Rozenn", "Enora", "Nolwenn", "Gwenn", "Tiphaine", "Katell", "Bleuenn")
NAMES = ("KERVADEC", "LE GOFF", "TANGUY", "MORVAN", "QUERE", "PRIGENT", "SALAUN", "BRIAND", "COADOU")


def letter(n: int) -> bytes:
    """A one-page letter about patient `n`, whom nothing but the page names."""
    born = f"{10 + n}/03/195{n}"
    label = [f"Nom de naissance : {NAMES[n]}", f"Prénom : {GIVEN[n]}", f"Date de naissance : {born}", "Sexe : F"]
    sender = ["CH de la Pointe", EXPERTISE, "Pôle de médecine", "12 rue Haute", "Dr Ursule TREMAZAN"]
    head = Letterhead(sender, label, FOOT, "Brest, le 30/10/2026")
    body = [
        Section("Motif", None, [Paragraph("Suivi.")]),
        Section("Conclusion", None, [Paragraph("Asthme stable.")]),
    ]
    return render(Content("Compte rendu de consultation", body), head)


def send_letters(landing: Path, source: str, which: range) -> None:
    """Under names that differ from night to night: the same name with the same bytes is the same file."""
    for n in which:
        send(landing, source, f"{landing.name}-{n}.pdf", letter(n))


def conditions(layout: Layout, source: str) -> list[tuple[str, int]]:
    """(code, documents) of what a source's letters state."""
    found = ask(layout, "SELECT c.condition_source_value, count(*) FROM condition_occurrence c JOIN limpide_fact f ON "
                       "f.target_table = 'condition_occurrence' AND f.target_id = c.condition_occurrence_id JOIN "
                       f"limpide_document d USING (document_key) WHERE d.source = '{source}' GROUP BY 1 ORDER BY 1",
                )  # fmt: skip
    return [(code, number) for code, number in found]


def furniture(layout: Layout) -> list[tuple[str, str]]:
    """(source, words as published) of what is marked in its letters."""
    found = ask(layout, "SELECT source, substr(note_text, span_start + 1, span_end - span_start) FROM limpide_section "
                       "JOIN limpide_document USING (document_key) JOIN note ON note_source_value = document_key "
                       "WHERE furniture GROUP BY ALL ORDER BY ALL")  # fmt: skip
    return [(source, words) for source, words in found]


def test_a_disease_in_the_letterhead_of_a_source_is_no_patients(layout: Layout, landing: Path) -> None:
    """Six letters say what a letterhead is; one letter alone cannot, and keeps it as its text."""
    send_letters(landing, "chu", range(6))
    send(landing, "isole", "one.pdf", letter(6))
    load(layout, landing, ONE)
    assert conditions(layout, "chu") == [("J45.9", 6)]
    assert conditions(layout, "isole") == [("I10", 1), ("I50.9", 1), ("J45.9", 1)]  # the name of a centre is no disease
    assert furniture(layout) == [
        ("chu", "CH de la Pointe"),
        ("chu", EXPERTISE),
        ("chu", f"{FOOT}\tPage 1/1"),
        ("chu", "Pôle de médecine\tDate de naissance : [DATE_NAISSANCE]\n[ADRESSE]\tSexe : F\nDr [NOM] [NOM]"),
    ]


def test_who_a_letterhead_names_is_known_and_masked_all_the_same(layout: Layout, landing: Path) -> None:
    send_letters(landing, "chu", range(6))
    load(layout, landing, ONE)
    assert ask(layout, "SELECT count(*), min(year_of_birth), max(year_of_birth) FROM person") == [(6, 1950, 1955)]
    texts = " ".join(text for (text,) in ask(layout, "SELECT note_text FROM note"))
    assert texts.count("Dr [NOM] [NOM]") == 6
    for name in ("TREMAZAN", "Ursule", *GIVEN, *NAMES):
        assert name not in texts, name


def test_the_same_night_twice_with_one_worker_or_two_gives_the_same_bytes(
    layout: Layout, landing: Path, tmp_path: Path
) -> None:
    send_letters(landing, "chu", range(6))
    load(layout, landing, ONE)
    before = files(layout)
    load(layout, landing, ONE)
    assert files(layout) == before
    other = Layout(tmp_path / "other" / "warehouse", tmp_path / "other" / "vault")
    empty_vault(layout.vault, other.vault)
    load(other, landing, ONE, workers=2)
    assert files(other) == before


def test_what_is_learnt_does_not_depend_on_which_nights_were_loaded_before(
    layout: Layout, landing: Path, tmp_path: Path
) -> None:
    """The second night brings four letters again: in its turn they count as duplicates, and teach all the same."""
    one, two = landing / "1", landing / "2"
    send_letters(one, "chu", range(6))
    send_letters(two, "chu", range(2, 9))
    load(layout, one, ONE)
    load(layout, two, TWO)
    assert conditions(layout, "chu") == [("J45.9", 9)]
    backwards = Layout(tmp_path / "backwards", layout.vault)
    load(backwards, two, TWO)
    load(backwards, one, ONE)
    assert content(backwards) == content(layout)


def test_a_letter_that_comes_late_makes_its_night_known_again(layout: Layout, landing: Path, tmp_path: Path) -> None:
    """Four letters teach nothing; the fifth, sent again from another night, teaches the four others."""
    send_letters(landing / "1", "chu", range(1))
    load(layout, landing / "1", ONE)
    send_letters(landing / "2", "chu", range(1, 5))
    load(layout, landing / "2", TWO)
    assert ("I10", 5) in conditions(layout, "chu")
    send_letters(landing / "2", "chu", range(5))
    load(layout, landing / "2", TWO)
    assert ("I10", 1) in conditions(layout, "chu")
    straight = Layout(tmp_path / "straight", layout.vault)
    load(straight, landing / "1", ONE)
    load(straight, landing / "2", TWO)
    assert content(straight) == content(layout)


def test_files_that_cannot_be_read_teach_nothing_and_cost_nothing_else(layout: Layout, landing: Path) -> None:
    send_letters(landing, "chu", range(6))
    whole = letter(7)
    send(landing, "chu", "cut.pdf", whole[: len(whole) // 2])
    send(landing, "chu", "liar.pdf", b"%PDF-1.4\n" + bytes(range(256)) * 40 + b"\n%%EOF")
    send(landing, "chu", "letter.xml", cda("A"))
    load(layout, landing, ONE, workers=2)
    assert conditions(layout, "chu") == [("E11", 1), ("J45.9", 6)]
    assert ask(layout, "SELECT reason, count(*) FROM limpide_quarantine GROUP BY 1 ORDER BY 1") == [
        ("malformed", 1),
        ("truncated", 1),
    ]


class Dying(Looking):
    """A native library that dies on one file."""

    def take(self, item: Reference) -> None:
        if item.file_key == "deadly":
            os.kill(os.getpid(), signal.SIGSEGV)
        super().take(item)


def stored(layout: Layout, *documents: bytes) -> list[Reference]:
    vault = Vault(layout.vault)
    return [Reference(name := vault.put(data), name, "pdf", len(data)) for data in documents]


def test_a_library_that_dies_on_a_file_costs_that_file(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letterheads, "Looking", Dying)
    first, *others = stored(layout, *(letter(n) for n in range(6)))
    deadly = Reference("deadly", first.sha256, "pdf", first.size)
    known = learn(Vault(layout.vault).for_readers(), [deadly, *others], workers=2)
    assert EXPERTISE.casefold() in {like for like, _ in known}


def test_a_picture_of_a_letter_is_never_read_to_learn(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limpide.readers.ocr.available", lambda: True)
    monkeypatch.setattr("limpide.readers.ocr.read_picture", lambda *_: pytest.fail("characters were recognised"))
    letters = [letter(n) for n in range(5)]
    pictured = image_pdf(picture(letter(5), dpi=50))
    assert learn(Vault(layout.vault).for_readers(), stored(layout, *letters, pictured), workers=0) == learn(
        Vault(layout.vault).for_readers(), stored(layout, *letters), workers=0
    )


def test_nothing_to_learn_from_starts_nothing(layout: Layout) -> None:
    assert learn(Vault(layout.vault).for_readers(), [], workers=2) == frozenset()


def reference(n: int, kind: str = "pdf", size: int = 1000) -> Reference:
    return Reference(f"key {n}", hashlib.sha256(b"%d" % n).hexdigest(), kind, size)


def test_files_without_pages_and_very_large_ones_teach_nothing() -> None:
    letters = [reference(n) for n in range(5)]
    others = [reference(5, "text"), reference(6, "tiff"), reference(7, "cda-n3"), reference(8, "pdf", 2 * 1024 * 1024)]
    assert set(teachers(letters + others)) == set(letters)


def test_four_files_are_too_few_whatever_their_copies() -> None:
    four = [reference(n) for n in range(4)]
    copy = Reference("copy", four[0].sha256, "pdf", 1000)
    assert teachers([*four, copy]) == []
    assert len(teachers([*four, copy, reference(4, "cda-n1")])) == 5


def test_envelopes_are_opened_for_want_of_others_only() -> None:
    carried = [reference(n, kind) for n, kind in enumerate(("hl7v2", "xdm", "fhir") * 10)]
    letters = [reference(n) for n in range(100, 130)]
    assert {each.format for each in teachers(carried + letters)} == {"pdf"}
    assert [each.format for each in teachers(carried + letters[:15])].count("pdf") == 15
    assert len(teachers(carried + letters)) == letterheads.MOST == len(teachers(carried))


REFERENCES = [reference(n, kind) for n, kind in enumerate(("pdf", "cda-n1", "hl7v2") * 14)]


@given(st.permutations(REFERENCES))
def test_who_teaches_is_chosen_by_content(arrived: list[Any]) -> None:
    assert teachers(arrived) == teachers(REFERENCES)


def test_what_is_looked_at_is_handed_over_once(layout: Layout) -> None:
    (first,) = stored(layout, letter(0))
    work = Looking(Vault(layout.vault).for_readers())
    work.take(first)
    (found,) = work.hand_over()
    assert isinstance(found, Edges) and found.who is not None
    assert [cell.like for cell in found.runs[0]][:2] == ["ch de la pointe", "nom de naissance : kervadec"]
    assert work.hand_over() == []
