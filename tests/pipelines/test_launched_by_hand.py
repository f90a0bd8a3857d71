"""What an operator launches in the UI does all that was asked for, and says so: a schedule's path proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from limpide.warehouse.layout import Layout
from limpide.warehouse.pairing import init
from limpide.warehouse.snapshots.account import account
from limpide.warehouse.snapshots.publication import current_snapshot
from tests.pipelines.operator_launches import HOUSE, PROBE, Operator, operator
from tests.warehouse.sender import cda, send

pytestmark = pytest.mark.slow

ONE, TWO = date(2026, 11, 1), date(2026, 11, 2)
SOURCES = ("radio", "labo", "ehpad", "chu")  # in the order they were first seen
DOCUMENTS, FACTS = dg.AssetKey(["ingest", "documents"]), dg.AssetKey(["structure", "facts"])
SNAPSHOT = dg.AssetKey(["publish", "snapshot"])


class TestWhatDagsterMakesOfIt:
    """Ranges, with an asset that only says which partitions it was asked for."""

    @pytest.fixture
    def somebody(self, tmp_path: Path) -> Iterator[Operator]:
        with operator(tmp_path, PROBE) as somebody:
            somebody.instance.add_dynamic_partitions("sources", list(SOURCES))
            yield somebody

    def launched(self, somebody: Operator, keys: list[str]) -> int:
        """Launch these from the job page; in how many runs."""
        runs = somebody.job_page(keys)
        assert [somebody.instance.get_run_by_id(run.run_id).status for run in runs] == [
            dg.DagsterRunStatus.SUCCESS
        ] * len(runs)
        assert somebody.instance.get_materialized_partitions(DOCUMENTS) == set(keys)
        return len(runs)

    def test_one_night_over_all_its_sources_is_one_run(self, somebody: Operator) -> None:
        assert self.launched(somebody, [f"{TWO}|{source}" for source in SOURCES]) == 1

    def test_one_source_of_one_night(self, somebody: Operator) -> None:
        assert self.launched(somebody, [f"{TWO}|labo"]) == 1

    def test_thirty_nights_over_four_sources_are_done_to_the_last(self, somebody: Operator) -> None:
        nights = [ONE + timedelta(days=day) for day in range(30)]
        assert self.launched(somebody, [f"{night}|{source}" for night in nights for source in SOURCES]) == 4

    def test_materialize_all_covers_every_night_of_every_source(self, somebody: Operator) -> None:
        runs = somebody.asset_graph([DOCUMENTS], None)
        assert len(runs) == len(SOURCES)
        done = somebody.instance.get_materialized_partitions(DOCUMENTS)
        assert {f"{ONE}|{source}" for source in SOURCES} <= done
        assert len(done) % len(SOURCES) == 0

    def test_a_run_kept_from_before_bears_the_tags_of_one_partition_and_covers_its_range(
        self, somebody: Operator
    ) -> None:
        from tests.pipelines.probe_definitions import defs

        tags = {
            "dagster/asset_partition_range_start": f"{ONE}|radio",
            "dagster/asset_partition_range_end": f"{TWO}|chu",
            "dagster/partition/night": str(ONE),
            "dagster/partition/source": "radio",
        }
        job = defs.resolve_job_def("nightly")
        assert job.execute_in_process(instance=somebody.instance, tags=tags).success
        assert somebody.instance.get_materialized_partitions(DOCUMENTS) == {
            f"{night}|{source}" for night in (ONE, TWO) for source in SOURCES
        }


class TestTheNight:
    """The real definitions, a few letters."""

    @pytest.fixture
    def layout(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
        layout = Layout(tmp_path / "warehouse", tmp_path / "vault")
        init(layout)
        for name in ("landing", "warehouse", "vault"):
            monkeypatch.setenv(f"LIMPIDE_{name.upper()}", str(tmp_path / name))
        monkeypatch.setenv("LIMPIDE_WORKERS", "0")
        monkeypatch.setenv("LIMPIDE_FIRST_NIGHT", str(ONE))
        monkeypatch.setenv("LIMPIDE_SETTLE_SECONDS", "0")
        for number, source in enumerate(SOURCES):
            send(tmp_path / "landing" / str(ONE), source, "a.xml", cda(f"A{number}", patient=str(number)))
        send(tmp_path / "landing" / str(TWO), "labo", "b.xml", cda("B", patient="9"))
        return layout

    @pytest.fixture
    def somebody(self, layout: Layout, tmp_path: Path) -> Iterator[Operator]:
        (tmp_path / "instance").mkdir()
        with operator(tmp_path / "instance", HOUSE) as somebody:
            somebody.instance.add_dynamic_partitions("sources", list(SOURCES))
            yield somebody

    def shown(self, somebody: Operator) -> str:
        event = somebody.instance.get_latest_materialization_event(SNAPSHOT)
        assert event is not None and event.asset_materialization is not None
        return str(event.asset_materialization.metadata["compte de la nuit"].value)

    def test_one_night_from_the_job_page_loads_its_four_sources_and_again_changes_nothing(
        self, somebody: Operator, layout: Layout
    ) -> None:
        keys = [f"{ONE}|{source}" for source in SOURCES]
        somebody.job_page(keys)
        assert somebody.instance.get_materialized_partitions(FACTS) == set(keys)
        assert [row.source for row in account(layout, ONE).sources] == sorted(SOURCES)
        assert current_snapshot(layout).tables["note"] == 4  # type: ignore[union-attr]
        assert "Compte de la nuit 2026-11-01" in self.shown(somebody)
        before = current_snapshot(layout)
        somebody.job_page(keys)
        assert current_snapshot(layout) == before

    def test_materialize_all_publishes_every_night_and_accounts_for_each(
        self, somebody: Operator, layout: Layout
    ) -> None:
        somebody.asset_graph([DOCUMENTS, FACTS], [f"{night}|{source}" for night in (ONE, TWO) for source in SOURCES])
        assert [sum(row.received for row in account(layout, night).sources) for night in (ONE, TWO)] == [4, 1]
        # What has no partition follows in a run of its own, which bears no night in its tags.
        from tests.pipelines.house_definitions import build, settings

        definitions = build(settings())
        others = definitions.resolve_asset_graph().get_all_asset_keys() - {DOCUMENTS, FACTS}
        job = definitions.resolve_implicit_global_asset_job_def().get_subset(asset_selection=others)
        assert job.execute_in_process(instance=somebody.instance).success
        assert current_snapshot(layout).night == TWO  # type: ignore[union-attr]
        shown = self.shown(somebody)
        assert "Compte de 2 nuits" in shown and "2026-11-01 | 4" in shown.replace("|  ", "| ") and "2026-11-02" in shown
