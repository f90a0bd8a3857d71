"""placeholder, to be written tonight."""

import dagster as dg

from assets.dictionary import table_key


@dg.multi_asset_check(specs=[dg.AssetCheckSpec("schema", asset=table_key("person"), blocking=True)], can_subset=True)
def table_checks(context):
    yield dg.AssetCheckResult(asset_key=table_key("person"), check_name="schema", passed=True)
