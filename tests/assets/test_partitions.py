"""Nights and sources as Dagster selects them."""

# No `from __future__ import annotations` here: Dagster would not recognise an annotated context.
from datetime import date

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.partitions import SOURCES, night_in, nights_and_sources, selection, source_key, tags_of

NIGHT = date(2026, 11, 23)


def run_over(tags: dict[str, str], sources: list[str]):
    """What an asset of this partitioning sees in a run with these tags."""
    seen = []

    @dg.asset(partitions_def=nights_and_sources(date(2026, 11, 1)), backfill_policy=dg.BackfillPolicy.single_run())
    def probe(context: dg.AssetExecutionContext) -> None:
        seen.append(selection(context))

    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(SOURCES.name, [source_key(source) for source in sources])
        job = dg.Definitions(assets=[probe], jobs=[dg.define_asset_job("j")]).resolve_job_def("j")
        job.execute_in_process(instance=instance, tags=tags)
    return seen[0]


def test_one_run_sees_one_night_over_all_its_sources():
    sources = ["radio", "labo", "ehpad"]  # in the order they were first seen, not in that of their names
    seen = run_over(tags_of(NIGHT, sources), sources)
    assert {night: sorted(found) for night, found in seen.items()} == {NIGHT: sorted(sources)}


def test_a_run_from_the_ui_may_cover_several_nights():
    tags = tags_of(NIGHT, ["labo"]) | {"dagster/asset_partition_range_end": "2026-11-24|labo"}
    assert list(run_over(tags, ["labo"])) == [NIGHT, date(2026, 11, 24)]
    assert night_in(tags) == date(2026, 11, 24)


@pytest.mark.parametrize("source", ["labo|nord", "été 2026", "a/b", "100%", "radio\n"])
def test_a_source_comes_back_from_its_key_whatever_its_name(source):
    assert list(run_over(tags_of(NIGHT, [source_key(source)]), [source])[NIGHT]) == [source]


@given(st.text(min_size=1))
def test_keys_hold_nothing_that_dagster_keeps_for_itself(source):
    key = source_key(source.encode("utf-8", "replace").decode())
    assert "|" not in key
    assert key.isprintable()


def test_a_run_without_partitions_has_no_night():
    assert night_in({}) is None
    assert night_in({"dagster/partition": "2026-11-23|labo"}) == NIGHT
