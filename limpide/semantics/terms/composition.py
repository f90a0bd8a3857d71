"""From words to mentions: a head (fracture, tumeur, -ite) takes its adjectives and its site, and the code they make.

Belongs here: how a mention grows to the right, coordination, the codes of (class, site) pairs.
Does not belong here: the vocabulary (lexicon/grammar/*.tsv), the walk (matcher.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from limpide.french.morphology import sense
from limpide.french.tokens import Tokens
from limpide.french.variants import STRESS, stem
from limpide.semantics.terms.matcher import BARRIER, Match, Words
from limpide.semantics.terms.terminology import (
    AGENT,
    CORE,
    GENERIC,
    HEAD,
    PHRASE,
    SUBSTANCE,
    TRAILING,
    Entry,
    Grammar,
    Terminology,
)


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
    ("maladie", "metastatiqu"): "metastase",
}
ARTICLE, PREPOSITION = 2, 3
_NAMED_AFTER = frozenset(
    ("syndrome", "maladie", "phenomene", "tumeur", "sarcome", "trouble", "douleur", "fracture", "paralysie", "ulcere")
)
_TUMOURS = frozenset(
    ("tumeur_maligne", "tumeur", "tumeur_benigne", "tumeur_in_situ", "metastase", "lymphome", "sarcome", "melanome")
)
_EVOLVING = frozenset(("maladie", "tumeur", "tumeur_maligne", "lesion", "metastase", "masse"))
_LEADS = {stem("dans"): 0, stem("niveau"): PREPOSITION, stem("origine"): ARTICLE}  # word -> what stands before it
_EPONYMOUS = frozenset(("syndrome", "maladie"))
_SITED = frozenset(
    (
        "tumeur_maligne",
        "tumeur",
        "metastase",
        "tumeur_benigne",
        "tumeur_in_situ",
        "sarcome",
        "melanome",
        "lymphome",
        "tumeur_nommee",
        "carcinose",
        "adenopathie",
        "evolution",
        "atteinte",
        "masse",
        "perte",
        "exces",
        "absence",
        "alteration",
        "trouble",
        "retard",
        "arret",
        "difficulte",
        "hypertrophie",
    )
)
_CAUSED = frozenset(("intoxication", "allergie", "intolerance", "dependance", "toxicite"))
_UNCAUSED = frozenset(("absence", "perte", "exces", "trouble"))
_SALT = re.compile(r"(?:ate|hydrate|ure|oxyde|sels?)s?$")
_ADJECTIVAL = ("if", "ive", "ifs", "ives", "ique", "iques", "al", "ale", "aux", "ales", "eux", "euse", "euses")
_ADVERB = re.compile(r"(?!probabl|possibl|vraisembl|eventuel|presum)\w+[aei]ment$")  # but for what makes it doubtful
_PREFIXES = frozenset(
    ("d", "l", "n", "o", "p", "s", "co", "alpha", "beta", "gamma", "delta", "omega", "methyl", "ethyl", "di", "tri")
)
_CONJUNCTIONS = frozenset(("et", "ou"))
_NAMING = frozenset(("disorder", "sign", "chemical"))  # what the ending of an unknown word may name
_NOT_ABSORBED = frozenset(("droit", "gauch"))


def _is_named(tokens: Tokens, place: int) -> bool:
    """Whether a capital inside a sentence makes a name of a word: "(Vendôme)" is no disorder in -ome."""
    text, start = tokens.text, tokens.start[place]
    if not (text[start].isupper() and text[start + 1 : start + 2].islower()) or not place:
        return False
    same = tokens.sentence[place - 1] == tokens.sentence[place]
    return same and tokens.form[place - 1] not in (":", "-", "/", "=", ".")


def compose(tokens: Tokens, words: Words, matches: list[Match], terms: Terminology) -> list[Mention]:
    """Mentions in text order. A word that no term knows but whose ending says 'disorder' is one, without a code."""
    starts: dict[int, Match] = {m.first: m for m in matches}
    mentions: list[Mention] = []
    count = len(words.stems)
    telling = {word for word in tokens.places if sense(word) in _NAMING}
    made = [i for i, token in enumerate(words.at) if tokens.form[token] in telling] if telling else []
    made = [i for i in made if not _is_named(tokens, words.at[i])]
    free = 0
    for i in sorted({*starts, *made}):
        if i < free:
            continue
        match = starts.get(i)
        mention = _unknown(tokens, words, i) if match is None else _known(match)
        if mention is None:
            free = match.last + 1 if match else i + 1
            continue
        entry = match.entry if match else None
        if mention.kind == "condition":
            _grow(tokens, words, starts, mention, entry, terms)
        if mention.kind == "drug":
            _grow_drug(tokens, words, starts, mention)
        grown = mention.last > (match.last if match else i)
        if entry is not None and not entry.kind and not mention.sites and not _medical(starts, mention):
            grown = False
        free = mention.last + 1
        if entry is not None and not entry.kind and not grown:
            continue
        mentions.append(mention)
        if mention.kind == "condition" and free + 1 < count:
            others = _coordinated(tokens, words, starts, mention, terms)
            mentions.extend(others)
            free = max(one.last for one in (mention, *others)) + 1
    return mentions


def _medical(starts: dict[int, Match], mention: Mention) -> bool:
    """Whether a word that our lists know follows the head of a mention, so that "augmentation posologique" is none."""
    return any(k in starts for k in range(mention.first + 1, mention.last + 1))


def _known(match: Match) -> Mention | None:
    entry = match.entry
    if not entry.kind and not entry.head:
        return None
    flags = entry.flags | (HEAD if entry.head else 0)
    return Mention(entry.kind or "condition", match.first, match.last, entry.codes, entry.system, entry.source, flags)


def _unknown(tokens: Tokens, words: Words, i: int) -> Mention | None:
    if words.stems[i] == BARRIER:
        return None
    if words.stems[i].endswith(STRESS):
        return None
    meaning = sense(tokens.form[words.at[i]])
    if meaning in ("disorder", "sign"):
        return Mention("condition", i, i, (), None, f"ending:{meaning}")
    if meaning == "chemical":
        salt = SUBSTANCE if _SALT.search(tokens.form[words.at[i]]) else 0  # "clopidogrel (hydrogénosulfate de)"
        return Mention("drug", i, i, (), None, "ending:chemical", salt)
    return None


def _grow(
    tokens: Tokens, words: Words, starts: dict[int, Match], mention: Mention, entry: Entry | None, terms: Terminology
) -> None:
    """Take in the adjectives and the site that follow, and conclude the code that head and site make.

    A term that begins with a tumour's name ("carcinome lobulaire infiltrant") takes its site too, and keeps its code.
    """
    grammar = terms.grammar
    head = entry.head if entry else ""
    inherited = not head and mention.last > mention.first
    sites: list[str] = []
    if inherited:
        number = terms.table.get(words.stems[mention.first], -1)
        head = terms.entries[number].head if number >= 0 else ""
        if _spreads(words, starts, mention.last + 1, head):  # "lésions hépatiques métastatiques"
            sites, inherited = _inner_sites(words, mention, terms), False
        elif head not in _TUMOURS:
            head = ""
    count = len(words.stems)
    here = words.sentence[mention.first]
    k = mention.last + 1
    while k < count and words.sentence[k] == here:
        word, link = words.stems[k], words.linked[k]
        if word == BARRIER or word in _NOT_ABSORBED:
            break
        unit = starts.get(k)
        place = _place(words, starts, k) if unit is None or not unit.entry.kind else None
        if place is not None and head in _SITED and _takes_site(head, place.entry.site, grammar):
            sites.append(place.entry.site)  # "métastases dans le foie", "nodule au niveau du sein"
            mention.last = place.last
            k = place.last + 1
            continue
        if unit is not None:
            found = unit.entry
            if head == "evolution" and link == ARTICLE and found.head in _EVOLVING:
                mention.last = unit.last  # "progression de la maladie"
                k = unit.last + 1
                continue
            if found.kind == "drug" and link >= ARTICLE and head in _CAUSED:
                mention.last = unit.last  # the drug is the cause, not a treatment
                break
            if found.kind == "condition" and head in _EPONYMOUS and link == ARTICLE and _is_name(tokens, words, k):
                mention.last, mention.codes, mention.system = unit.last, found.codes, found.system
                mention.source, mention.flags = found.source, found.flags  # "syndrome de Churg-Strauss"
                mention.sites = sites
                return
            if found.kind not in ("", "condition") and not (found.site and link == ARTICLE and head in _SITED):
                break  # "nodule du LSD" is in a lobe
            if found.adjective == PHRASE or (found.adjective and link < ARTICLE):
                if found.adjective == TRAILING:  # taken in only if something that names follows
                    k = unit.last + 1
                    continue
                head = _TURNS.get((head, " ".join(words.stems[k : unit.last + 1])), head)
                if found.site:
                    sites.append(found.site)
            elif found.site == AGENT and link >= ARTICLE and not found.kind and head not in _UNCAUSED:
                mention.flags &= ~GENERIC
            elif (
                found.site and link == ARTICLE and found.kind != "condition" and _takes_site(head, found.site, grammar)
            ):
                sites.append(found.site)
            else:
                break
            mention.last = unit.last
            k = unit.last + 1
            continue
        if mention.last == k - 1 and _ADVERB.match(word) and starts.get(k + 1) is not None:
            k += 1  # "processus tumoral manifestement malin": taken in only if what it qualifies is
            continue
        if link < ARTICLE and not word.endswith(STRESS) and _qualifies(tokens.form[words.at[k]]):
            mention.last = k
            k += 1
            continue
        if mention.last == k - 1 and head in _NAMED_AFTER and _is_name(tokens, words, k):
            mention.last = k
            mention.flags &= ~GENERIC
            k += 1
            while k < count and words.linked[k] == 1 and _is_name(tokens, words, k):  # Guillain-Barré
                mention.last = k
                k += 1
            continue
        break
    mention.sites = sites
    if head and not (inherited and mention.codes):
        _conclude(mention, entry, head, sites, grammar)


def _spreads(words: Words, starts: dict[int, Match], k: int, head: str) -> bool:
    """Whether word `k` turns the organ's disorder that stands before it into a metastasis."""
    if k not in starts or words.sentence[k] != words.sentence[k - 1] or words.linked[k] >= ARTICLE:
        return False  # "secondaire" says as much of what follows an injury: here it does not do
    return head not in _TUMOURS and words.stems[k] == "metastatiqu" and (head, "metastatiqu") in _TURNS


