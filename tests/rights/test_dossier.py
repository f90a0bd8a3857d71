"""Access: all that is held on one person, and nothing about anybody else."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.persons import person_keys
from limpide.identity.vault.vault import Vault
from limpide.rights.dossier import export
from limpide.rights.erasure import erase
from limpide.rights.holdings import UnknownPerson
from limpide.warehouse.lake.files import sha256_of
from limpide.warehouse.layout import Layout
from tests.rights.hospital import IPP1, IPP2, ONE, held, mdm
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as content:
        return list(csv.DictReader(content))


def test_a_dossier_holds_rows_documents_originals_and_identities(two_nights: Layout, tmp_path: Path) -> None:
    out = tmp_path / "dossier"
    counts = export(two_nights, IPP1, out)
    assert (counts["documents"], counts["originaux"], counts["identites"]) == (4, 3, 2)
    assert len(lines(out / "publie" / "person.csv")) == 1
    assert len(lines(out / "publie" / "limpide_document.csv")) == 2
    assert len(lines(out / "lac" / "limpide_document.csv")) == 3
    assert sorted(line["status"] for line in lines(out / "documents.csv")) == [
        "duplicated", "published", "published", "superseded",
    ]  # fmt: skip
    assert {path.read_bytes() for path in (out / "originaux").iterdir()} >= {
        cda("C", "Hypertension artérielle.", patient="1")
    }
    identity = json.loads((out / "identites.json").read_text())[0]
    assert identity["patient"]["family_birth"] == "KERVADEC1"


def test_a_dossier_says_nothing_of_anybody_else(two_nights: Layout, tmp_path: Path) -> None:
    out = tmp_path / "dossier"
    export(two_nights, IPP1, out)
    content = held(out)
    vault = Vault(two_nights.vault)
    for other in (IPP2, "IPP3@1.2.250.9.9"):
        (key,) = person_keys(vault, other)
        for trace in (key[:32], *vault.identities.documents(key), "KERVADEC2", "KERVADEC3", "Insuffisance"):
            assert trace.encode() not in content


def test_of_a_shared_file_only_the_person_s_text_is_given(layout: Layout, landing: Path, tmp_path: Path) -> None:
    both = mdm("1", cda("A", "Asthme ancien.", patient="1")) + mdm("2", cda("B", "Hypertension.", patient="2"))
    send(landing, "chu", "KERVADEC2.hl7", both)
    load(layout, landing, ONE)
    out = tmp_path / "dossier"
    export(layout, IPP1, out)
    content = held(out).decode("utf-8", "replace")
    assert "Asthme ancien" in content
    assert "Hypertension" not in content
    assert "KERVADEC2" not in content


def test_the_index_is_in_french_the_folder_is_private_and_the_act_is_traced(two_nights: Layout, tmp_path: Path) -> None:
    out = tmp_path / "dossier"
    export(two_nights, IPP1, out)
    assert "remplacé par une version plus récente" in (out / "index.html").read_text("utf-8")
    assert {path.stat().st_mode & 0o077 for path in (out, *out.rglob("*"))} == {0}
    listed = json.loads((out / "sommaire.json").read_text())
    assert all(sha256_of(out / name) == digest for name, digest in listed.items())
    vault = Vault(two_nights.vault)
    subject = Audit(vault).subject(next(iter(person_keys(vault, IPP1))))
    assert [act.what for act in Audit(vault).acts(subject)] == ["dossier"]


def test_after_an_erasure_there_is_nothing_to_export(two_nights: Layout, tmp_path: Path) -> None:
    erase(two_nights, IPP1)
    with pytest.raises(UnknownPerson):
        export(two_nights, IPP1, tmp_path / "dossier")


def test_a_folder_that_holds_something_is_refused(two_nights: Layout, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        export(two_nights, IPP1, tmp_path)
