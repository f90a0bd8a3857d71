"""A whole night through the job that the schedule runs: what is published, what is refused, what Dagster is told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.pairing import init
from limpide.warehouse.query import connect
from limpide.warehouse.snapshots.publication import current_snapshot
from pipelines.definitions import build
from pipelines.jobs import NIGHTLY
from pipelines.night import Outcome, run_night
from pipelines.nights import night_tags
from pipelines.settings import Settings

pytestmark = pytest.mark.slow

FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 2)


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Settings:
    """A small feed of two nights, neither loaded yet. One reader in this process: it is quicker for a few documents."""
    from limpide.synth.feed import generate

    folder = tmp_path_factory.mktemp("hospital")
    generate(folder, documents=16, nights=2, seed=5)
    init(Layout(folder / "warehouse", folder / "vault"))
    return Settings(folder / "landing", folder / "warehouse", folder / "vault", workers=0)


@pytest.fixture(scope="module")
def instance():
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        yield instance


@pytest.fixture(scope="module")
def first(here, instance):
    """The first night, run as the schedule would."""
    job = build(here).resolve_job_def(NIGHTLY)
    return job.execute_in_process(instance=instance, tags=night_tags(instance, here.landing, FIRST))


def layout(here: Settings) -> Layout:
    return Layout(here.warehouse, here.vault)


def metadata(result, *key: str):
    event = next(e for e in result.get_asset_materialization_events() if e.asset_key == dg.AssetKey(list(key)))
    return event.materialization.metadata


def test_the_night_is_published_and_accounted_for(first, here):
    assert first.success
    snapshot = current_snapshot(layout(here))
    assert (snapshot.number, snapshot.night) == (1, FIRST)
    assert "Compte de la nuit 2026-11-01" in metadata(first, "publish", "snapshot")["compte de la nuit"].value
    with connect(layout(here)) as connection:
        assert connection.execute("SELECT count(*) FROM limpide_document").fetchone()[0] > 0


def test_one_run_materialises_each_source_of_the_night(first, here):
    sources = sorted(path.name for path in (here.landing / FIRST.isoformat()).iterdir())
    found = [e for e in first.get_asset_materialization_events() if e.asset_key == dg.AssetKey(["structure", "facts"])]
    assert sorted(e.partition for e in found) == [f"2026-11-01|{source}" for source in sources]


def test_the_receipt_is_for_the_snapshot_published(first, here):
    snapshot = current_snapshot(layout(here))
    receipt = json.loads((here.warehouse / "receipts" / f"{snapshot.candidate_sha256}.json").read_text())
    assert receipt["candidate_sha256"] == snapshot.candidate_sha256
    assert {r["status"] for r in receipt["results"] if r["blocking"]} <= {"passed", "not_applicable"}


def test_what_does_not_apply_gives_no_result_and_everything_else_does(first):
    evaluated = {(e.asset_key.path[-1], e.check_name) for e in first.get_asset_check_evaluations()}
    assert ("person", "keys") in evaluated
    assert ("ledger", "conservation") in evaluated
    assert ("death", "schema") not in evaluated


def test_row_counts_are_shown(first, here):
    with connect(layout(here)) as connection:
        people = connection.execute("SELECT count(*) FROM person").fetchone()[0]
    assert metadata(first, "omop", "person")["dagster/row_count"].value == people


def test_no_file_name_identity_or_text_reaches_the_event_log(first, here, instance):
    log = "".join(str(record) for record in instance.all_logs(first.run_id))
    names = [path.name for path in (here.landing / FIRST.isoformat()).rglob("*") if path.is_file()]
    assert not [name for name in names if name in log]
    strings = set()
    for line in (here.landing.parent / "truth" / "identities.jsonl").read_text("utf-8").splitlines():
        strings |= {value for value in _strings(json.loads(line)) if len(value) > 6}
    assert len(strings) > 5
    assert not [value for value in strings if value in log]


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def test_the_same_night_again_changes_nothing(first, here):
    before = current_snapshot(layout(here))
    again = run_night(here, FIRST)
    assert again.status is Outcome.PUBLISHED
    assert current_snapshot(layout(here)) == before


def test_a_failed_blocking_check_publishes_nothing_and_yesterday_still_serves(first, here, monkeypatch, tmp_path):
    before = current_snapshot(layout(here))
    from quality import rules as module

    broken = module.Rule("person", "keys", "never", "Rien ne passe", True, "SELECT person_id AS key FROM person")
    kept = module.rules()
    monkeypatch.setattr("quality.validation.rules", lambda: kept | {"person": (*kept["person"], broken)})
    refused = run_night(here, SECOND)
    assert refused.status is Outcome.REFUSED
    assert refused.reasons and "Rien ne passe" in refused.reasons[0]
    assert current_snapshot(layout(here)) == before
    alert = next((here.warehouse / "alertes").glob("2026-11-02-*.md")).read_text("utf-8")
    assert "Rien n'a été publié" in alert

    # Publishing by hand after a red check is refused too: the gate does not trust the order of runs.
    from limpide.warehouse.snapshots.candidate import build_candidate
    from limpide.warehouse.snapshots.publication import NotValidated, publish

    with pytest.raises(NotValidated):
        publish(layout(here), build_candidate(layout(here), SECOND))
    monkeypatch.undo()
    assert run_night(here, SECOND).status is Outcome.PUBLISHED
    assert current_snapshot(layout(here)).number == before.number + 1


def test_a_fault_stops_the_night_without_a_word_of_its_message(here, monkeypatch):
    def falls(*arguments, **named):
        raise ValueError("Mme DUPONT née le 3 mars")

    monkeypatch.setattr("limpide.warehouse.night.structuring.structure_night", falls)
    stopped = run_night(here, FIRST)
    assert stopped.status is Outcome.STOPPED
    assert "ValueError at" in stopped.reasons[0]
    assert "DUPONT" not in "".join(path.read_text("utf-8") for path in (here.warehouse / "alertes").iterdir())


def test_an_empty_landing_folder_is_no_night(tmp_path: Path):
    (tmp_path / "landing").mkdir()
    nothing = run_night(Settings(tmp_path / "landing", tmp_path / "warehouse", tmp_path / "vault"), FIRST)
    assert (nothing.status, nothing.run_id) == (Outcome.PUBLISHED, "")
    assert "rien dans le dossier d'arrivée" in nothing.account
