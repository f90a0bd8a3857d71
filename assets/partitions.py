"""Nights and sources: how the road is cut.

Belongs here: the partitions and the reading of a run's selection. Does not belong here: which night runs when.

One run covers one night over all its sources (BackfillPolicy.single_run): a multi-partition range from
`night|first source` to `night|last source` is exactly that product, and blocking checks hold within the run.
Documents are never partitions: ten sources and ten years stay under 40,000 keys, which is what the UI bears.
"""

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote, unquote

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

SOURCES = dg.DynamicPartitionsDefinition(name="sources")
ONE_RUN_A_NIGHT = dg.BackfillPolicy.single_run()


def nights_and_sources(first_night: date) -> dg.MultiPartitionsDefinition:
    """Every night from `first_night` to the one under way, times every source ever seen."""
    nights = dg.DailyPartitionsDefinition(first_night.isoformat(), timezone="Europe/Paris", end_offset=1)
    return dg.MultiPartitionsDefinition({"night": nights, "source": SOURCES})


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
    """What this run covers: {night: {source: partition key}}, nights in order."""
    chosen: dict[date, dict[str, str]] = {}
    for key in context.partition_keys:
        parts = key.keys_by_dimension
        chosen.setdefault(date.fromisoformat(parts["night"]), {})[unquote(parts["source"])] = key
    return dict(sorted(chosen.items()))


def night_in(tags: Mapping[str, str]) -> date | None:
    """The night of a run, from its tags: the last one of its partitions; None for a run without partitions."""
    key = tags.get(ASSET_PARTITION_RANGE_END_TAG) or tags.get(PARTITION_NAME_TAG)
    return date.fromisoformat(key.split("|")[0]) if key else None