def _inner_sites(words: Words, mention: Mention, terms: Terminology) -> list[str]:
    """Parts of the body that the words of a term name: "maladie osseuse" is of bone."""
    numbers = [terms.table.get(words.stems[k], -1) for k in range(mention.first + 1, mention.last + 1)]
    return [terms.entries[n].site for n in numbers if n >= 0 and terms.entries[n].site not in ("", AGENT)]


def _place(words: Words, starts: dict[int, Match], k: int) -> Match | None:
    """The part of the body that words from `k` lead to ("dans le foie", "d'origine rénale"); None for other words."""
    leads = _LEADS.get(words.stems[k])
    if (
        leads is None
        or words.linked[k] != leads
        or k + 1 >= len(words.stems)
        or words.sentence[k + 1] != words.sentence[k]
    ):
        return None
    unit = starts.get(k + 1)
    named = unit is not None and unit.entry.site and not unit.entry.kind and unit.entry.site != AGENT
    return unit if named else None


def _qualifies(form: str) -> bool:
    """Whether a word that no term knows is an adjective: "syndrome dysexécutif" is one disorder, not two."""
    meaning = sense(form)
    return meaning in ("adjective", "sign") or (meaning == "disorder" and form.endswith(_ADJECTIVAL))


def _conclude(mention: Mention, entry: Entry | None, head: str, sites: list[str], grammar: Grammar) -> None:
    """The code of a head and the first of its sites that makes one with it."""
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
        code = "" if sites else grammar.codes.get((head, ""), "")
        mention.codes, mention.system = ((code,), "CIM-10") if code else ((), None)


