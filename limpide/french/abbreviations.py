"""Abbreviations that a document defines for itself: "syndrome malin des neuroleptiques (SMN)", "SMN (syndrome ...)".

Belongs here: finding definitions of mentions, and giving the meaning to the other places of the short form.
Does not belong here: abbreviations that everybody knows (lexicon/terms).

scispaCy's `AbbreviationDetector` (Schwartz and Hearst, 2003) judges whether a short form abbreviates a long one. It is
loaded, and asked, only where a bracket beside a mention could be a definition, on that passage alone: most documents
never pay for it.
"""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from dataclasses import replace
from functools import cache
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

from limpide.document import Fact
from limpide.french.tokens import Tokens

_AFTER = re.compile(r"\(\s*([A-ZÀ-Ý][\w-]{0,8}[A-ZÀ-Ý0-9])\s*\)")  # long form (SF)
_BEFORE = re.compile(r"([A-ZÀ-Ý](?<![\w-].)[\w-]{0,8}[A-ZÀ-Ý0-9])\s*\(\s*(?=[^()]{6,100}\))")  # SF (long form)
_REACH = 2  # characters between a mention and the bracket


@cache
def detector() -> Any:
    """spaCy's tokeniser with scispaCy's detector: no model, nothing downloaded; a second, once.

    Not `spacy.blank`, whose pipeline imports every component that any package offers, edsnlp's hundred too: a second
    more, for components that nothing here calls. The rules of language "xx": the exceptions of "fr" take four seconds
    to load and change nothing between two brackets.
    """
    _import_spacy()
    from scispacy.abbreviation import AbbreviationDetector
    from spacy.lang.xx import MultiLanguage
    from spacy.language import create_tokenizer
    from spacy.vocab import create_vocab

    warnings.filterwarnings("ignore", message=r"\[W036\]")  # its second matcher is empty until a definition is found
    language: Any = SimpleNamespace(vocab=create_vocab("xx", MultiLanguage.Defaults), Defaults=MultiLanguage.Defaults)
    tokenizer, detector = create_tokenizer()(language), AbbreviationDetector(language)
    return lambda text: detector(tokenizer(text))._.abbreviations


def _import_spacy() -> None:
    """Import spaCy without its command line (a web client, a downloader, a project manager): a third of the time.

    It is imported only to offer `spacy.info`, and is still there for whoever asks for it.
    """
    if "spacy" in sys.modules:
        return
    package, module = ModuleType("spacy.cli"), ModuleType("spacy.cli.info")
    package.__path__ = []
    module.info = lambda *asked, **told: import_module("spacy.cli.info").info(*asked, **told)  # type: ignore[attr-defined]
    sys.modules |= {"spacy.cli": package, "spacy.cli.info": module}
    try:
        import spacy  # noqa: F401
    finally:
        del sys.modules["spacy.cli"], sys.modules["spacy.cli.info"]


def abbreviates(short: str, long: str) -> bool:
    """Whether `short` abbreviates `long`, accents aside."""
    plain = _unaccented(long)
    definition = f"{plain} ({_unaccented(short)}) ."
    return any(span._.long_form.start_char == 0 for span in detector()(definition))


def _unaccented(text: str) -> str:
    spelt = text.replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return "".join(c for c in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(c))


def expand(tokens: Tokens, facts: list[Fact]) -> list[Fact]:
    """Facts, with one more for each place where an abbreviation defined in the text stands for a mention.

    A meaning that the document gives outweighs the one that the vocabulary knows for the same letters.
    """
    text = tokens.text
    if "(" not in text:
        return facts
    defined = _definitions(text, facts)
    if not defined:
        return facts
    added: list[Fact] = []
    replaced: set[int] = set()
    for short, meant in defined.items():
        for place in re.finditer(rf"(?<![\w-]){re.escape(short)}(?![\w-])", text):
            start, end = place.span()
            over = [f for f in facts if (f.start or 0) < end and start < (f.end or 0)]
            same = [f for f in over if (f.start, f.end) == (start, end)]
            if len(over) > len(same):
                continue  # inside a longer mention
            if any(f.kind == meant.kind and f.code == meant.code for f in same):
                continue
            replaced.update(id(f) for f in same)
            added.append(replace(meant, start=start, end=end, text=text[start:end], rule=f"abbreviation:{meant.rule}"))
    kept = [f for f in facts if id(f) not in replaced] + added
    kept.sort(key=lambda f: (f.start or 0, f.end or 0))
    return kept


def _definitions(text: str, facts: list[Fact]) -> dict[str, Fact]:
    """By short form, the mention that it stands for."""
    ends = {f.end: f for f in facts if f.kind in ("condition", "drug") and (f.end or 0) - (f.start or 0) > 5}
    begins = {f.start: f for f in facts if f.kind in ("condition", "drug") and (f.end or 0) - (f.start or 0) > 5}
    found: dict[str, Fact] = {}
    for bracket in _AFTER.finditer(text):
        meant = next((ends[e] for e in range(bracket.start(), bracket.start() - _REACH - 1, -1) if e in ends), None)
        short = bracket.group(1)
        if meant is not None and short not in found and abbreviates(short, text[meant.start : meant.end]):
            found[short] = meant
    for opening in _BEFORE.finditer(text):
        meant = begins.get(opening.end())
        short = opening.group(1)
        if meant is None or short in found or text[meant.end or 0 :][:1] != ")":
            continue
        if abbreviates(short, text[meant.start : meant.end]):
            found[short] = meant
    return found
