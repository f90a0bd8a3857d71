"""When a night runs, and which one."""

from __future__ import annotations

import os
import time
from contextvars import copy_context
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from assets.resources import Place
from pipelines.schedules import nightly_at_two
from pipelines.sensors import fingerprint, landing_folder
from pipelines.settings import BadSetting, settings, tonight

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def instance(tmp_path):
    instance = dg.DagsterInstance.local_temp(str(tmp_path))
    yield instance
    instance.dispose()


@pytest.fixture
def place(tmp_path):
    (tmp_path / "landing").mkdir()
    return Place(landing=str(tmp_path / "landing"), warehouse=str(tmp_path / "w"), vault=str(tmp_path / "v"))


def arrive(place, path: str, *, ago: float = 3600) -> None:
    file = Path(place.landing, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(path)
    os.utime(file, (time.time() - ago,) * 2)


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        ("2026-11-23 23:59", "2026-11-23"),
        ("2026-11-24 01:59", "2026-11-23"),
        ("2026-11-24 02:00", "2026-11-24"),
        ("2026-11-24 12:00", "2026-11-24"),
    ],
)
def test_a_night_ends_at_two_in_paris(moment, night):
    assert tonight(datetime.fromisoformat(moment).replace(tzinfo=PARIS)).isoformat() == night


class TestSchedule:
    def tick(self, instance, place, moment="2026-11-24 02:00"):
        at = datetime.fromisoformat(moment).replace(tzinfo=PARIS)
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=at)
        # These contexts leave context variables behind, which the definitions of other tests would stumble upon.
        return copy_context().run(nightly_at_two, context, place=place)

    def test_it_closes_the_night_that_began_the_day_before_over_every_source(self, instance, place):
        arrive(place, "labo/a.xml")
        arrive(place, "radio/b.xml")
        (run,) = self.tick(instance, place)
        assert run.tags["dagster/asset_partition_range_start"] == "2026-11-23|labo"
        assert run.tags["dagster/asset_partition_range_end"] == "2026-11-23|radio"
        assert run.tags["nuit"] == "2026-11-23"

    def test_a_source_that_fell_silent_is_still_selected(self, instance, place):
        arrive(place, "labo/a.xml")
        self.tick(instance, place)
        (landing := Path(place.landing, "labo", "a.xml")).unlink()
        landing.parent.rmdir()
        (run,) = self.tick(instance, place, "2026-11-25 02:00")
        assert run.tags["dagster/asset_partition_range_end"] == "2026-11-24|labo"

    def test_nothing_ever_arrived(self, instance, place):
        assert isinstance(self.tick(instance, place), dg.SkipReason)

    def test_nights_that_never_ran_are_made_up_first_the_oldest_first(self, instance, place):
        for night in ("2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"):
            arrive(place, f"{night}/labo/a.xml")
        runs = self.tick(instance, place)
        assert [run.tags["nuit"] for run in runs] == ["2026-11-21", "2026-11-22", "2026-11-23"]
        assert len({run.run_key for run in runs}) == 3

    @pytest.mark.parametrize("moment", ["2026-03-29 03:00", "2026-10-25 02:00"])
    def test_changes_of_hour_close_the_right_night(self, instance, place, moment):
        arrive(place, "labo/a.xml")
        (run,) = self.tick(instance, place, moment)
        # On the spring Sunday 02:00 does not exist: the tick comes at 03:00, which is the same instant.
        assert run.tags["nuit"] == (date.fromisoformat(moment[:10]) - timedelta(days=1)).isoformat()


class TestSensor:
    def evaluate(self, instance, place, cursor=None):
        context = dg.build_sensor_context(instance=instance, cursor=cursor)
        return copy_context().run(landing_folder, context, place=place)

    def test_a_quiet_folder_that_changed_starts_the_night_once(self, instance, place):
        arrive(place, "labo/DUPONT.xml")
        found = self.evaluate(instance, place)
        (run,) = found.run_requests
        assert run.tags["nuit"] == tonight().isoformat()
        assert isinstance(self.evaluate(instance, place, cursor=found.cursor), dg.SkipReason)

    def test_a_folder_being_filled_is_left_alone(self, instance, place):
        arrive(place, "labo/a.xml", ago=5)
        assert "se remplir" in self.evaluate(instance, place).skip_message

    def test_names_of_files_do_not_reach_dagster(self, instance, place):
        arrive(place, "labo/DUPONT.xml")
        found = self.evaluate(instance, place)
        assert "DUPONT" not in str(found.run_requests) + str(found.cursor)

    def test_the_fingerprint_moves_with_names_sizes_and_times(self, tmp_path):
        states = set()
        for name, content, at in [("a", "x", 1), ("b", "x", 1), ("b", "xy", 1), ("b", "xy", 2)]:
            for old in tmp_path.iterdir():
                old.unlink()
            (tmp_path / name).write_text(content)
            os.utime(tmp_path / name, (at, at))
            states.add(fingerprint(tmp_path)[0])
        assert len(states) == 4


class TestSettings:
    def test_defaults(self):
        here = settings({})
        assert (here.landing.name, here.warehouse.name, here.vault.name, here.engine) == (
            "landing", "warehouse", "vault", "limpide"
        )  # fmt: skip
        assert here.landing.is_absolute()

    def test_the_environment_then_what_is_told(self, tmp_path):
        env = {"LIMPIDE_WAREHOUSE": "/w", "LIMPIDE_VAULT": "/v", "LIMPIDE_WORKERS": "3"}
        here = settings(env, warehouse=tmp_path, vault=None)
        assert (here.warehouse, str(here.vault), here.workers) == (tmp_path, "/v", 3)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("LIMPIDE_WORKERS", "two"),
            ("LIMPIDE_WORKERS", "-3"),
            ("LIMPIDE_WORKERS", "100000"),
            ("LIMPIDE_FIRST_NIGHT", "hier"),
            ("LIMPIDE_OCR", "peutetre"),
            ("LIMPIDE_MASKS", "surrogate"),
            ("LIMPIDE_WAREHOSE", "/w"),
            ("LIMPIDE_VOCABULARY", "/nowhere/vocabulary"),
            ("LIMPIDE_SOURCES", "/nowhere/sources.yaml"),
        ],
    )
    def test_nonsense_is_refused_by_name(self, name, value):
        with pytest.raises(BadSetting, match=name):
            settings({name: value})

    def test_every_name_that_our_code_reads_is_known(self):
        assert (
            settings({"LIMPIDE_HOLDER": "CHU", "LIMPIDE_AUDIT_MONTHS": "6", "LIMPIDE_CACHE": "/c"}).engine == "limpide"
        )
