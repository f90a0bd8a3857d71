"""Limpide's own engine: sections, mentions, their codes, what is asserted of them and when.

Belongs here: the order of the steps, and what a match becomes. Does not belong here: any of the steps.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

from limpide.document import Code, Document, Fact
from limpide.french import variants
from limpide.french.abbreviations import expand
from limpide.french.anchored_dates import Setting
from limpide.french.cells import cell_order
from limpide.french.phrases import word_set
from limpide.french.spelling import Speller
from limpide.french.tokens import Tokens, tokenise
from limpide.semantics.acts.assertion import settle_acts
from limpide.semantics.acts.lexicon import stems as act_stems
from limpide.semantics.acts.recognition import find_acts
from limpide.semantics.allergies import code_allergens, find_allergies, settle_allergies
from limpide.semantics.clinical import find_clinical
from limpide.semantics.context.assertion import NO_FACT_ROLE, assert_all
from limpide.semantics.context.check_boxes import settle_boxes
from limpide.semantics.context.fact_dates import date_all
from limpide.semantics.context.only_named import is_only_named
from limpide.semantics.context.sections import find_sections, section_at
from limpide.semantics.context.sides import side_all
from limpide.semantics.devices import find_devices
from limpide.semantics.drugs import read_treatments
from limpide.semantics.engine import rules_version
from limpide.semantics.entry_spans import not_yet_stated
from limpide.semantics.habits import habit_conditions
from limpide.semantics.immunizations import find_immunizations, own_words
from limpide.semantics.lab.measurements import find_measurements
from limpide.semantics.language import FRENCH, language_of
from limpide.semantics.stated_codes import find_codes, join_codes
from limpide.semantics.stay import find_stay, tell_stay
from limpide.semantics.terms import matcher, terminology
from limpide.semantics.terms.composition import Mention, compose
from limpide.semantics.terms.labels import label_of
from limpide.semantics.terms.phrased import find_phrased
from limpide.semantics.terms.senses import settle
from limpide.semantics.terms.terminology import GENERIC, HEAD, REGIMEN, SUBSTANCE, Terminology

_REFERRING = word_set("referring")
_TITLES, _PARTICLES, _GIVEN_NAMES = word_set("titles"), word_set("particles"), word_set("given_names")
CONFIDENCE_CODED = 0.9
CONFIDENCE_AMBIGUOUS = 0.6
CONFIDENCE_UNCODED = 0.5
CONFIDENCE_GENERIC = 0.3


class RulesEngine:
    """Pure: the same document gives the same facts. Holds the vocabulary only; safe to share between processes."""

    name = "limpide"

    def __init__(self, terms: Terminology) -> None:
        self.version = rules_version()
        self.terms = terms
        whole = (key for key, number in terms.table.items() if number >= 0 and " " not in key)
        named = (key for key in whole if terms.entries[terms.table[key]].kind or terms.entries[terms.table[key]].site)
        self.speller = Speller(terms.words | act_stems(), named)
        self.signature = f"limpide-rules {self.version}"

    def annotate(self, document: Document) -> None:
        """Add sections (to text that has none) and facts of origin 'nlp' to `document`, in place."""
        tokens = tokenise(document.text)
        language = language_of(tokens, document.header.language)
        if language != FRENCH:
            document.warnings.append(f"text in another language ({language}): not read by the French engine")
            return
        silent = [(s.start, s.end) for s in document.sections if s.furniture]
        if len(silent) == len(document.sections):
            found = find_sections(tokens, silent)
            document.sections = sorted([*document.sections, *found], key=lambda s: (s.start, -s.end))
        when = document.header.effective_time
        stated = find_measurements(tokens, document.pages, when) + find_clinical(tokens)
        words = matcher.full_words(tokens, self.speller, cell_order(tokens, document.pages))
        named = settle(tokens, expand(tokens, self.mentions(tokens, words)), self.signature)
        named = find_phrased(tokens, named, self.signature)
        stated += find_acts(tokens, words, document.sections) + find_immunizations(tokens)
        stated += find_devices(tokens, document.sections) + find_stay(tokens, document.sections)
        stated += find_codes(tokens) + find_allergies(tokens, document.sections, self._is_drug, self._is_disease)
        joined = join_codes(tokens, _apart(named, stated, self.signature))
        facts = not_yet_stated(code_allergens(joined), document)
        self._name_allergens(facts)
        facts = own_words(facts)
        assert_all(tokens, facts, document.sections, when)
        facts = [fact for fact in facts if fact.role != NO_FACT_ROLE and not is_only_named(tokens, fact)]
        facts = habit_conditions(tokens, facts)
        facts = read_treatments(tokens, facts, document)
        stay = document.header.encounter
        setting = Setting(when, stay.start, stay.end, document.header.patient.birth_date)
        date_all(tokens, facts, document.sections, when, setting)
        side_all(tokens, facts, document.sections)
        _place(facts, document)
        facts = settle_acts(tokens, facts, document.sections, when)
        facts = settle_boxes(tokens, facts)
        facts = settle_allergies(facts)
        tell_stay(tokens, document, facts)
        for fact in facts:
            fact.display = fact.display or label_of(fact.system, fact.code)
        document.facts.extend(facts)

    def mentions(self, tokens: Tokens, words: matcher.Words | None = None) -> list[Fact]:
        """Facts named by the vocabulary, without assertion or date. `words`: the text's, where read before."""
        words = words or matcher.full_words(tokens, self.speller)
        matches = matcher.find(tokens, words, self.terms)
        found = compose(tokens, words, matches, self.terms)
        return [self._fact(tokens, words, m) for m in found if not _is_no_fact(tokens, words, m)]

    def _is_drug(self, name: str) -> bool:
        return self._kind(name) == "drug"

    def _is_disease(self, name: str) -> bool:
        return self._kind(name) == "condition"

    def _kind(self, name: str) -> str | None:
        number = self.terms.table.get(variants.key(name), -1)
        return self.terms.entries[number].kind if number >= 0 else None

    def _name_allergens(self, facts: list[Fact]) -> None:
        """Code the allergens whose words went to the disease: "allergie à l'amoxicilline" is Z88.0 and J01CA04."""
        for fact in facts:
            if fact.kind == "allergy" and fact.code is None and fact.text:
                number = self.terms.table.get(variants.key(fact.text), -1)
                entry = self.terms.entries[number] if number >= 0 else None
                if entry is not None and entry.kind == "drug" and len(entry.codes) == 1:
                    fact.code, fact.system = entry.codes[0], entry.system

    def _fact(self, tokens: Tokens, words: matcher.Words, mention: Mention) -> Fact:
        start, end = tokens.start[words.at[mention.first]], tokens.end[words.at[mention.last]]
        codes = mention.codes
        code = codes[0] if len(codes) == 1 else None
        vague = bool(mention.flags & GENERIC) and not codes
        others = self.terms.beside  # empty without terminologies of the user's
        beside = others.get(" ".join(words.stems[mention.first : mention.last + 1]), ()) if others else ()
        confidence = CONFIDENCE_CODED if code else CONFIDENCE_AMBIGUOUS if codes else CONFIDENCE_UNCODED
        return Fact(
            kind=mention.kind,  # type: ignore[arg-type]  # FACT_KINDS are Kinds
            origin="nlp",
            start=start,
            end=end,
            text=tokens.text[start:end],
            code=code,
            system=mention.system if codes else None,
            candidates=[Code(c, mention.system) for c in codes] if len(codes) > 1 else [],
            translations=[Code(other, system) for other, system in beside if (other, system) != (code, mention.system)],
            rule=mention.source,
            role=_role(mention.flags, vague),
            confidence=CONFIDENCE_GENERIC if vague or mention.flags & SUBSTANCE else confidence,
            engine=self.signature,
        )


