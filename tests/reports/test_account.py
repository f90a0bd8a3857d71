"""The account of the night as people read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from limpide.errors import Reason
from limpide.reports.account import account_markdown, account_text
from limpide.warehouse.snapshots.account import Account, ConservationRow

LABO = ConservationRow(
    "labo", received=1200, published=1100, superseded=40, duplicated=30, quarantined=30, deleted=0, opposed=0
)
RADIO = ConservationRow(
    "radio", received=3, published=3, superseded=0, duplicated=0, quarantined=0, deleted=0, opposed=0
)
NIGHT = Account(
    date(2026, 11, 23),
    [LABO, RADIO],
    {"labo": {"truncated": 10, "needs_ocr": 20}},
    replaced=42,
    files=1190,
    pending=0,
    rows={"person": 12, "death": 0},
    snapshot=7,
)


def test_the_terminal_reads_it_whole():
    lines = account_text(NIGHT).splitlines()
    assert "Compte de la nuit 2026-11-23 — 1\u202f190 fichiers, 1\u202f203 documents" in lines
    assert ["labo", "1\u202f200", "1\u202f100", "40", "30", "30", "oui"] in [_cells(line) for line in lines]
    assert ["toutes", "1\u202f203", "1\u202f103", "40", "30", "30", "oui"] in [_cells(line) for line in lines]
    assert ["labo", "needs_ocr", "20", "image : attend la reconnaissance de caractères (installer Tesseract)"] in [
        _cells(line) for line in lines
    ]
    assert "Entrepôt courant : instantané n° 7" in lines
    assert not any("death" in line for line in lines)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_most_frequent_reason_comes_first():
    text = account_text(NIGHT)
    assert text.index("needs_ocr") < text.index("truncated")


def test_the_ui_reads_the_same_as_tables():
    shown = account_markdown(NIGHT)
    assert "| labo | 1\u202f200 | 1\u202f100 | 40 | 30 | 30 | oui |" in shown
    assert "| labo | needs_ocr | 20 | image : attend la reconnaissance de caractères (installer Tesseract) |" in shown


def test_deleted_and_opposed_are_shown_when_there_are_any():
    assert "supprimés" not in account_text(NIGHT)
    erased = replace(NIGHT, sources=[replace(LABO, published=1099, deleted=1)])
    assert "supprimés" in account_text(erased)


def test_a_night_that_does_not_balance_says_so():
    assert "NON" in account_text(replace(NIGHT, sources=[replace(LABO, published=0)]))


def test_a_night_without_quarantine_and_without_publication():
    text = account_text(replace(NIGHT, quarantine={}, snapshot=None))
    assert "Aucune quarantaine." in text
    assert "Rien n'est encore publié." in text


def test_every_reason_is_told_in_french():
    from limpide.reports.tables import REASONS

    assert set(REASONS) == {str(reason) for reason in Reason}
