"""Which night a run covers, and over which sources.

Belongs here: registering sources as partitions and selecting a night. Does not belong here: running it (night.py).
"""

from datetime import date
from pathlib import Path

import dagster as dg

from assets.partitions import SOURCES, source_key, tags_of
from limpide.warehouse.night.landing import sources_of


def night_tags(instance: dg.DagsterInstance, landing: Path, night: date, source: str | None = None) -> dict[str, str]:
    """The run tags that select `night`; sources never seen become partitions. Empty when no source was ever seen.

    Every known source is selected, not only those that sent something: a source that fell silent must show as silent.
    """
    arrived = sources_of(landing, night) if source is None else [source]
    known = list(instance.get_dynamic_partitions(str(SOURCES.name)))
    new = [key for key in map(source_key, arrived) if key not in known]
    if new:
        instance.add_dynamic_partitions(str(SOURCES.name), new)
    keys = [source_key(source)] if source else known + new
    return tags_of(night, keys) if keys else {}
