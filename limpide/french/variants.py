"""French morphology: what makes two ways of writing a term the same one.

Belongs here: stems, link words, keys of patterns, the ways clinicians write a label of the classification.
Does not belong here: any term or code (lexicon/*.tsv), the walk over a text (matcher.py).

A *key* is the sequence of stems of a term's full words, joined by spaces. Link words (articles, de, à) are not in it,
so that "fracture du fémur" and "fracture fémur" share one key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from limpide.french.tokens import fold

LINKS = frozenset(["de", "d", "du", "des", "la", "le", "l", "les", "a", "au", "aux", "un", "une", "'", "-", "en"])
WORD = re.compile(r"\w+|'|-")
_SPLIT = re.compile(r"\w+")
STRESS = "é"
SHORTEST_STRESSED = 4  # letters: "acné", "clé" are nouns

_ENDINGS = (
    ("eaux", "eau"),
    ("aux", "al"),
    ("euses", "eu"),
    ("euse", "eu"),
    ("eux", "eu"),
    ("ives", "if"),
    ("ive", "if"),
    ("ifs", "if"),
    ("elles", "el"),
    ("elle", "el"),
    ("els", "el"),
    ("ennes", "en"),
    ("enne", "en"),
    ("ens", "en"),
    ("ignes", "in"),
    ("igne", "in"),
    ("sses", "s"),
    ("sse", "s"),
    ("ques", "qu"),
    ("que", "qu"),
    ("ees", ""),
    ("ee", ""),
    ("es", ""),
    ("s", ""),
    ("x", ""),
    ("e", ""),
)


_LONG = 6  # letters of a stem
_DOUBLED = re.compile(r"([b-dg-hj-np-rtv-z])\1")
_SOUNDS = (("ph", "f"), ("th", "t"), ("rh", "r"), ("y", "i"), ("oe", "e"), ("ae", "e"), ("oidism", "oidi"))


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The common stem of a folded word's plural and feminine forms: 'osseuses' and 'osseux' give 'osseu'.

    Long words are also spelt as they sound, since that is how they are misspelt: 'anevrysme' and 'anevrisme',
    'haemorragie', 'hemorragie' and 'hémorrhagie' are one.
    """
    if len(word) < 5 or not word.isalpha():
        return word
    found = word
    for ending, instead in _ENDINGS:
        if word.endswith(ending):
            base = word[: len(word) - len(ending)] + instead
            if len(base) >= 4:
                found = base
                break
    if len(found) >= _LONG:
        for written, sound in _SOUNDS:
            if written in found:
                found = found.replace(written, sound)
        found = _DOUBLED.sub(r"\1", found)
    return found


def stressed(raw: str) -> bool:
    """Whether a word ends in a stressed é (traité, fracturées): a participle or a quality, never a noun in -ite or -e.

    Seen in the accents as written only; capitals without accents do not tell.
    """
    if raw[-1] in "sS":
        raw = raw[:-1]
    if raw[-2:] in ("ée", "ÉE"):
        return True
    return raw[-1:] in ("é", "É")


def keys(term: str) -> list[str]:
    """Stems of the full words of `term`, in order; a stressed ending is marked: 'ulceré' is not 'ulcer'."""
    folded = fold(term)
    found: list[str] = []
    for match in WORD.finditer(term):
        raw = match.group()
        form = folded[match.start() : match.end()]
        following = term[match.end() : match.end() + 1]
        if form in LINKS and not (raw in ("A", "D") and following not in ("'", "’") and match.start() > 0):
            continue
        found.append(stem(form) + STRESS if len(form) > SHORTEST_STRESSED and stressed(raw) else stem(form))
    return found


def _without_ligatures(term: str) -> str:
    return term.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")


def key(term: str) -> str:
    """The key of a term; empty when it holds no full word."""
    return " ".join(keys(_without_ligatures(term)))


_NOISE = re.compile(
    r",?\s*(?:sans précision|sans autre indication|non précisée?s?|"
    r"non classée?s? ailleurs(?: au cours de leur usage thérapeutique)?|"
    r"autres? et (?:sans précision|non précisée?s?)|sans complication|"
    r"siège non précisé|sièges multiples|autres localisations|tout type|toute localisation|classée?s? ailleurs)\b",
    re.IGNORECASE,
)
_OTHER = re.compile(r"^autres?\s+(?:formes? (?:précisées? )?d(?:e |es |u |'))?", re.IGNORECASE)
_SPECIFIED = re.compile(r"\s+précisée?s?\b", re.IGNORECASE)
_PARENTHESES = re.compile(r"\s*\([^()]*\)")
_BRACKETS = re.compile(r"\[([^\[\]]+)\]")
_CODE_REFERENCE = re.compile(r"\([A-Z]\d\d[^()]*\)")
_PLURAL_MARK = re.compile(r"\((?:s|e|es|x)\)")
_VAGUE = re.compile(
    r"\b(?:autres?|sauf|y compris|non mentionn|ou non précis|facteurs? influant|classées? dans|maladies? classée|"
    r"effets? indésirables? au cours|usage thérapeutique|multipl|précisée?s?|mention)\b",
    re.IGNORECASE,
)


def clinician_forms(label: str) -> Iterator[tuple[str, bool, int]]:
    """Ways of writing a label of CIM-10: (form, exact, distance).

    `exact` is False when a detail of the code was dropped, so that only its three-character category may be concluded.
    `distance` says how far from the label: 0 the label, or the label "sans précision", which is what the bare name
    means; 1 a synonym in brackets or a form without its parentheses; 2 a form from which something was taken.
    """
    text = _CODE_REFERENCE.sub("", label)
    text = _PLURAL_MARK.sub("", text).strip()
    asides = [a.strip() for a in _BRACKETS.findall(text)]
    text = _BRACKETS.sub(" ", text)
    vague = bool(_OTHER.match(text)) or bool(re.search(r"autres?|précisée?s?\b", text, re.IGNORECASE))
    base = _NOISE.sub("", text)
    base = _OTHER.sub("", base)
    base = _SPECIFIED.sub("", base).strip(" ,;-")
    if not base or _VAGUE.search(base):
        return
    exact = not vague or "sans précision" in label or "non précis" in label
    flat = " ".join(base.replace("(", " ").replace(")", " ").split())
    bare = _PARENTHESES.sub("", base).strip(" ,;")
    plain = base == text or "sans précision" in label
    yield flat, exact, 0 if plain and exact else 2
    if bare and bare != flat:
        yield bare, exact, 1 if plain and exact else 2
    for aside in asides if not vague else ():
        if len(aside) > 3 and not _VAGUE.search(aside) and not aside[0].isdigit() and "-" not in aside[:3]:
            yield aside, exact, 1
    if " ou " in bare and "," not in bare and len(_SPLIT.findall(bare)) <= 4:
        left, right = bare.split(" ou ", 1)
        if len(left.split()) == 1 and len(right.split()) == 1 and len(left) > 6 and len(right) > 6:
            yield left, exact, 1
            yield right, exact, 1
