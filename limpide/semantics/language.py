"""Which language a text is written in, by its small words: French is read, another is not.

Belongs here: that one question. Does not belong here: reading (rule_engine.py), the words (lexicon/languages.tsv).

A header's languageCode is believed unless the text plainly speaks otherwise: hospitals leave "en" in their templates.
Lists, forms and laboratory rows have few small words: what says too little is what its header says, or French.
"""

from __future__ import annotations

from functools import cache

from limpide.french.phrases import read_table
from limpide.french.tokens import Tokens

FRENCH = "fr"
_LEAST = 12  # small words of one language before a text is said to be in it
_CLEARLY = 2.0  # how many times those of the next language


@cache
def _words() -> dict[str, tuple[str, ...]]:
    return {row["language"]: tuple(row["words"].split()) for row in read_table("languages")}


def language_of(tokens: Tokens, stated: str | None = None) -> str:
    """ISO 639-1 code of a text's language. `stated`: the languageCode of its header ('fr-FR')."""
    counts = {language: sum(len(tokens.places.get(word, ())) for word in words) for language, words in _words().items()}
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    (best, most), (_, next_most) = ranked[0], ranked[1]
    if most >= _LEAST and most >= _CLEARLY * next_most:
        return best
    said = (stated or FRENCH)[:2].lower()
    return said if said.isalpha() and counts[FRENCH] <= counts.get(said, 0) else FRENCH
