"""Arrow without the pandas that it imports at its first array.

Belongs here: the import hook, once a process. Does not belong here: schemas, files.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from types import ModuleType

from patches.guard import Patch, applies

PATCH = Patch(
    "pyarrow",
    "==25.*",
    "https://github.com/apache/arrow/issues/34994",
    "0.5 s of processor in each worker of each source, to see whether it was given a frame",
)


class _NoPandas(MetaPathFinder):
    """Finds that pandas is not installed."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raise ImportError for pandas, know nothing of others."""
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


@cache
def without_pandas() -> None:
    """Have Arrow look for no pandas when it is given rows.

    It imports it at its first array, half a second in each process, to see whether it was given a frame. It is not:
    rows are lists here. Arrow still gives a frame when asked for one, and pandas can still be imported.
    """
    if not applies(PATCH) or "pandas" in sys.modules:
        return
    import pyarrow as pa

    absent = _NoPandas()
    sys.meta_path.insert(0, absent)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(absent)
