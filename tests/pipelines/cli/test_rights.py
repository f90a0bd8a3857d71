"""The rights on the command line: what is said, and how it ends."""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.vault import Vault
from limpide.warehouse.layout import Layout
from pipelines.cli.main import main
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

IPP1 = "IPP1@1.2.250.9.9"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    found = Layout(tmp_path / "warehouse", tmp_path / "vault")
    for number in ("1", "2"):
        send(tmp_path / "landing", "chu", f"{number}.xml", cda(number, f"Asthme {number}.", patient=number))
    load(found, tmp_path / "landing", date(2026, 11, 1))
    return found


def say(layout: Layout, *arguments: str, typed: str = "") -> Result:
    where = ["--warehouse", str(layout.warehouse), "--vault", str(layout.vault)]
    return CliRunner().invoke(main, [*arguments, *where], input=typed)


def test_opposition_erasure_dossier_and_the_log_that_holds_them(layout: Layout, tmp_path: Path) -> None:
    assert say(layout, "dossier", "--person", IPP1, "--out", str(tmp_path / "dossier")).exit_code == 0
    assert "1 document(s) retiré(s), 1 instantané(s) réécrit(s)" in say(layout, "oppose", "--person", IPP1).output
    erased = say(layout, "erase", "--person", "IPP2@1.2.250.9.9", "--yes")
    assert json.loads(erased.output)["counts"]["documents"] == 1
    assert say(layout, "query", "SELECT 1 FROM person").exit_code == 0
    assert say(layout, "audit", "verify").output.startswith("Journal entier : 5 ligne(s)")
    whats = [json.loads(line)["what"] for line in say(layout, "audit", "list").output.splitlines()]
    assert whats == ["dossier", "oppose", "erase.begin", "erase", "query"]


def test_an_altered_log_is_told_with_its_line(layout: Layout) -> None:
    log = Audit(Vault(layout.vault))
    log.record("query", rows=1)
    path = layout.vault / "audit" / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"rows":1', b'"rows":2'))
    done = say(layout, "audit", "verify")
    assert done.exit_code == 1
    assert "Ligne 1" in done.output


def test_nobody_is_erased_without_being_named_known_and_confirmed(layout: Layout) -> None:
    assert say(layout, "erase").exit_code == 2
    assert say(layout, "erase", "--person", "IPP9@1.2.250.9.9", "--yes").exit_code == 2
    assert say(layout, "erase", "--person", "KERVADEC1", "--yes").exit_code == 2
    assert say(layout, "erase", "--person", IPP1, typed="n\n").exit_code == 2
    assert list(Audit(Vault(layout.vault)).acts()) == []


def test_lifting_without_a_reason_is_bad_usage(layout: Layout) -> None:
    assert say(layout, "oppose", "--person", IPP1, "--lift").exit_code == 2


def test_a_project_is_extracted_counted_or_refused(layout: Layout, tmp_path: Path) -> None:
    path = tmp_path / "projet.yaml"
    request = (
        "project: un\nkind: recherche\npurpose: Étude\napproval: CSE 1\nends: 9999-01-01\n"
        "opinion: {body: CSE, reference: '1', date: 2026-01-05}\ntables: {person: [person_id]}\n"
        "aggregates: [{name: sexe, table: person, by: [gender_concept_id]}]\n"
    )
    path.write_text(request, "utf-8")
    few = say(layout, "extract", str(path), "--out", str(tmp_path / "out"))
    assert (few.exit_code, "moins de 11 personnes" in few.output) == (2, True)
    assert not (tmp_path / "out").exists()
    rows = list(csv.reader(say(layout, "aggregate", str(path)).output.splitlines()))
    assert rows[1:] == [["sexe", "8532", "masqué"], ["sexe", "*", "masqué"]]
    path.write_text(request.replace("approval: CSE 1\n", ""), "utf-8")
    refused = say(layout, "extract", str(path), "--out", str(tmp_path / "out2"))
    assert refused.exit_code == 2
    assert "pas de référence d'autorisation" in refused.output
    acts = [act.what for act in Audit(Vault(layout.vault)).acts()]
    assert acts.count("project.refused") == 2


def test_two_people_reidentify(layout: Layout) -> None:
    secrets = {"Anne": "une longue phrase secrète", "Bruno": "une autre phrase secrète"}
    for name, secret in secrets.items():
        assert say(layout, "trustee", name, typed=f"{secret}\n{secret}\n").exit_code == 0
    from limpide.identity.vault.persons import person_keys

    (key,) = person_keys(Vault(layout.vault), IPP1)
    typed = "".join(f"{name}\n{secret}\n" for name, secret in secrets.items())
    ask = ("reidentify", key[:50], "--code", "alerte", "--reason", "Alerte sur un dispositif")
    assert "KERVADEC1" in say(layout, *ask, typed=typed).output
    alone = typed.splitlines()[:2] * 2
    refused = say(layout, *ask, typed="\n".join(alone) + "\n")
    assert refused.exit_code == 2
    assert "KERVADEC1" not in refused.output


def test_conformity_writes_its_page_and_ends_badly_while_a_line_is_red(layout: Layout, tmp_path: Path) -> None:
    page = tmp_path / "conformite.html"
    done = say(layout, "conformity", "--out", str(page))
    assert done.exit_code == 1  # nobody declared the sources, and the key lies in the vault
    assert "sources : " in done.output
    assert "cle-ailleurs : " in done.output
    assert "Registre de conformité" in page.read_text("utf-8")


def test_retention_counts_without_removing(layout: Layout) -> None:
    done = say(layout, "retention", "--dry-run")
    assert done.exit_code == 0
    assert "0 annoncés, 0 à retirer" in done.output
