"""Names, ordinary words and eponyms: what the name net knows about a word. The lists are data beside this module.

Belongs here: loading the lists once a process. Does not belong here: any rule that uses them.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Folded words: given names, family names, eponyms of medicine, ordinary words (a capital makes no name of them)."""

    given: frozenset[str]
    family: frozenset[str]
    eponyms: frozenset[str]
    common: frozenset[str]


def _lines(name: str) -> frozenset[str]:
    path = _HERE / name
    content = gzip.decompress(path.read_bytes()).decode() if name.endswith(".gz") else path.read_text("utf-8")
    return frozenset(line for line in content.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lists, read once."""
    return Lexicon(
        _lines("first_names.txt"), _lines("last_names.txt"), _lines("eponyms.txt"), _lines("common_words.txt.gz")
    )
