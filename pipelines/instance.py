"""The Dagster instance: where runs are remembered.

Belongs here: preparing DAGSTER_HOME from the template, and the instance of the command line. Does not belong
here: runs.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TEMPLATE = Path(__file__).with_name("dagster.yaml")


def dagster_home(folder: Path) -> Path:
    """The folder as a DAGSTER_HOME: absolute, existing, with our settings unless it has its own."""
    home = folder.absolute()
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copyfile(TEMPLATE, home / "dagster.yaml")
    return home


@contextmanager
def opened_instance() -> Iterator["DagsterInstance"]:  # noqa: F821
    """The instance of DAGSTER_HOME where one is named, else one forgotten at the end. No telemetry in either."""
    import dagster as dg

    named = os.environ.get("DAGSTER_HOME")
    if named:
        os.environ["DAGSTER_HOME"] = str(dagster_home(Path(named)))
        with dg.DagsterInstance.get() as instance:
            yield instance
    else:
        with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
            yield instance
