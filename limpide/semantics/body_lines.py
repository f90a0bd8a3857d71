"""Whether a line of a page belongs to its body: it says something of the patient, or opens or closes what does.

Belongs here: that one question, asked of lines that come back in the documents of a source, before they are taken for
its letterhead. Does not belong here: coming back (readers/furniture.py), titles, facts (their own modules).

When in doubt a line is body: what stays there is read as it always was, what is furniture is not.
"""

from __future__ import annotations

import re
from functools import lru_cache

from limpide.document import Document, Fact
from limpide.french.phrases import word_set
from limpide.french.tokens import fold, tokenise
from limpide.semantics.context.sections import find_marks
from limpide.semantics.engine import load_engine
from limpide.semantics.lab.headings import Heads

_CELL = re.compile(r"[^\t]+")
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=4096)  # that is what letterheads do: they come back
def is_body(line: str) -> bool:
    """Is this line (cells between TABs) a section's title, a salutation, a closing, a table's head, a bearer of facts?

    A disease that a letterhead names is no fact: it belongs to a place, which its cell begins with ("Institut du
    cancer").
    """
    tokens = tokenise(line)
    cells = [(cell.start(), cell[0]) for cell in _CELL.finditer(line)]
    if find_marks(tokens) or _is_table_head(tokens.folded) or any(_greets(text) for _, text in cells):
        return True
    document = Document(path="", sha256="", text=line)
    load_engine().annotate(document)
    return any(not _of_a_place(fact, cells) for fact in document.facts)


def _greets(cell: str) -> bool:
    """ "Cher confrère,": the letter begins."""
    words = _WORD.findall(fold(cell))
    return cell.rstrip().endswith(",") and bool(words) and words[0] in word_set("salutations")


def _is_table_head(folded: str) -> bool:
    """ "Analyse  Résultat  Unité": two headings at least, and no value after a label."""
    cells = [(rank, *cell.span()) for rank, cell in enumerate(_CELL.finditer(folded))]
    if len(cells) < 2 or ":" in folded:
        return False
    heads = Heads()
    heads.read_columns(folded, cells, len(cells))
    return len(heads.roles) > 1


def _of_a_place(fact: Fact, cells: list[tuple[int, str]]) -> bool:
    """Whether a fact is no more than a disease or an act in the name of a place."""
    if fact.kind not in ("condition", "procedure") or fact.negated or fact.family or fact.start is None:
        return False
    cell = next(text for start, text in reversed(cells) if start <= fact.start)
    words = _WORD.findall(fold(cell))
    return bool(words) and words[0] in word_set("places")