def _role(flags: int, vague: bool) -> str | None:
    if flags & REGIMEN:
        return "regimen"
    return "substance" if flags & SUBSTANCE else "generic" if vague else None


def _is_no_fact(tokens: Tokens, words: matcher.Words, mention: Mention) -> bool:
    return (
        _is_heading(tokens, words, mention)
        or _is_reference(tokens, words, mention)
        or _is_person(tokens, words, mention)
    )


def _is_heading(tokens: Tokens, words: matcher.Words, mention: Mention) -> bool:
    """Whether a line is a title: nothing but a name that heads others, one word or all with capitals ("TUMEUR",
    "Maladie Rare"). In a sentence or a list the same words name a disease.
    """
    if mention.sites or not mention.flags & HEAD:
        return False
    text, first, last = tokens.text, words.at[mention.first], words.at[mention.last]
    begin = text.rfind("\n", 0, tokens.start[first]) + 1
    end = text.find("\n", tokens.end[last])
    end = end if end >= 0 else len(text)
    if text[begin : tokens.start[first]].strip() or text[tokens.end[last] : end].strip(" :") or "\n" not in text:
        return False
    return first == last or all(
        text[tokens.start[words.at[i]]].isupper() for i in range(mention.first, mention.last + 1)
    )


def _is_reference(tokens: Tokens, words: matcher.Words, mention: Mention) -> bool:
    """Whether "la maladie", "ce syndrome" says no more than what was named before."""
    first = words.at[mention.first]
    if mention.first != mention.last or not mention.flags & GENERIC or mention.codes or not first:
        return False
    return tokens.form[first - 1] in _REFERRING and tokens.text[tokens.end[first - 1] : tokens.start[first]].isspace()