def _takes_site(head: str, site: str, grammar: Grammar) -> bool:
    """Whether "de la" plus a site belongs to the mention: tumours and what makes a code with the site."""
    return head in _SITED or (head, site) in grammar.codes


def _is_name(tokens: Tokens, words: Words, k: int) -> bool:
    """A capitalised word in a text that is not all capitals: the name of a disease's discoverer, an acronym."""
    token = words.at[k]
    raw = tokens.text[tokens.start[token] : tokens.end[token]]
    return len(raw) > 1 and raw[0].isupper() and words.linked[k] != PREPOSITION and (raw[1:].islower() or len(raw) < 8)


def _coordinated(
    tokens: Tokens, words: Words, starts: dict[int, Match], mention: Mention, terms: Terminology
) -> list[Mention]:
    """Mentions that share the head: "insuffisance cardiaque et rénale". One that makes no code lengthens the first."""
    others: list[Mention] = []
    if mention.last == mention.first:
        return others
    stems, count = words.stems, len(words.stems)
    here = words.sentence[mention.first]
    first_head = terms.table.get(stems[mention.first], -1)
    head = terms.entries[first_head].head if first_head >= 0 else ""
    j = mention.last + 1
    while j + 1 < count and words.sentence[j + 1] == here:
        comma = tokens.form[words.at[j]] == ","
        if not comma and stems[j] not in _CONJUNCTIONS:
            break
        k = j + 2 if comma and stems[j + 1] in _CONJUNCTIONS and j + 2 < count else j + 1
        unit = starts.get(k)
        if unit is None or not unit.entry.site or unit.entry.kind or unit.entry.site == AGENT:
            break
        if words.linked[k] >= ARTICLE and not (words.linked[k] == ARTICLE and head in _SITED):
            break
        if words.linked[k] < ARTICLE and unit.entry.adjective != CORE:
            break
        named = terms.table.get(" ".join([stems[mention.first], *stems[k : unit.last + 1]]), -1)
        entry = terms.entries[named] if named >= 0 else None
        code = terms.grammar.codes.get((head, unit.entry.site))
        if entry is not None and entry.kind == "condition" and entry.codes:
            others.append(Mention("condition", mention.first, unit.last, entry.codes, entry.system, entry.source))
        elif code:
            source = f"compose:{head}+{unit.entry.site}"
            others.append(Mention("condition", mention.first, unit.last, (code,), "CIM-10", source))
        elif not others and not comma:
            mention.last = unit.last
        else:
            break
        j = unit.last + 1
    return others


