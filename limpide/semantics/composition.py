"""From words to mentions: a head (fracture, tumeur, -ite) takes its adjectives and its site, and the code they make.

Belongs here: how a mention grows to the right, coordination, the codes of (class, site) pairs.
Does not belong here: the vocabulary (lexicon/grammar/*.tsv), the walk (matcher.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from limpide.semantics.matcher import BARRIER, Match, Words
from limpide.semantics.morphology import sense
from limpide.semantics.terminology import GENERIC, Entry, Grammar
from limpide.semantics.tokens import Tokens


@dataclass(slots=True)
class Mention:
    """Words `first`..`last` name a fact of `kind`. Several codes: ambiguous; none: unknown."""

    kind: str
    first: int
    last: int
    codes: tuple[str, ...]
    system: str | None
    source: str
    flags: int = 0
    sites: list[str] = field(default_factory=list)


# A word that turns one class of tumour into another.
_TURNS = {
    ("tumeur_maligne", "in situ"): "tumeur_in_situ",
    ("tumeur", "benin"): "tumeur_benigne",
    ("tumeur", "malin"): "tumeur_maligne",
    ("lesion", "malin"): "tumeur_maligne",
    ("lesion", "benin"): "tumeur_benigne",
    ("lesion", "secondair"): "metastase",
    ("lesion", "metastatiqu"): "metastase",
    ("tumeur", "secondair"): "metastase",
    ("masse", "metastatiqu"): "metastase",
    ("masse", "secondair"): "metastase",
    ("atteinte", "metastatiqu"): "metastase",
    ("atteinte", "secondair"): "metastase",
    ("adenopathie", "metastatiqu"): "metastase",
}
ARTICLE, PREPOSITION = 2, 3
_NOT_ABSORBED = frozenset(("droit", "gauch"))


def compose(tokens: Tokens, words: Words, matches: list[Match], grammar: Grammar) -> list[Mention]:
    """Mentions in text order. A word that no term knows but whose ending says 'disorder' is one, without a code."""
    starts: dict[int, Match] = {m.first: m for m in matches}
    mentions: list[Mention] = []
    count = len(words.stems)
    i = 0
    while i < count:
        match = starts.get(i)
        mention = _unknown(tokens, words, i) if match is None else _known(match)
        if mention is None:
            i = match.last + 1 if match else i + 1
            continue
        entry = match.entry if match else None
        if mention.kind == "condition":
            _grow(tokens, words, starts, mention, entry, grammar)
        grown = mention.last > (match.last if match else i)
        i = mention.last + 1
        if entry is not None and not entry.kind and not grown:
            continue
        mentions.append(mention)
    return mentions


def _known(match: Match) -> Mention | None:
    entry = match.entry
    if not entry.kind and not entry.head:
        return None
    return Mention(
        entry.kind or "condition", match.first, match.last, entry.codes, entry.system, entry.source, entry.flags
    )


def _unknown(tokens: Tokens, words: Words, i: int) -> Mention | None:
    if words.stems[i] == BARRIER:
        return None
    meaning = sense(tokens.form[words.at[i]])
    if meaning in ("disorder", "sign"):
        return Mention("condition", i, i, (), None, f"ending:{meaning}")
    if meaning == "chemical":
        return Mention("drug", i, i, (), None, "ending:chemical")
    return None


def _grow(
    tokens: Tokens, words: Words, starts: dict[int, Match], mention: Mention, entry: Entry | None, grammar: Grammar
) -> None:
    """Take in the adjectives and the site that follow, and conclude the code that head and site make."""
    head = entry.head if entry else ""
    sites: list[str] = []
    count = len(words.stems)
    here = tokens.sentence[words.at[mention.first]]
    k = mention.last + 1
    while k < count and tokens.sentence[words.at[k]] == here:
        word, link = words.stems[k], words.linked[k]
        if word == BARRIER or word in _NOT_ABSORBED:
            break
        unit = starts.get(k)
        if unit is not None:
            found = unit.entry
            if found.adjective and link < ARTICLE and (not found.kind or found.kind == "condition"):
                turned = _TURNS.get((head, " ".join(words.stems[k : unit.last + 1])))
                head = turned or head
                if found.site:
                    sites.append(found.site)
            elif found.site and link == ARTICLE and not found.kind:
                sites.append(found.site)
            else:
                break
            mention.last = unit.last
            k = unit.last + 1
            continue
        if link < ARTICLE and sense(tokens.form[words.at[k]]) in ("adjective", "sign"):
            mention.last = k
            k += 1
            continue
        break
    mention.sites = sites
    if not head:
        return
    changed = entry is not None and head != entry.head
    for site in sites:
        code = grammar.codes.get((head, site))
        if code:
            mention.codes, mention.system = (code,), "CIM-10"
            mention.source = f"compose:{head}+{site}"
            mention.flags &= ~GENERIC
            return
    if (sites or changed) and entry is not None and entry.default_code:
        # The head's own code says "unspecified site": false once a site is named that we cannot code.
        mention.codes, mention.system = (), None
