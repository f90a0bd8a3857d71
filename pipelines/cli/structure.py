"""`limpide structure`: files in, JSON lines out, no warehouse.

Belongs here: which files a path means, guarded workers, lines in the order of paths. Does not belong here: reading.
"""

import json
import os
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from limpide.document import to_contract
from limpide.errors import Refused
from limpide.readers.origin import Origin
from limpide.readers.registry import quarantined
from limpide.runtime import workers as pool

Item = tuple[int, str]  # rank, path


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Each file as given; each folder's regular files, sorted by path, hidden ones left out."""
    for path in paths:
        if path.is_dir():
            for root, folders, names in os.walk(path):
                folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
                yield from (Path(root, name) for name in sorted(names) if not name.startswith("."))
        else:
            yield path


class Structuring:
    """The work of one process: the engine is loaded once."""

    def __init__(self, engine: str) -> None:
        from limpide.semantics.engine import load_engine

        self._engine = load_engine(engine)
        self._kept: list[tuple[int, list[str]]] = []

    def take(self, item: Item) -> None:
        """Every document of one file, as JSON lines. Raises `Refused` only through the guard."""
        from limpide.structure import structure

        rank, path = item
        documents = structure(Path(path).read_bytes(), path, self._engine)
        lines = [json.dumps(to_contract(document), ensure_ascii=False, allow_nan=False) for document in documents]
        self._kept.append((rank, lines))

    def hand_over(self) -> list[tuple[int, list[str]]]:
        """Lines of the files taken since the last time, with the rank of each file."""
        kept, self._kept = self._kept, []
        return kept


def json_lines(paths: Iterable[Path], *, engine: str, workers: int) -> Iterator[str]:
    """One line a document, in the order of files; a file that kills its reader is one quarantined line."""
    items = ((rank, str(path)) for rank, path in enumerate(files_of(paths)))
    waiting: dict[int, list[str]] = {}
    turn = 0
    for done in pool.run(partial(Structuring, engine), items, workers=workers, batch=4):
        waiting |= dict(done.results or [])
        waiting |= {lost.item[0]: [_line_of(lost)] for lost in done.lost}
        while turn in waiting:
            yield from waiting.pop(turn)
            turn += 1


def _line_of(lost: pool.Lost) -> str:
    path = lost.item[1]
    document = quarantined(Origin.of(Path(path).read_bytes(), path), Refused(lost.reason, lost.detail))
    return json.dumps(to_contract(document), ensure_ascii=False, allow_nan=False)