def _is_person(tokens: Tokens, words: matcher.Words, mention: Mention) -> bool:
    """Whether a name stands for somebody: "Dr Jean Barrett", "Mme DA COSTA", "Diane" without its dose."""
    first, text = words.at[mention.first], tokens.text
    if mention.first != mention.last or not text[tokens.start[first]].isupper():
        return False
    form = tokens.form[first]
    after = first + 1 if first + 1 < len(tokens.form) else first
    if form in _PARTICLES and after > first and text[tokens.start[after]].isupper():
        return True
    if form in _GIVEN_NAMES and not tokens.form[after][0].isdigit():
        return True
    line = text.rfind("\n", 0, tokens.start[first])
    before = [i for i in range(max(0, first - 4), first) if tokens.form[i] != "." and tokens.start[i] > line]
    titles = [i for i in before if tokens.form[i] in _TITLES]
    return bool(titles) and all(text[tokens.start[i]].isupper() for i in before if i > titles[-1])


# Kinds whose own words may name a substance that is no treatment ("potassium 3,5"). An allergen is one too: its code
# goes to the allergy (allergies.code_allergens).
_HOLDERS = frozenset(("measurement", "vital"))


def _apart(named: list[Fact], stated: list[Fact], signature: str) -> list[Fact]:
    """Both lists in text order, without what a measurement's own words hold or a stated absence of allergies says."""
    for fact in stated:
        fact.engine = signature
    spans = [f for f in stated if f.start is not None and f.end is not None]
    holders = sorted((f.start or 0, f.end or 0) for f in spans if f.kind in _HOLDERS)
    without = [(f.start or 0, f.end or 0) for f in spans if f.kind == "allergy" and f.negated]
    kept = list(stated)
    at = 0
    for fact in named:
        start, end = fact.start or 0, fact.end or 0
        while at < len(holders) and holders[at][1] <= start:
            at += 1
        if fact.kind == "drug" and at < len(holders) and holders[at][0] < end:
            continue
        if without and any(a <= start and end <= b for a, b in without):
            continue  # "pas d'allergie connue" is one statement
        kept.append(fact)
    kept.sort(key=lambda f: (f.start or 0, f.end or 0))
    return kept


def _place(facts: list[Fact], document: Document) -> None:
    """Name the section and the page of each fact."""
    begins = [section.start for section in document.sections]
    pages = [page.start for page in document.pages]
    for fact in facts:
        start = fact.start or 0
        held = section_at(document.sections, begins, start)
        if held is not None:
            fact.section, fact.section_index = document.sections[held].code, held
        if pages and fact.page is None:
            fact.page = document.pages[max(0, bisect_right(pages, start) - 1)].number


def build(extra: Iterable[Path] = ()) -> RulesEngine:
    """The engine with our vocabulary and the user's files `extra`."""
    return RulesEngine(terminology.load(extra))
