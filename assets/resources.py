"""What the assets need of the outside: three folders, an engine, a number of workers.

Belongs here: the Dagster resource that carries them, and the opening of the warehouse. Does not belong here: reading
the environment (pipelines/settings.py).
"""

from pathlib import Path

import dagster as dg


class Place(dg.ConfigurableResource):
    """Where the night happens. Paths are absolute; only counts and paths below the warehouse may reach Dagster."""

    landing: str
    warehouse: str
    vault: str
    engine: str = "limpide"
    workers: int = 2

    def layout(self):
        """The warehouse and its vault, opened."""
        from limpide.warehouse.layout import Layout

        return Layout(Path(self.warehouse), Path(self.vault))
