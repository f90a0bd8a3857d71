"""Runs launched as an operator launches them: through the UI's own requests, and the daemon that turns them into runs.

Belongs here: the job page (a backfill of the job's partitions), the asset graph ("Materialize all"), a run again.
Does not belong here: what such runs must give (test_launched_by_hand.py).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import instance_for_test
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.backfill import execute_backfill_iteration

HOUSE, PROBE = (Path(__file__).with_name(f"{name}_definitions.py") for name in ("house", "probe"))
ASK = """
mutation Launch($asked: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $asked) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}
"""
SYNC = "dagster._core.{}.sync_in_memory_run_{}"


class Operator:
    """Somebody in front of the UI, with one instance and the definitions of one house."""

    def __init__(self, workspace: WorkspaceProcessContext, instance: dg.DagsterInstance) -> None:
        self._workspace, self.instance = workspace, instance

    def job_page(self, partitions: Sequence[str]) -> list[dg.DagsterRun]:
        """Jobs → nightly → Partitions → these, launched; the runs it made, oldest first."""
        location = self._workspace.create_request_context().code_location_names[0]
        repository = {"repositoryLocationName": location, "repositoryName": "__repository__"}
        selector = {"partitionSetName": "nightly_partition_set", "repositorySelector": repository}
        return self._launch({"selector": selector, "partitionNames": list(partitions)})

    def asset_graph(self, assets: Sequence[dg.AssetKey], partitions: Sequence[str] | None) -> list[dg.DagsterRun]:
        """Assets → Materialize all, over some partitions or (None) all of them."""
        chosen = {"allPartitions": True} if partitions is None else {"partitionNames": list(partitions)}
        return self._launch({"assetSelection": [{"path": list(key.path)} for key in assets], **chosen})

    def _launch(self, asked: dict[str, Any]) -> list[dg.DagsterRun]:
        from dagster_graphql.schema import create_schema

        before = {run.run_id for run in self.instance.get_runs()}
        context = self._workspace.create_request_context()
        answer = create_schema().execute(ASK, variable_values={"asked": asked}, context_value=context)
        assert not answer.errors, answer.errors
        said = answer.data["launchPartitionBackfill"]
        assert said["__typename"] == "LaunchBackfillSuccess", said
        for _ in range(20):
            for fault in execute_backfill_iteration(self._workspace, logging.getLogger("operator")):
                assert fault is None, fault
            backfill = self.instance.get_backfill(said["backfillId"])
            if backfill.status.value not in ("REQUESTED",):
                break
        runs = [run for run in self.instance.get_runs() if run.run_id not in before]
        return list(reversed(runs))


@contextmanager
def operator(folder: Path, definitions: Path) -> Iterator[Operator]:
    """An operator whose instance lies in `folder`."""
    settings = {
        "run_launcher": {"module": SYNC.format("launcher", "launcher"), "class": "SyncInMemoryRunLauncher"},
        "run_coordinator": {"module": SYNC.format("run_coordinator", "coordinator"),
                            "class": "SyncInMemoryRunCoordinator"},
    }  # fmt: skip
    target = LoadableTargetOrigin(python_file=str(definitions), working_directory=str(definitions.parents[2]))
    origin = InProcessCodeLocationOrigin(target, location_name="limpide")
    with (
        instance_for_test(overrides=settings, temp_dir=str(folder)) as instance,
        WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(origin)) as workspace,
    ):
        yield Operator(workspace, instance)
