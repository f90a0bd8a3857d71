"""Arrow without what it imports for others.

Belongs here: what a process says to Arrow once. Does not belong here: schemas, files.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from types import ModuleType


class _NoPandas(MetaPathFinder):
    """Finds that pandas is not installed."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raise ImportError for pandas, know nothing of others."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


@cache
def alone() -> None:
    """Have Arrow look for no pandas when it is given rows.

    It imports it at its first array, half a second in each process, to see whether it was given a frame. It is not:
    rows are lists here. Whoever asks Arrow for a frame gets one all the same, and whoever wants pandas imports it.
    """
    import pyarrow as pa

    if "pandas" in sys.modules:
        return
    absent = _NoPandas()
    sys.meta_path.insert(0, absent)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(absent)
