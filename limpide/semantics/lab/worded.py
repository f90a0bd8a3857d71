"""Results in words: "AgHBs négatif", "hémocultures stériles", "sérologies X, Y et Z négatives", "ECBU à E. coli".

Belongs here: one word that concludes a test, alone or for a list of tests, and the germ that a culture grew. Does not
belong here: numbers (sentences.py), antibiograms (antibiogram.py), denied diseases (context/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from limpide.document import Fact
from limpide.french.phrases import LEXICON, word_set
from limpide.french.tokens import Tokens, fold
from limpide.french.values import words
from limpide.semantics.lab.analytes import Analyte, Named, analyte_table, for_specimen
from limpide.semantics.lab.facts import measured

_LINK = r"\s*(?:[:=(]\s*|(?:est|sont|etait|etaient|score|revenue?s?|toujours|statut|restee?s?)\s+)*"
_JOINERS = frozenset({",", "et", "/", "-", "ou", ";", "&"})
_MOST_NAMES = 6
_HEADS = re.compile(
    r"\b(serologies?|pcr|rt-pcr|antigenuries?|antigenes?|ag|igm|igg|ac|anticorps|recherches?|depistages?"
    r"|tests? rapides?|tdr)\b(?!\s*[:=]?\s*\d)"
)
_ITEM_LEAD = re.compile(r"\s*(?:(?:de la|des|de|du|la|le|les|a la|au|contre|pour)\s+|(?:de l|d|l|a l)'|:\s*)*")
_ITEMS = re.compile(r"\s*(?:,|;|/|\bet\b|\bou\b|\s-\s|\+)\s*")
_FLUIDS = frozenset({"urine", "csf", "stool"})
_LONGEST_ITEM = 4  # words
_TRAILING = re.compile(r"\s+(?:est|sont|etait|etaient|revenue?s?|se revelent|restent?|toujours|totaux|:|=)\s*\Z")
_REACH = 140
_GERM_REACH = 110


@cache
def _qualitative() -> re.Pattern[str]:
    these = sorted(words("qualitative"), key=len, reverse=True)
    lettered = "|".join(re.escape(word) for word in these if word[0].isalpha())
    signs = r"\+/-|\d\s?\+(?!\d)|\++|-(?=\s*(?:[,;.)\n]|$))"
    return re.compile(rf"(?P<word>(?:{lettered})(?!\w)|{signs})")


@cache
def _result() -> re.Pattern[str]:
    return re.compile(_LINK + _qualitative().pattern)


@cache
def _no_name() -> frozenset[str]:
    """Words that the name of a test does not hold: what stands there is a sentence."""
    return (
        word_set("determiners") | word_set("auxiliaries") | frozenset(("elle", "il", "qui", "que", "se", "s", "autre"))
    )


@cache
def germ_pattern() -> re.Pattern[str]:
    """A germ's name, with its species where one follows, in folded text."""
    lines = (LEXICON / "germs.txt").read_text("utf-8").splitlines()
    names = sorted({fold(line.strip()) for line in lines if line.strip() and line[0] != "#"}, key=len, reverse=True)
    genera = "|".join(re.escape(name) for name in names if name.isalpha())
    whole = "|".join(re.escape(name) for name in names if not name.isalpha())
    species = (
        r"(?:\s+(?!et\b|ou\b|le\b|la\b|a\b|en\b|sur\b|dans\b|au\b|sauvages?\b|multi\w*|resistant\w*|sensible\w*|producteur)"
        r"(?:spp?\b\.?|[a-z]{5,}|b\b|a\b|c\b))?"
    )
    return re.compile(
        rf"(?<![\w.])(?:(?:{whole})(?!\w)|(?:{genera})(?!\w){species})(?:\s*\((?:sasm|sarm|blse|bge|ampc)\))?(?:\s+blse\b)?"
    )


def in_words(tokens: Tokens, first: int, after: int, named: Named, specimen: str | None) -> list[Fact]:
    """The result in words of the test named by words [first, after): its own, or that of the list it stands in."""
    analyte = for_specimen(named.within(tokens.folded), specimen)
    if analyte is None or not analyte.takes_text:
        return []
    start, end = tokens.start[first], tokens.end[after - 1]
    if analyte in named.shy and analyte.specimen in _FLUIDS and specimen != analyte.specimen:
        return []  # the aspect of what? "sang" of where?
    if analyte in named.shy and end - start <= 3 and not tokens.text[start].isupper():
        return []
    found = _result().match(tokens.folded, end)
    if found:
        return [_worded(tokens, analyte, start, found.end(), found)]
    if analyte.takes_germ and (grown := _grown(tokens, end)):
        return [_grew(tokens, analyte, start, grown)]
    listed = _of_list(tokens, after)
    return [_worded(tokens, analyte, start, end, listed)] if listed else []


def _worded(tokens: Tokens, analyte: Analyte | None, start: int, end: int, found: re.Match[str]) -> Fact:
    written = tokens.text[found.start("word") : found.end("word")]
    fact = measured(tokens, analyte, start, end, None, None, written)
    fact.rule = "measurement:words"
    return fact