def _grow_drug(tokens: Tokens, words: Words, starts: dict[int, Match], mention: Mention) -> None:
    """A salt takes its base ("chlorhydrate de morphine"), an acid its name ("acide salicylique"), a prefix its stem

    ("D-pénicillamine"). The code is the base's: the salt of a drug is that drug.
    """
    count, stems = len(words.stems), words.stems
    k = mention.last + 1
    if k < count and words.sentence[k] == words.sentence[mention.first]:
        unit = starts.get(k)
        form = tokens.form[words.at[k]]
        if stems[mention.last] == "acid" and words.linked[k] < ARTICLE and form.endswith(("ique", "iques")):
            mention.last = unit.last if unit is not None else k
        elif _SALT.search(tokens.form[words.at[mention.last]]) and words.linked[k] == ARTICLE:
            if unit is not None and unit.entry.kind == "drug":
                mention.last, mention.codes, mention.system = unit.last, unit.entry.codes, unit.entry.system
                mention.source, mention.flags = unit.entry.source, unit.entry.flags
            elif unit is None and sense(form) == "chemical":
                mention.last = k
    first = words.at[mention.first]
    if mention.first and words.linked[mention.first] == 1 and first >= 2 and words.at[mention.first - 1] == first - 2:
        prefix = tokens.form[first - 2]
        joined = tokens.end[first - 2] + 1 == tokens.start[first] and tokens.text[tokens.start[first] - 1] == "-"
        if joined and prefix in _PREFIXES:
            mention.first -= 1
