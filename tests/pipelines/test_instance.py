"""Where runs are remembered, and what becomes of those whose process was killed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
import yaml

from patches.dagster_event_log import kept_connections
from pipelines.instance import PROCESS_TAG, bury_dead_runs, dagster_home, own_process

ROOT = Path(__file__).parents[2]


@dg.job
def empty():
    pass


@pytest.fixture
def instance(tmp_path):
    instance = dg.DagsterInstance.local_temp(str(tmp_path))
    yield instance
    instance.dispose()


def started(instance, tags):
    return instance.create_run_for_job(empty, tags=tags, status=dg.DagsterRunStatus.STARTED).run_id


def status(instance, run_id):
    return instance.get_run_by_id(run_id).status


def test_a_run_whose_process_is_gone_is_closed_and_others_are_left(instance):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = own_process()[PROCESS_TAG].rpartition(":")[0]
    dead = started(instance, {PROCESS_TAG: f"{host}:{gone.pid}"})
    living = started(instance, own_process())
    elsewhere = started(instance, {PROCESS_TAG: f"another-host:{gone.pid}"})
    daemons = started(instance, {})
    assert bury_dead_runs(instance) == 1
    assert status(instance, dead) is dg.DagsterRunStatus.FAILURE
    assert {status(instance, run) for run in (living, elsewhere, daemons)} == {dg.DagsterRunStatus.STARTED}


def test_a_home_gets_our_settings_and_keeps_its_own(tmp_path):
    home = dagster_home(tmp_path / "home")
    written = yaml.safe_load((home / "dagster.yaml").read_text("utf-8"))
    assert written["telemetry"] == {"enabled": False}
    assert written["nux"] == {"enabled": False}
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n# mine\n")
    assert dagster_home(tmp_path / "home") == home
    assert "# mine" in (home / "dagster.yaml").read_text("utf-8")


PROBE = """
from pipelines.instance import opened_instance
with opened_instance() as instance:
    print(instance.is_ephemeral, instance.telemetry_enabled, instance.run_monitoring_enabled)
"""


@pytest.mark.parametrize(("home", "told"), [("", "True False False"), ("home", "False False True")])
def test_telemetry_is_off_with_and_without_a_home(tmp_path, home, told):
    # In a process of its own: a Dagster instance leaves its mark on the process that opens it.
    environment = os.environ | {"DAGSTER_HOME": home}
    done = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == told


def half_made(home, what):
    """What a kill leaves of a home that was being made, or a disk of one that was."""
    home.mkdir()
    if what == "settings are empty":
        (home / "dagster.yaml").touch()
        return
    dagster_home(home)
    (home / "history").mkdir()
    database = home / "history" / "runs.db"
    if what == "a database is no database":
        database.write_bytes(b"SQLite format 3\0" + b"\x7f" * 4000)
    else:
        with sqlite3.connect(database) as runs:
            runs.execute("CREATE TABLE runs (id INTEGER)")
            if what == "its version is unknown":
                runs.execute("CREATE TABLE alembic_version (version_num TEXT)")
                runs.execute("INSERT INTO alembic_version VALUES ('deadbeef')")


@pytest.mark.parametrize(
    "what", ["settings are empty", "a database is no database", "tables are missing", "its version is unknown"]
)
def test_a_half_made_home_is_put_aside_and_made_anew(tmp_path, what):
    half_made(tmp_path / "home", what)
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path / "home")}
    for said in ("mis de côté" if what != "settings are empty" else "", ""):
        done = subprocess.run(
            [sys.executable, "-c", PROBE], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "False False True"
        assert said in done.stderr and "Traceback" not in done.stderr
    assert len(list(tmp_path.glob("home.abime-*"))) == (what != "settings are empty")


def test_events_stored_through_one_connection_are_there_for_everybody_at_once(tmp_path):
    with kept_connections(), dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        assert empty.execute_in_process(instance=instance).success
        told = [event.message for event in instance.all_logs(instance.get_runs()[0].run_id)]
        others = subprocess.run(
            [sys.executable, "-c", READER, str(tmp_path)], capture_output=True, text=True, check=True
        ).stdout
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        after = [event.message for event in instance.all_logs(instance.get_runs()[0].run_id)]
    assert told == after and len(told) > 3
    assert int(others) == len(told)
    assert not list(tmp_path.rglob("*.db-wal"))  # closed behind us


READER = """
import sys, dagster as dg
with dg.DagsterInstance.local_temp(sys.argv[1]) as instance:
    print(len(instance.all_logs(instance.get_runs()[0].run_id)))
"""


def test_which_tables_there_are_is_asked_of_the_disk_once(tmp_path, monkeypatch):
    from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

    asked = []
    looked = SqliteEventLogStorage.has_table
    monkeypatch.setattr(SqliteEventLogStorage, "has_table", lambda self, name: asked.append(name) or looked(self, name))
    with kept_connections(), dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        storage = instance.event_log_storage
        assert [storage.has_table(name) for name in ("event_logs", "event_logs", "none", "none")] == [
            True, True, False, False,
        ]  # fmt: skip
    assert [name for name in asked if name in ("event_logs", "none")] == ["event_logs", "none", "none"]
