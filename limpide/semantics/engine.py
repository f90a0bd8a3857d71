"""What a semantic engine is, and how one is had by name.

Belongs here: the protocol every engine keeps (ours, EDS-NLP, iKnow, a team's own). Does not belong here: any engine.
"""

from __future__ import annotations

from functools import cache, lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from limpide import __version__
from limpide.document import Document
from limpide.semantics.terms import user_terms

ENGINES = {
    "limpide": "limpide.semantics.rule_engine",
    "limpide-linked": "limpide.semantics.linking_engine",
    "edsnlp": "limpide.semantics.engines.eds",
    "iknow": "limpide.semantics.engines.iknow",
}
ROOT = Path(__file__).parents[1]
_DECIDING = ("french", "lexicon", "semantics")  # rooms of which any change may change a fact


class Engine(Protocol):
    """Reads a document's text and adds what it says. Pure: same document, same facts; safe to call in any process."""

    name: str
    version: str

    def annotate(self, document: Document) -> None:
        """Add sections (to text that has none) and facts of origin 'nlp' to `document`, in place."""
        ...


def load_engine(name: str = "limpide") -> Engine:
    """The engine of that name, or the spaCy or EDS-NLP pipeline of that folder ('./model', '/srv/model').

    Built once a process, and again when the user's terminologies change. Each engine module offers `build() -> Engine`.
    Raises KeyError for a name that is neither, `folder.NotAPipeline`.
    """
    added = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in user_terms.files())
    return _built(name, added)


@lru_cache(maxsize=4)
def _built(name: str, added: tuple[tuple[str, int, int], ...]) -> Engine:
    if name not in ENGINES and Path(name).is_dir():
        from limpide.semantics.engines.folder import build

        return build(Path(name))
    engine: Engine = import_module(ENGINES[name]).build()
    return engine


@cache
def rules_version() -> str:
    """'0.1.0+1f3a9c02': the release, and the hash of the rules, the lexicon and the dictionaries that EDS-NLP ships.

    Two engines of the same version read the same text alike; a score measured with another version is stale.
    """
    total = sha256(version("edsnlp").encode())
    for path in sorted(path for room in _DECIDING for path in (ROOT / room).rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            total.update(str(path.relative_to(ROOT)).encode() + b"\0")
            total.update(sha256(path.read_bytes()).digest())
    return f"{__version__}+{total.hexdigest()[:8]}"
