"""Arrow looks for no pandas where rows are lists, and finds it where somebody wants frames."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "first",
    ["from patches.arrow_pandas import without_pandas; without_pandas()", "import limpide.warehouse.night.preload"],
)
def test_rows_bring_no_pandas_and_frames_still_come_for_who_asks(first: str) -> None:
    code = (
        f"import sys; {first}; import pyarrow as pa\n"
        "table = pa.Table.from_pylist([{'a': 1, 'b': ['x', None]}, {'a': None, 'b': []}])\n"
        "print('pandas' in sys.modules)\n"
        "import pandas as pd\n"
        "print(table.to_pandas()['a'].sum(), pa.array(pd.Series([1, 2])).to_pylist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False", "1.0 [1, 2]"]
