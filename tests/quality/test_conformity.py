"""The register of conformity: green on a house in order, and red exactly where a control was removed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from limpide.identity.vault.audit import Audit
from limpide.identity.vault.keys import ENV_KEY
from limpide.identity.vault.opposition import OPPOSED, Oppositions, Statement
from limpide.identity.vault.persons import person_keys, stated
from limpide.identity.vault.vault import Vault
from limpide.rights import aggregates
from limpide.rights.aggregates import aggregate
from limpide.rights.erasure import erase
from limpide.rights.extract import extract
from limpide.rights.opposition import oppose
from limpide.rights.project import read_project
from limpide.warehouse.layout import Layout
from limpide.warehouse.ledger.ledger import opened
from limpide.warehouse.snapshots.manifest import current, rebuild
from quality.conformity import Line, page, register, run
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="session")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house where everything the register asks for exists: an opposition, an erasure, an extraction, a count."""
    root = tmp_path_factory.mktemp("in-order")
    layout = Layout(root / "warehouse", root / "vault")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(ENV_KEY, "11" * 32)
        for number in ("1", "2", "3", "4"):
            text = "Asthme ancien." if number != "4" else "Insuffisance cardiaque."
            send(root / "landing", "chu", f"{number}.xml", cda(number, text, patient=f"100{number}", stay=f"V{number}"))
        load(layout, root / "landing", date(2026, 11, 1))
        (layout.warehouse / "sources.yaml").write_text("sources: {chu: {purpose: Soins, contact: dim@chu.example}}\n")
        oppose(layout, ["IPP1002@1.2.250.9.9"], why="courrier")
        erase(layout, "IPP1003@1.2.250.9.9", why="courrier")
        said: dict[str, Any] = {
            "kind": "recherche", "opinion": {"body": "CSE", "reference": "1", "date": date(2026, 1, 5)},
            "project": "un", "purpose": "Étude", "approval": "CSE 1", "ends": date(9999, 1, 1),
            "tables": {"person": ["person_id", "year_of_birth"]},
            "aggregates": [{"name": "sexe", "table": "person", "by": ["gender_concept_id"]}],
        }  # fmt: skip
        project = read_project(said, TODAY)
        extract(layout, project, root / "out", least=1)
        aggregate(layout, project)
    return root


