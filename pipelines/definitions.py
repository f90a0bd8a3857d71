"""Everything Dagster knows of Limpide, built by one function that tests and the command line can call.

Belongs here: the gathering. Does not belong here: any asset, check or schedule; heavy imports (a test looks for them
by name: Great Expectations, pandas, spaCy stay out).
"""

import logging
import warnings

import dagster as dg

from pipelines.settings import Settings, settings

# single_run backfills and freshness policies are named beta upstream; the versions are pinned by the lock file.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
# A check that does not apply gives no result, which is meant; Dagster would warn of each, each night.
logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)


def build(here: Settings) -> dg.Definitions:
    """The definitions for these settings."""
    from assets.ingest import documents_asset
    from assets.partitions import nights_and_sources
    from assets.publish import snapshot
    from assets.retention import retention
    from assets.structure import facts_asset
    from assets.validate import candidate, receipt
    from pipelines.jobs import forget, nightly_job
    from pipelines.resources import resources
    from pipelines.schedules import forget_monthly, nightly_at_two
    from pipelines.sensors import landing_folder, night_failed
    from quality.checks import table_checks
    from quality.conformity_checks import conformity_checks

    partitions = nights_and_sources(here.first_night)
    return dg.Definitions(
        assets=[documents_asset(partitions), facts_asset(partitions), candidate, receipt, snapshot, retention],
        asset_checks=[table_checks, conformity_checks],
        jobs=[nightly_job(), forget],
        schedules=[nightly_at_two, forget_monthly],
        sensors=[landing_folder, night_failed],
        resources=resources(here),
    )


defs = build(settings())
