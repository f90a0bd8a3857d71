"""What Dagster is told: complete, described, quick to import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SNAPSHOT = Path(__file__).with_name("definitions_snapshot.json")
HEAVY = (
    "great_expectations",
    "pandas",
    "edsnlp",
    "spacy",
    "scispacy",
    "duckdb",
    "pypdfium2",
    "reportlab",
    "faker",
    "lxml",
)


@pytest.fixture(scope="module")
def repository():
    from pipelines.definitions import defs

    return defs.get_repository_def()


def told(repository) -> dict[str, object]:
    """Everything with a name, in order."""
    graph = repository.asset_graph
    return {
        "assets": {
            key.to_user_string(): {
                "group": graph.get(key).group_name,
                "partitioned": graph.get(key).is_partitioned,
                "after": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
            }
            for key in sorted(graph.get_all_asset_keys(), key=lambda key: key.to_user_string())
        },
        "checks": sorted(
            f"{key.asset_key.to_user_string()}:{key.name}{' (bloquant)' if graph.get(key).blocking else ''}"
            for key in graph.asset_check_keys
        ),
        "jobs": sorted(repository.job_names),
        "schedules": {s.name: [s.cron_schedule, s.execution_timezone] for s in repository.schedule_defs},
        "sensors": sorted(sensor.name for sensor in repository.sensor_defs),
    }


def test_definitions_are_those_reviewed(repository):
    # A renamed asset or a lost check is seen in review. To accept a change: python tests/pipelines/test_definitions.py
    assert told(repository) == json.loads(SNAPSHOT.read_text("utf-8"))


def test_importing_definitions_imports_nothing_heavy():
    code = f"import sys, pipelines.definitions; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_line_helps_without_dagster():
    code = "import sys, pipelines.cli.main; print([m for m in ('dagster', 'duckdb', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_asset_says_what_it_is_and_whose(repository):
    graph = repository.asset_graph
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners == ["team:entrepot"], key
        assert node.kinds, key
        assert node.group_name in ("ingest", "structure", "validate", "publish"), key


def test_every_table_shows_its_columns(repository):
    from assets.dictionary import TABLE_NAMES, table_key

    graph = repository.asset_graph
    for table in TABLE_NAMES:
        schema = graph.get(table_key(table)).metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns], table


def test_every_check_says_in_french_what_it_proves(repository):
    graph = repository.asset_graph
    for key in graph.asset_check_keys:
        assert graph.get(key).description, key


def test_tables_and_snapshot_cover_the_whole_warehouse_not_a_partition(repository):
    graph = repository.asset_graph
    partitioned = {key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    assert partitioned == {"ingest/documents", "structure/facts"}


def test_one_run_covers_a_night_over_all_its_sources(repository):
    from dagster import AssetKey, BackfillPolicy

    for key in (AssetKey(["ingest", "documents"]), AssetKey(["structure", "facts"])):
        assert repository.asset_graph.get(key).backfill_policy == BackfillPolicy.single_run()


if __name__ == "__main__":
    from pipelines.definitions import defs

    text = json.dumps(told(defs.get_repository_def()), ensure_ascii=False, indent=1)
    SNAPSHOT.write_text(text + "\n", encoding="utf-8")