@pytest.fixture
def layout(in_order: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A copy of it, to be spoiled."""
    monkeypatch.setenv(ENV_KEY, "11" * 32)
    for name in ("warehouse", "vault"):
        shutil.copytree(in_order / name, tmp_path / name, symlinks=True)
    found = Layout(tmp_path / "warehouse", tmp_path / "vault")
    rebuild(found)
    return found


def red(layout: Layout) -> set[str]:
    return {line.requirement.id for line in run(layout, TODAY) if line.status == "failed"}


def test_a_house_in_order_is_green_on_every_line(layout: Layout) -> None:
    lines = run(layout, TODAY)
    assert [(line.requirement.id, line.told) for line in lines if line.status == "failed"] == []
    assert [line.requirement.id for line in lines if line.status == "not_applicable"] == []
    assert {line.requirement.id for line in lines if line.status == "measured"} == {"risque-personnes", "risque-venues"}


def test_the_risk_of_reidentification_is_measured(layout: Layout) -> None:
    found = {line.requirement.id: line.figures for line in run(layout, TODAY)}
    assert found["risque-personnes"] == {"lignes": 2, "k": 2, "uniques": 0, "k_sous_5": 2}


def _replace_table(layout: Layout, table: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write the published rows of a table again, changed, behind the warehouse's back."""
    import pyarrow.parquet as pq

    from limpide.warehouse.lake.parquet import write_rows

    snapshot = current(layout)
    assert snapshot is not None
    for entry in snapshot.files[table]:
        path = layout.data / table / entry["name"]
        found = [change(row) for row in pq.read_table(path).to_pylist()]
        path.unlink()
        write_rows(path, table, found)


def open_vault(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    # The vault itself refuses to open then: the lines that need it cannot be shown, and are red too.
    layout.vault.chmod(0o755)


def clear_bytes(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    path = next((layout.vault / "raw").glob("*/*"))
    path.write_bytes(b"<ClinicalDocument/>")


def key_in_vault(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    (layout.vault / "master.key").write_text("11" * 32)
    (layout.vault / "master.key").chmod(0o600)


def plain_person(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    _replace_table(layout, "person", lambda row: row | {"person_source_value": "IPP1001"})


def birth_day(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    _replace_table(layout, "person", lambda row: row | {"day_of_birth": 17})


def named_text(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    _replace_table(layout, "note", lambda row: row | {"note_text": "Madame KERVADEC1001 Solenne va bien."})


def opposed_published(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    vault = Vault(layout.vault)
    (key,) = person_keys(vault, "IPP1001@1.2.250.9.9")
    Oppositions(vault).state([Statement(key, stated("IPP1001@1.2.250.9.9"), OPPOSED, "2026-11-02", "zfa")])


def erased_returned(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    Vault(layout.vault).put(cda("3", "Asthme ancien.", patient="1003", stay="V3"))


def forged_receipt(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    path = next((layout.vault / "erasures").iterdir())
    said = json.loads(path.read_text())
    path.write_text(json.dumps(said | {"at": "2026-01-01T00:00:00+00:00"}))


def term_passed(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    with opened(layout) as ledger, ledger.writing() as db:
        db.execute("UPDATE documents SET effective_time = '1990-01-01' WHERE outcome = 'ok'")


def term_too_long(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    path = layout.warehouse / "retention.yaml"
    path.write_text("default_years: 30\n")
    patch.setenv("LIMPIDE_RETENTION", str(path))


def log_altered(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    path = layout.vault / "audit" / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"what":"erase"', b'"what":"query"'))


def log_kept_too_long(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    Audit(Vault(layout.vault)).record("query", at=datetime.now(UTC) - timedelta(days=500))


def log_configured_wrong(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("LIMPIDE_AUDIT_MONTHS", "24")


def source_undeclared(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    (layout.warehouse / "sources.yaml").write_text("sources: {autre: {purpose: Soins, contact: x@chu.example}}\n")


def no_declaration(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    (layout.warehouse / "sources.yaml").unlink()


def bare_extraction(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    Audit(Vault(layout.vault)).record("extract", project="deux", ends="2027-01-01")


def small_cell_shown(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(aggregates, "hidden", lambda counts, k, already: set())
    said = {
        "kind": "recherche", "opinion": {"body": "CSE", "reference": "1", "date": date(2026, 1, 5)},
        "project": "deux", "purpose": "Étude", "approval": "CSE 2", "ends": date(9999, 1, 1),
        "aggregates": [{"name": "annee", "table": "person", "by": ["year_of_birth"]}],
    }  # fmt: skip
    aggregate(layout, read_project(said, TODAY))


def document_lost(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    with opened(layout) as ledger, ledger.writing() as db:
        db.execute("UPDATE documents SET status = 'received' WHERE outcome = 'ok'")


def receipt_gone(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(layout.receipts)


def fact_without_document(layout: Layout, patch: pytest.MonkeyPatch) -> None:
    _replace_table(layout, "limpide_fact", lambda row: row | {"document_key": "x"})


@pytest.mark.parametrize(
    ("remove", "lines"),
    [
        (clear_bytes, {"coffre-chiffre"}),
        (key_in_vault, {"cle-ailleurs"}),
        (plain_person, {"pseudonymes"}),
        (birth_day, {"colonnes-identite"}),
        (named_text, {"textes-connus"}),
        (opposed_published, {"opposition"}),
        (erased_returned, {"effacement"}),
        (forged_receipt, {"effacement"}),
        (term_passed, {"conservation"}),
        (term_too_long, {"conservation"}),
        (log_altered, {"journal-entier"}),
        (log_kept_too_long, {"journal-duree"}),
        (log_configured_wrong, {"journal-duree"}),
        (source_undeclared, {"sources"}),
        (no_declaration, {"sources"}),
        (bare_extraction, {"extractions"}),
        (small_cell_shown, {"petits-effectifs"}),
        (document_lost, {"comptes"}),
        (receipt_gone, {"validation"}),
        (fact_without_document, {"origine"}),
    ],
)
def test_removing_a_control_turns_its_lines_red_and_no_other(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, remove: Callable[..., None], lines: set[str]
) -> None:
    remove(layout, monkeypatch)
    assert red(layout) == lines


def test_an_open_vault_is_red_with_all_that_only_the_vault_can_show(layout: Layout, tmp_path: Path) -> None:
    open_vault(layout, pytest.MonkeyPatch())
    found = red(layout)
    assert "coffre-droits" in found
    assert not found & {"colonnes-identite", "comptes", "validation", "origine", "sources", "conservation"}


def test_a_vault_inside_the_warehouse_is_red(layout: Layout) -> None:
    inside = Layout(layout.warehouse, layout.warehouse / "vault")
    shutil.move(layout.vault, inside.vault)
    assert red(inside) == {"coffre-a-part"}


def test_every_requirement_is_lawful_distinct_and_has_its_control() -> None:
    from quality import controls

    ids = [requirement.id for requirement in register()]
    assert len(set(ids)) == len(ids)
    for requirement in register():
        assert callable(getattr(controls, requirement.control))
        assert requirement.law
        assert requirement.evidence


def test_the_page_is_french_self_contained_and_names_nobody(layout: Layout) -> None:
    lines: list[Line] = run(layout, TODAY)
    shown = page(lines, date(2026, 11, 24))
    assert "Registre de conformité" in shown
    assert "24/11/2026" in shown
    assert "à apprécier" in shown
    assert "http" not in shown
    assert "<script" not in shown
    assert "KERVADEC" not in shown
    for line in lines:
        assert line.requirement.id in shown