def _of_list(tokens: Tokens, after: int) -> re.Match[str] | None:
    """The conclusion of a list of tests: "VHB, VHC et VIH négatifs" concludes for each."""
    form, place = tokens.form, after
    for _ in range(_MOST_NAMES):
        if place >= len(form) or form[place] not in _JOINERS:
            return None
        at = analyte_table().at(form, place + 1)
        if at is None or not any(analyte.takes_text for analyte in at[1].analytes):
            return None
        place = at[0]
        if found := _result().match(tokens.folded, tokens.end[place - 1]):
            return found
    return None


def _grown(tokens: Tokens, end: int) -> re.Match[str] | None:
    """The germ of a culture, in the culture's own sentence; none where another test is named before it."""
    stop = end + _GERM_REACH  # "S. aureus" ends a sentence for who does not know it
    line = tokens.folded.find("\n\n", end)
    found = germ_pattern().search(tokens.folded, end, stop if line < 0 else min(stop, line))
    if found is None or re.search(r";|negati|sterile|\bpas d|\.\s", tokens.folded[end : found.start()]):
        return None
    return found


def _grew(tokens: Tokens, analyte: Analyte, start: int, grown: re.Match[str]) -> Fact:
    fact = measured(tokens, analyte, start, grown.end(), None, None, tokens.text[grown.start() : grown.end()])
    fact.rule = "measurement:culture"
    return fact


def tests_of_lists(tokens: Tokens) -> Iterator[Fact]:
    """Tests that a list names by what they look for: "Sérologies Coxiella, Bartonella et Brucella négatives"."""
    folded = tokens.folded
    place = 0
    for head in _HEADS.finditer(folded):
        if head.start() < place:
            continue
        first, _ = tokens.within(head.start(), head.end())
        stop = min(tokens.sentence_bounds[tokens.sentence[first]][1], head.end() + _REACH)
        line = folded.find("\n", head.end(), stop)
        stop = stop if line < 0 or "," in folded[line - 2 : line] else max(line, head.end())
        begin = head.end()
        while found := _qualitative().search(folded, begin, stop):
            facts = _items(tokens, head, begin, found)
            if facts is None:
                break
            yield from facts
            begin = place = found.end()
            if not re.match(r"\s*(?:,|;|et\b)", folded[begin:stop]):
                break
            begin += len(re.match(r"\s*(?:,|;|et\b)\s*", folded[begin:stop]).group())  # type: ignore[union-attr]


def _items(tokens: Tokens, head: re.Match[str], begin: int, found: re.Match[str]) -> list[Fact] | None:
    """One test an item between `begin` and the word that concludes; None when what stands there is no list of names."""
    folded, text = tokens.folded, tokens.text
    spans, place = [], begin
    for joint in [*_ITEMS.finditer(folded, begin, found.start()), None]:
        end = joint.start() if joint else found.start()
        lead = _ITEM_LEAD.match(folded, place, end)
        start = lead.end() if lead else place
        spans.append((start, start + len(folded[start:end].rstrip(" :="))))
        place = joint.end() if joint else end
    facts = []
    for index, (start, end) in enumerate(spans):
        while (last := _TRAILING.search(folded[:end], start)) is not None:
            end = last.start()
        item = folded[start:end]
        if _no_name() & set(re.findall(r"\w+", item)):
            return None
        if (
            not item
            or not item[0].isalpha()
            or len(item.split()) > _LONGEST_ITEM
            or not re.fullmatch(r"[\w'\- ./*+]+", item)
        ):
            return None
        opens = index == 0 and begin == head.end()
        fact = measured(tokens, None, head.start() if opens else start, end, None, None, "")
        known = _known(tokens, head, start, end)
        if known is not None:
            fact = measured(tokens, known, fact.start or 0, end, None, None, "")
        else:
            fact.display = f"{text[head.start() : head.end()].capitalize()} {text[start:end]}"
        if index == len(spans) - 1:
            fact.end = found.end()
            fact.text = text[fact.start : fact.end]
        fact.value_text = text[found.start("word") : found.end("word")]
        fact.rule = "measurement:words"
        facts.append(fact)
    return facts


def _known(tokens: Tokens, head: re.Match[str], start: int, end: int) -> Analyte | None:
    """The measure that a head and an item name together, or the item alone."""
    words_of = [tokens.form[i] for i in range(*_range(tokens, start, end))]
    name = head.group().rstrip("s")
    for form in ([*re.findall(r"\w+|[^\w\s]", name), *words_of], words_of):
        at = analyte_table().at(form, 0)
        if at is not None and at[0] == len(form):
            analyte = for_specimen(at[1].analytes, None)
            if analyte is not None and analyte.takes_text:
                return analyte
    return None


def _range(tokens: Tokens, start: int, end: int) -> tuple[int, int]:
    first, last = tokens.within(start, end)
    return first, last + 1
