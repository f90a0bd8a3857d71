"""The `limpide` command: usage, exit codes, what is printed."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from pipelines.cli.main import main
from pipelines.night import NightResult, Outcome


@pytest.fixture
def limpide(monkeypatch):
    """Run the command with some arguments."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def nights(monkeypatch):
    """Record which nights are run, and choose how they end, in a house that is whole."""
    monkeypatch.setattr("limpide.warehouse.pairing.check", lambda layout: None)
    seen = SimpleNamespace(ran=[], status=Outcome.PUBLISHED)

    def run_night(here, night, source, *, verbose=False):
        seen.ran.append((night, source))
        return NightResult(night, seen.status, f"compte {night}", ["omop/person : keys"], "run")

    monkeypatch.setattr("pipelines.night.run_night", run_night)
    return seen


@pytest.mark.parametrize("command", ["load", "structure", "query", "explain", "history", "synth", "account", "ui"])
def test_every_command_has_help_in_french(limpide, command):
    told = limpide(command, "--help")
    assert told.exit_code == 0
    assert len(told.output.splitlines()) > 4


def test_load_takes_each_dated_folder_in_order(limpide, nights, tmp_path):
    for name in ("2026-11-02", "2026-10-31", "2026-11-01"):
        (tmp_path / name).mkdir()
    done = limpide("load", "--landing", tmp_path)
    assert done.exit_code == 0
    assert [night.isoformat() for night, _ in nights.ran] == ["2026-10-31", "2026-11-01", "2026-11-02"]
    assert "compte 2026-10-31" in done.output


def test_load_takes_the_night_asked_and_the_source(limpide, nights, tmp_path):
    (tmp_path / "2026-11-02").mkdir()
    limpide("load", "--landing", tmp_path, "--night", "2026-11-23", "--source", "labo")
    assert nights.ran == [(date(2026, 11, 23), "labo")]


@pytest.mark.parametrize(("status", "code"), [(Outcome.PUBLISHED, 0), (Outcome.REFUSED, 1), (Outcome.STOPPED, 3)])
def test_load_exits_by_how_the_night_ended(limpide, nights, tmp_path, status, code):
    nights.status = status
    assert limpide("load", "--landing", tmp_path, "--night", "2026-11-23").exit_code == code


def test_a_refused_night_stops_those_that_follow(limpide, nights, tmp_path):
    nights.status = Outcome.REFUSED
    for name in ("2026-11-01", "2026-11-02"):
        (tmp_path / name).mkdir()
    done = limpide("load", "--landing", tmp_path)
    assert [night.isoformat() for night, _ in nights.ran] == ["2026-11-01"]
    assert "rien n'est publié" in done.output
    assert "omop/person : keys" in done.output


@pytest.mark.parametrize("arguments", [("--night", "23/11/2026"), ("--night", "2026-13-01")])
def test_a_night_that_is_no_date_is_bad_usage(limpide, nights, tmp_path, arguments):
    done = limpide("load", "--landing", tmp_path, *arguments)
    assert done.exit_code == 2
    assert "n'est pas une date" in done.output


def test_a_warehouse_that_is_not_there_is_bad_usage(limpide, tmp_path):
    done = limpide("query", "--warehouse", tmp_path / "none", "--vault", tmp_path / "vault", "SELECT 1")
    assert done.exit_code == 2
    assert "n'existe pas encore" in done.output


class TestQuery:
    """Questions to a small catalogue."""

    @pytest.fixture
    def ask(self, limpide, tmp_path):
        import duckdb

        (tmp_path / "warehouse").mkdir()
        with duckdb.connect(str(tmp_path / "warehouse" / "limpide.duckdb")) as connection:
            connection.execute("CREATE TABLE t AS SELECT i AS n, 'é' || i AS s, NULL AS vide FROM range(3) r(i)")
        places = ("--warehouse", tmp_path / "warehouse", "--vault", tmp_path / "vault")
        return lambda *arguments: limpide("query", *places, *arguments)

    def test_a_table(self, ask):
        assert ask("SELECT n, s FROM t ORDER BY n").output.splitlines() == [
            "n  s", "─  ──", "0  é0", "1  é1", "2  é2",
        ]  # fmt: skip

    def test_a_long_table_says_so(self, ask):
        assert "2 lignes montrées" in ask("--limit", "2", "SELECT n FROM t").output

    def test_csv(self, ask):
        rows = list(csv.reader(io.StringIO(ask("--csv", "SELECT n, s, vide FROM t ORDER BY n").output)))
        assert rows == [["n", "s", "vide"], ["0", "é0", ""], ["1", "é1", ""], ["2", "é2", ""]]

    def test_json_lines(self, ask):
        lines = ask("--json", "SELECT n, s FROM t ORDER BY n").output.splitlines()
        assert [json.loads(line) for line in lines] == [{"n": n, "s": f"é{n}"} for n in range(3)]

    def test_writing_is_refused(self, ask):
        done = ask("DELETE FROM t")
        assert done.exit_code == 2
        assert "DELETE est refusé" in done.output

    def test_a_mistake_is_told_without_a_traceback(self, ask):
        done = ask("SELECT nothing FROM t")
        assert done.exit_code == 2
        assert "nothing" in done.output
        assert "Traceback" not in done.output

    def test_what_is_more_than_a_question_is_refused_and_journalled_without_its_text(self, ask, tmp_path):
        from limpide.identity.vault.audit import Audit
        from limpide.identity.vault.vault import Vault

        vault = Vault(tmp_path / "vault")
        done = ask(f"SELECT * FROM read_text('{tmp_path}/vault/master.key')")
        assert (done.exit_code, "read_text" in done.output) == (2, True)
        (act,) = Audit(vault).acts()
        assert (act.what, act.facts["kind"]) == ("query_refused", "read_text")
        assert "master.key" not in (tmp_path / "vault" / "audit" / "audit.jsonl").read_text("utf-8")
