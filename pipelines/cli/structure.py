"""`limpide structure`: files in, JSON lines out, no warehouse.

Belongs here: which files a path means, guarded workers, lines in the order of paths. Does not belong here: reading.
"""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from limpide.document import Document, to_contract
from limpide.errors import Reason, Refused
from limpide.readers.origin import Origin
from limpide.readers.registry import quarantined
from limpide.runtime import workers as pool
from limpide.warehouse.night.landing_files import NotNow, files_under, read_whole

Item = tuple[int, str]  # rank, path


def files_of(paths: Iterable[Path]) -> Iterator[Path]:
    """Each file as given; each folder's regular files, sorted by path: hidden ones and what is no file left out."""
    for path in paths:
        if path.is_dir():
            yield from (one.path for one in files_under(path))
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
        try:
            data, _ = read_whole(path, follow=True)
        except NotNow as fault:
            raise Refused(Reason.UNREADABLE, str(fault.why or "it is gone")) from None
        self._kept.append((rank, [_line(document) for document in structure(data, path, self._engine)]))

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
    try:
        origin = Origin.of(read_whole(path, follow=True)[0], path)
    except NotNow:
        origin = Origin.of(b"", path)
    return _line(quarantined(origin, Refused(lost.reason, lost.detail)))


def _line(document: Document) -> str:
    """One line of JSON. A name of file that is not UTF-8, or half a character, is written as its escape."""
    line = json.dumps(to_contract(document), ensure_ascii=False, allow_nan=False)
    return line.encode("utf-8", "backslashreplace").decode("utf-8")
