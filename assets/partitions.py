"""Nights and sources: how the road is cut.

Belongs here: the partitions and the reading of a run's selection. Does not belong here: which night runs when.

One run covers one night over all its sources (BackfillPolicy.single_run): a multi-partition range from
`night|first source` to `night|last source` is exactly that product, and blocking checks hold within the run.
The UI makes ranges of its own: of a night over its sources, or of a source over its nights, whichever makes fewer runs.
Documents are never partitions: ten sources and ten years stay under 40,000 keys, which is what the UI bears.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

import dagster as dg
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

RANGE = (ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG)
SOURCES = dg.DynamicPartitionsDefinition(name="sources")
ONE_RUN_A_NIGHT = dg.BackfillPolicy.single_run()


class NightsAndSources(dg.MultiPartitionsDefinition):
    """Nights times sources. The job page gives each run of a backfill the tags of the backfill's first partition; with
    its two dimensions among them Dagster takes that one for all of the run's range (upstream 28861)."""

    def get_tags_for_partition_key(self, partition_key: str) -> Mapping[str, str]:
        return {PARTITION_NAME_TAG: partition_key}


def nights_and_sources(first_night: date) -> NightsAndSources:
    """Every night from `first_night` to the one under way, times every source ever seen."""
    nights = dg.DailyPartitionsDefinition(first_night.isoformat(), timezone="Europe/Paris", end_offset=1)
    return NightsAndSources({"night": nights, "source": SOURCES})


def source_key(source: str) -> str:
    """A source's folder name as a partition key: Dagster keeps '|' and control characters for itself."""
    return quote(source, safe=" ._-()éèêàùôîçÉÈÀ")


def tags_of(night: date, known_keys: list[str]) -> dict[str, str]:
    """The run tags that select one night over all `known_keys`, in the order Dagster keeps them."""
    return {
        "nuit": night.isoformat(),  # shown in the list of runs
        ASSET_PARTITION_RANGE_START_TAG: f"{night.isoformat()}|{known_keys[0]}",
        ASSET_PARTITION_RANGE_END_TAG: f"{night.isoformat()}|{known_keys[-1]}",
    }


def selection(context: dg.AssetExecutionContext) -> dict[date, dict[str, str]]:
    """What this run covers: {night: {source: partition key}}, nights in order.

    From the tags of its range where it has one: a run kept from before bears, beside them, those of a single partition.
    """
    tags = context.run.tags
    if ASSET_PARTITION_RANGE_START_TAG in tags:
        partitions = context.assets_def.partitions_def
        assert partitions is not None
        with partition_loading_context(dynamic_partitions_store=context.instance):
            ends = (partitions.get_partition_key_from_str(tags[tag]) for tag in RANGE)
            keys = partitions.get_partition_keys_in_range(dg.PartitionKeyRange(*ends))
    else:
        keys = context.partition_keys
    chosen: dict[date, dict[str, str]] = {}
    for key in keys:
        night, source = key.split("|")
        chosen.setdefault(date.fromisoformat(night), {})[unquote(source)] = key
    return dict(sorted(chosen.items()))


def report(context: dg.AssetExecutionContext, asset: dg.AssetKey, key: str, metadata: dict[str, Any]) -> None:
    """Say of one partition what was done; also where Dagster does not know that the run covers it."""
    if key in context.partition_keys:
        context.add_asset_metadata(metadata, asset_key=asset, partition_key=key)
    else:
        context.log_event(dg.AssetMaterialization(asset, partition=key, metadata=metadata))


def missing(chosen: dict[date, dict[str, str]], done: Iterable[tuple[date, str]]) -> list[str]:
    """Partition keys that were asked for and not done."""
    made = set(done)
    return [key for night, keys in chosen.items() for source, key in keys.items() if (night, source) not in made]


def night_in(tags: Mapping[str, str]) -> date | None:
    """The night of a run, from its tags: the last one of its partitions; None for a run without partitions."""
    key = tags.get(ASSET_PARTITION_RANGE_END_TAG) or tags.get(PARTITION_NAME_TAG)
    return date.fromisoformat(key.split("|")[0]) if key else None


def nights_of(tags: Mapping[str, str]) -> list[date]:
    """The nights of a run, from its tags: the first and the last of its range; none for a run without partitions."""
    keys = [tags[tag] for tag in RANGE if tag in tags] or [tags[tag] for tag in (PARTITION_NAME_TAG,) if tag in tags]
    return sorted({date.fromisoformat(key.split("|")[0]) for key in keys})
