"""Limpide's own engine: sections, mentions, their codes, what is asserted of them and when.

Belongs here: the order of the steps, and what a match becomes. Does not belong here: any of the steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from limpide import __version__
from limpide.document import Code, Document, Fact
from limpide.semantics import matcher, terminology
from limpide.semantics.composition import Mention, compose
from limpide.semantics.terminology import GENERIC, Terminology
from limpide.semantics.tokens import Tokens, tokenise

CONFIDENCE_CODED = 0.9
CONFIDENCE_AMBIGUOUS = 0.6
CONFIDENCE_UNCODED = 0.5
CONFIDENCE_GENERIC = 0.3


class RulesEngine:
    """Pure: the same document gives the same facts. Holds the vocabulary only; safe to share between processes."""

    name = "limpide"
    version = __version__

    def __init__(self, terms: Terminology) -> None:
        self.terms = terms
        self.signature = f"limpide-rules {self.version}"

    def annotate(self, document: Document) -> None:
        """Add sections (to text that has none) and facts of origin 'nlp' to `document`, in place."""
        tokens = tokenise(document.text)
        facts = self.mentions(tokens)
        document.facts.extend(_unstated(facts, document))

    def mentions(self, tokens: Tokens) -> list[Fact]:
        """Facts named by the vocabulary, in text order, without assertion or date."""
        words = matcher.full_words(tokens)
        matches = matcher.find(tokens, words, self.terms)
        return [self._fact(tokens, words, m) for m in compose(tokens, words, matches, self.terms.grammar)]

    def _fact(self, tokens: Tokens, words: matcher.Words, mention: Mention) -> Fact:
        start, end = tokens.start[words.at[mention.first]], tokens.end[words.at[mention.last]]
        codes = mention.codes
        code = codes[0] if len(codes) == 1 else None
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
            rule=mention.source,
            confidence=CONFIDENCE_GENERIC if mention.flags & GENERIC else confidence,
            engine=self.signature,
        )


def _unstated(facts: Iterable[Fact], document: Document) -> list[Fact]:
    """Facts that no coded entry states already: not over a coded fact of the same kind, not in a section whose

    entries state that kind.
    """
    coded = [f for f in document.facts if f.origin == "coded"]
    if not coded:
        return list(facts)
    spans = {(f.kind, f.start, f.end) for f in coded if f.start is not None and f.end is not None}
    stated = {(f.kind, f.section_index) for f in coded if f.section_index is not None}
    sections = document.sections
    kept: list[Fact] = []
    for fact in facts:
        assert fact.start is not None and fact.end is not None
        if any(
            k == fact.kind and s < fact.end and fact.start < e for k, s, e in spans if s is not None and e is not None
        ):
            continue
        inside = [i for i, s in enumerate(sections) if s.has_entries and s.start <= fact.start and fact.end <= s.end]
        if any((fact.kind, i) in stated for i in inside):
            continue
        kept.append(fact)
    return kept


def build(extra: Iterable[Path] = ()) -> RulesEngine:
    """The engine with our vocabulary and the user's files `extra`."""
    return RulesEngine(terminology.load(extra))
