"""The night's partitions and nothing of its work: an asset that says of each partition that it was asked for."""

from datetime import date

import dagster as dg

from assets.partitions import ONE_RUN_A_NIGHT, nights_and_sources, report, selection

PROBE = dg.AssetKey(["ingest", "documents"])


@dg.asset(key=PROBE, partitions_def=nights_and_sources(date(2026, 11, 1)), backfill_policy=ONE_RUN_A_NIGHT)
def probe(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    for keys in selection(context).values():
        for source, key in keys.items():
            report(context, PROBE, key, {"source": source})
    return dg.MaterializeResult()


defs = dg.Definitions(assets=[probe], jobs=[dg.define_asset_job("nightly", executor_def=dg.in_process_executor)])
