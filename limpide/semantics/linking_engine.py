"""Codes for strings that the dictionary misses, by likeness to the names of our terminologies.

Belongs here: scispaCy's knowledge base and candidate generator over our terms, and the engine that uses them.
Does not belong here: finding mentions (matcher.py), spelling of single words (spelling.py).

Names are compared by their three-letter pieces (TF-IDF, cosine). A name at 0.85 or more is a code; less is only a
candidate, with its score. Distinct strings are linked once and remembered. Measured by the project's forerunners: at
that threshold 0.92 to 0.96 of the answers are right. It knows letters, not meanings: never ask it for abbreviations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from limpide.document import Code, Document, Fact
from limpide.semantics.rule_engine import RulesEngine
from limpide.semantics.rule_engine import build as build_rules
from limpide.semantics.terms.terminology import every_term

THRESHOLD = 0.85  # cosine from which a name is taken for the string's meaning
SHORTEST = 6  # letters of a string worth linking
CANDIDATES = 5
LEAST = 0.6  # of a candidate worth keeping
_KINDS = {"condition": "CIM-10", "drug": "ATC"}


class _ExactIndex:
    """Nearest names by an exact sparse product, behind the one method of nmslib's index that scispaCy calls.

    nmslib's graph over these names takes minutes to build for the same answers; the product takes none.
    """

    def __init__(self, matrix: Any) -> None:
        self.names = matrix.T.tocsc()

    def knnQueryBatch(self, vectors: Any, k: int) -> list[tuple[Any, Any]]:
        """For each row of `vectors` (sparse, unit length), indices and cosine distances of the `k` nearest names."""
        scores = (vectors @ self.names).tocsr()
        nearest = []
        for row in range(scores.shape[0]):
            begin, end = scores.indptr[row], scores.indptr[row + 1]
            found, values = scores.indices[begin:end], scores.data[begin:end]
            order = np.argsort(-values, kind="stable")[:k]
            nearest.append((found[order], 1.0 - values[order]))
        return nearest


@cache
def _generator(system: str) -> Any:
    """scispaCy's candidate generator over the names of one system; seconds and some 200 MB, once a process."""
    from scispacy.candidate_generation import CandidateGenerator
    from scispacy.linking_utils import Entity, KnowledgeBase
    from sklearn.feature_extraction.text import TfidfVectorizer

    names: dict[str, list[str]] = defaultdict(list)
    for term in every_term():
        if term.code and term.system == system and len(term.text) >= SHORTEST:
            names[term.code].append(term.text.lower())
    base = KnowledgeBase([Entity(code, texts[0], sorted(set(texts))) for code, texts in sorted(names.items())])
    aliases = sorted(base.alias_to_cuis)
    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 3), min_df=1, dtype=np.float32, strip_accents="unicode"
    )
    return CandidateGenerator(_ExactIndex(vectorizer.fit_transform(aliases)), vectorizer, aliases, base)


def link(strings: Iterable[str], system: str) -> dict[str, list[Code]]:
    """Candidates of each distinct string in `system` ('CIM-10' or 'ATC'), best first, with cosine scores."""
    distinct = sorted({s for s in strings if len(s) >= SHORTEST})
    if not distinct:
        return {}
    answers: dict[str, list[Code]] = {}
    found = _generator(system)([s.lower() for s in distinct], CANDIDATES)
    for string, candidates in zip(distinct, found, strict=True):
        codes = [Code(c.concept_id, system, score=float(max(c.similarities))) for c in candidates]
        codes = [c for c in codes if (c.score or 0) >= LEAST]
        answers[string] = sorted(codes, key=lambda c: (-(c.score or 0), c.code))
    return answers


class LinkingEngine:
    """Our rules, then links for mentions that they leave without a code. Slower: for problem lists and drug names."""

    name = "limpide-linked"

    def __init__(self, rules: RulesEngine) -> None:
        self.version = rules.version
        self.rules = rules
        self._known: dict[tuple[str, str], list[Code]] = {}

    def annotate(self, document: Document) -> None:
        """As the rules do; then codes and candidates for uncoded conditions and drugs, in place."""
        self.rules.annotate(document)
        self.complete(document.facts)

    def complete(self, facts: Iterable[Fact]) -> None:
        """Give a code, or candidates with scores, to facts that have a text and neither."""
        waiting: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            system = _KINDS.get(fact.kind)
            if system and fact.text and not fact.code and not fact.candidates and fact.role is None:
                waiting[system].append(fact)
        for system, asked in waiting.items():
            new = {f.text or "" for f in asked if (system, f.text or "") not in self._known}
            for string, codes in link(new, system).items():
                self._known[(system, string)] = codes
            for fact in asked:
                self._settle(fact, self._known.get((system, fact.text or ""), []))

    def _settle(self, fact: Fact, codes: list[Code]) -> None:
        if not codes:
            return
        best = codes[0].score or 0.0
        equals = [c.code for c in codes if (c.score or 0) >= best - 1e-6]
        if fact.kind == "condition" and len({code[:3] for code in equals}) == 1:
            equals = [min(equals, key=len)[: 3 if len(equals) > 1 else None]]  # names of one category
        if best >= THRESHOLD and len(equals) == 1:
            fact.code, fact.system, fact.confidence = equals[0], codes[0].system, round(best, 4)
            fact.rule = f"linked:{fact.rule}"
        fact.candidates = codes


def build() -> LinkingEngine:
    """The engine; its index is built when first needed."""
    return LinkingEngine(build_rules())
