"""The furniture of a source, learnt each night from that night's own documents.

Belongs here: which documents teach, and reading them through guarded workers. Does not belong here: what makes a line
furniture (readers/furniture.py), what makes it body (semantics/body.py).

What is learnt follows from the files of one night × source and the code alone: nights may come in any order, and again.
It is text of pages, names of doctors among it: it lives in memory and goes with the load.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from limpide.document import Document, Format
from limpide.errors import LIMITS, Reason, Refused
from limpide.formats import CARRIERS
from limpide.identity.pseudonym import person_key
from limpide.identity.vault.vault import Vault
from limpide.readers.page_headers import LEAST, Edges, Known, edges, learnt
from limpide.readers.registry import read
from limpide.runtime import workers as pool
from limpide.semantics.body_lines import is_body
from limpide.warehouse.night.worker import Reference

# Formats that may give pages, those that surely do first: an envelope is opened only for want of others.
_PAGED = (str(Format.PDF), str(Format.CDA_N1))
_CARRIERS = tuple(map(str, CARRIERS))
MOST = 16  # files looked at: at 13 ms each, a fifth of a second
_BATCH = 4  # files: so few are shared out fairly
_BYTES = 1024 * 1024  # of a file that teaches
# No OCR; a letter has few pages; what takes seconds to read will be refused or waited for in its turn, not here.
_LIMITS = replace(LIMITS, pages=8, seconds=5.0, ocr_seconds=0.0)


def teachers(files: Sequence[Reference]) -> list[Reference]:
    """The files that teach: at most `MOST`, none when they would be too few. Chosen by content, never by arrival."""
    by_content = {file.sha256: file for file in files if file.format in (*_PAGED, *_CARRIERS) and file.size <= _BYTES}
    chosen = sorted(by_content.values(), key=lambda file: (file.format not in _PAGED, file.sha256))[:MOST]
    return chosen if len(chosen) >= LEAST else []


def learn(vault: Vault, files: Sequence[Reference], *, workers: int, warm: Sequence[str] = ()) -> Known:
    """What the pages of these files have in common. A file that cannot be read teaches nothing and costs nothing else.

    Raises WorkerFault.
    """
    found: list[Edges] = []
    for done in pool.run(partial(Looking, vault), files, workers=workers, limits=_LIMITS, batch=_BATCH, warm=warm):
        found += done.results or ()
    return learnt(found)


class Looking:
    """The work of one process: the edges of pages, nothing of what they frame."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._kept: list[Edges] = []

    def take(self, item: Reference) -> None:
        """Look at every document of one file that has pages. Raises `Refused` through the guard only."""
        data = self._vault.get(item.sha256)
        try:
            self._kept += [_edges(document) for document in read(data, "", _LIMITS) if document.pages]
        except MemoryError:
            raise
        except Exception as defect:
            raise Refused(Reason.READER_CRASHED, type(defect).__name__) from defect

    def hand_over(self) -> list[Edges]:
        """What was looked at since the last time."""
        kept, self._kept = self._kept, []
        return kept


def _edges(document: Document) -> Edges:
    # The key only tells persons apart within this load: no secret is needed, and none would make it better.
    return edges(document, person_key(document.header.patient, b"furniture"), is_body)
