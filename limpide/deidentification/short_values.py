"""Short values that name nobody, told without a whole search: labels of codes, results with their unit.

Belongs here: what need not be asked again of each document. Does not belong here: any net (known.py, patterns.py,
names.py), what is done of a value (masking.py).
"""

from __future__ import annotations

import re
from functools import lru_cache

from limpide.deidentification.known_identities import KnownIdentities
from limpide.deidentification.lexicon import lexicon
from limpide.deidentification.names import name_spans
from limpide.deidentification.patterns import pattern_spans
from limpide.deidentification.spans import Words

_LONGEST = 120  # characters
_MEASURE = re.compile(r"[<>≤≥ ]{0,3}[0-9]{1,3}(?:[.,][0-9]{1,3})?(?![^\W_])(?=\D*\Z)")
_FIGURES = re.compile(r"[0-9]+")
_ZEROS = str.maketrans("123456789", "000000000")


def nobody_in(value: str, known: KnownIdentities) -> bool:
    """Whether no net finds anything in a value; False is no answer."""
    if len(value) > _LONGEST:
        return False
    number = _MEASURE.match(value)
    if number is None:
        label = _label(value)
        return label is not None and known.nothing_in(*label)
    # Results differ in their figures, which a lone short number has too few of for any rule: they are read as zeros.
    figures, rest = number.group(), value[number.end() :]
    label = _label(figures.translate(_ZEROS) + rest)
    if label is None:
        return False
    folded, forms, doubtful = label
    return known.nothing_in(figures + folded[len(figures) :], forms.union(_FIGURES.findall(figures)), doubtful)


@lru_cache(maxsize=20_000)
def _label(value: str) -> tuple[str, frozenset[str], tuple[str, ...]] | None:
    """A label in which the second and third nets find nothing: folded, its words, those that no list knows; else None.

    Labels of codes come back in every document: what does not depend on the document is asked once a process.
    """
    words = Words(value)
    if words.folded.count("19") or words.folded.count("20"):
        return None  # perhaps a date of birth
    if pattern_spans(words) or name_spans(words):
        return None
    lists = lexicon()
    doubtful = (w for w, cap in zip(words.form, words.cap, strict=True) if cap and w not in lists.common)
    return words.folded, words.present, tuple(w for w in doubtful if len(w) > 4 and w not in lists.eponyms)
