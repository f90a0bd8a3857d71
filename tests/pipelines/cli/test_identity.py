"""`limpide identity`: the list shows no value, the two identities are shown on demand, a decision says what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from click.testing import CliRunner

from limpide.rights.review import waiting
from limpide.warehouse.layout import Layout
from pipelines.cli.main import main
from tests.warehouse.loading import load
from tests.warehouse.sender import cda, send


def test_a_document_in_doubt_is_listed_shown_and_decided(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "warehouse", tmp_path / "vault")
    text = "Nom : PORZOU\nPrénom : YANN\nNé le : 01/03/1970\nSexe : M\nAsthme."
    send(tmp_path / "landing", "chu", "a.xml", cda("A", text))
    load(layout, tmp_path / "landing", date(2026, 11, 1))
    (document,) = waiting(layout)

    def run(*words: str) -> str:
        where = ["--warehouse", str(layout.warehouse), "--vault", str(layout.vault)]
        done = CliRunner().invoke(main, ["identity", *words, *where], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    listed = run("review")
    assert listed.startswith(f"{document.document_key}  2026-11-01  chu  ") and "nom, prénom" in listed
    assert "YANN" not in listed and "Solenne" not in listed
    shown = run("review", "--show", document.document_key)
    assert "YANN" in shown and "Solenne" in shown
    told = run("release", document.document_key, "--as", "reject", "--reason", "Un autre patient.")
    assert "--night 2026-11-01 --source chu" in told
    assert run("review") == "Aucun document n'attend.\n"
    assert "[rejeté]" in run("review", "--all")
