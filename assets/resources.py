"""What the assets need of the outside: three folders, an engine, a number of workers.

Belongs here: the Dagster resource that carries them, and the opening of the warehouse. Does not belong here: reading
the environment (pipelines/settings.py).
"""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from limpide.warehouse.layout import Layout


class Place(dg.ConfigurableResource["Place"]):
    """Where the night happens. Paths are absolute; only counts and paths below the warehouse may reach Dagster."""

    landing: str
    warehouse: str
    vault: str
    engine: str = "limpide"
    workers: int = 2

    def layout(self) -> "Layout":
        """The warehouse and its vault, all there and of one house. Fails the step where they are not."""
        from assets.failures import bounded_faults
        from limpide.warehouse.layout import Layout, keep_from_others
        from limpide.warehouse.pairing import check

        keep_from_others()
        layout = Layout(Path(self.warehouse), Path(self.vault))
        with bounded_faults():
            check(layout)
        return layout
