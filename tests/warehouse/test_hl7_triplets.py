"""The published examples of create, replace and delete (HL7 v2), by several nights, whatever the order of arrival."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.query import connect
from tests.warehouse.loading import load

pytestmark = pytest.mark.samples

# Some of these documents are of 2005: a night of today would find them past the term for which they are kept.
NIGHTS = (date(2025, 2, 1), date(2025, 2, 2), date(2025, 2, 3))
MDM = "Vague 2/Trans_Doc-CDA-HL7V2/TRANSMISSION_DOCS_CDA_EN_HL7V2_V2.1/MDM"
ORU = "Vague 2/Trans_Doc-CDA-HL7V2/TRANSMISSION_DOCS_CDA_EN_HL7V2_V2.1/ORU"
CREATE = f"{MDM}/Transmission initiale MDM/message_MDM_CR_Radio_INIT_N1_Base64.er7"
REPLACE = f"{MDM}/Remplacement MDM/message_MDM_CR_Radio_RPLC_N1.er7"
DELETE = f"{MDM}/Suppression MDM/message_MDM_CR_Radio_DEL_N1.er7"
CREATE_ORU = f"{ORU}/Transmission initiale ORU/message_ORU_CR_Bio_INIT_N3_SEGUR.hl7"
REPLACE_ORU = f"{ORU}/Remplacement ORU/message_ORU_CR_Bio_RPLC_N3_SEGUR.hl7"
BOTH = "Volets/TRANS_DOC_CDA_HL7V2/V2.0/ORU"
REPLACE_BOTH = f"{BOTH}/Remplacement ORU/message_ORU_CR_Bio_RPLC_N1_Base64_N3_Base64.er7"
DELETE_BOTH = f"{BOTH}/Suppression ORU/message_ORU_CR_Bio_DEL_N1_Base64_N3_Base64.er7"


@pytest.fixture(autouse=True)
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    """What becomes of a document does not wait for its pictures to be read."""
    monkeypatch.setenv("LIMPIDE_OCR", "off")


def after(samples: Path, root: Path, *nights: tuple[str, ...]) -> dict[str, str]:
    """Loads one or several messages a night; returns what became of each document: {action and format: status}."""
    layout = Layout(root / "warehouse", root / "vault")
    for night, names in zip(NIGHTS, nights, strict=False):
        for name in names:
            target = root / f"{night}" / "radio" / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((samples / "ansforge_hl7V2-exemples" / name).read_bytes())
        load(layout, root / f"{night}", night)
    with closing(sqlite3.connect(layout.warehouse / "ledger.sqlite")) as ledger:
        rows = ledger.execute("SELECT action, format, status, document_key FROM documents").fetchall()
    with connect(layout) as published:
        notes = {key for (key,) in published.execute("SELECT document_key FROM limpide_document").fetchall()}
    assert notes == {key for _, _, status, key in rows if status == "published"}
    return {f"{action} {form}": status for action, form, status, _ in rows}


def said(nights: tuple[tuple[str, ...], ...]) -> str:
    """The name of a test: which messages came on which night."""
    kinds = {"INIT": "create", "RPLC": "replace", "_DEL_": "delete"}
    return " | ".join("+".join(kinds[k] for name in night for k in kinds if k in name) for night in nights)


def orders(*names: str) -> Iterator[tuple[tuple[str, ...], ...]]:
    """All of them in one night, then one a night in every order."""
    yield (names,)
    yield from (tuple((name,) for name in order) for order in permutations(names))


@pytest.mark.parametrize("nights", orders(CREATE, REPLACE), ids=said)
def test_a_replacement_stands_whatever_came_first(
    samples: Path, tmp_path: Path, nights: tuple[tuple[str, ...], ...]
) -> None:
    assert after(samples, tmp_path, *nights) == {
        "create cda-n1": "superseded",
        "replace cda-n1": "published",
    }


@pytest.mark.parametrize("nights", orders(CREATE, REPLACE, DELETE), ids=said)
def test_nothing_is_left_of_a_report_that_was_replaced_then_deleted(
    samples: Path, tmp_path: Path, nights: tuple[tuple[str, ...], ...]
) -> None:
    found = after(samples, tmp_path, *nights)
    assert found.pop("create cda-n1") in ("superseded", "deleted")
    assert found == {"replace cda-n1": "deleted", "delete cda-n1": "deleted"}


@pytest.mark.parametrize("nights", orders(CREATE_ORU, REPLACE_ORU), ids=said)
def test_a_higher_version_of_the_set_replaces_though_it_names_a_parent_that_never_came(
    samples: Path, tmp_path: Path, nights: tuple[tuple[str, ...], ...]
) -> None:
    assert after(samples, tmp_path, *nights) == {"create cda-n3": "superseded", "replace cda-n3": "published"}


@pytest.mark.parametrize("nights", orders(REPLACE_BOTH, DELETE_BOTH), ids=said)
def test_both_forms_of_a_report_are_deleted(samples: Path, tmp_path: Path, nights: tuple[tuple[str, ...], ...]) -> None:
    found = after(samples, tmp_path, *nights)
    assert found["replace cda-n3"] == found["delete cda-n3"] == found["delete cda-n1"] == "deleted"
    assert found["replace cda-n1"] == "quarantined"  # a picture, which waits for OCR
