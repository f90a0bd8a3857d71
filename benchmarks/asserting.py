"""What is asserted of a mention: denial and hypothesis on annotated texts, everything on our own sentences.

Belongs here: pairing mentions with what was annotated of them, counting each attribute. Does not belong here: finding
mentions, intervals (scoring.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from benchmarks.scoring import f1, interval, total
from limpide.document import Fact
from limpide.french.tokens import tokenise
from limpide.semantics.context.assertion import assert_all
from limpide.semantics.context.fact_dates import date_all
from limpide.semantics.context.sections import find_sections
from limpide.semantics.engines.spans import qualified
from tests.semantics.marked import Marked, all_sentences

Row = dict[str, Any]
CORPUS_ATTRIBUTES = ("negated", "hypothetical")
# Attribute, what must be reached and what is aimed at on our sentences; EDS-NLP's name for it, if it has one.
SENTENCE_ATTRIBUTES = (
    ("negated", "–", "negation"),
    ("hypothetical", "–", "hypothesis"),
    ("family", "0.90 / 0.95", "family"),
    ("relative", "0.90 / 0.95", None),
    ("history", "0.90 / 0.95", "history"),
    ("planned", "–", None),
    ("conditional", "–", None),
    ("reported", "–", "reported_speech"),
)
_DAY = "2024-04-15"


def on_found(documents: Iterable[Row], found: Mapping[str, list[Row]], attribute: str) -> list[Counter[str]]:
    """Counts a document of one attribute, on the annotated disorders that a prediction overlaps (the best one)."""
    counted = []
    for row in documents:
        counts: Counter[str] = Counter()
        predicted = [each for each in found[row["doc_id"]] if each["label"] == "DISO"]
        for entity in row["entities"]:
            if entity["label"] != "DISO" or entity.get(attribute) is None:
                continue
            over = [p for p in predicted if p["start"] < entity["end"] and entity["start"] < p["end"]]
            if over:
                best = max(over, key=lambda p: _nearness(p, entity))
                _count(counts, bool(entity[attribute]), bool(best.get(attribute)))
        counted.append(counts)
    return counted


def _nearness(one: Row, other: Row) -> tuple[bool, int]:
    exact = (one["start"], one["end"]) == (other["start"], other["end"])
    return exact, min(one["end"], other["end"]) - max(one["start"], other["start"])


def _count(counts: Counter[str], wanted: bool, said: bool) -> None:
    counts["mentions"] += 1
    counts["expected"] += wanted
    counts["predicted"] += said
    counts["right"] += wanted and said


def annotated(documents: Iterable[Row]) -> list[Marked]:
    """The annotated disorders of a corpus, as our sentences mark theirs."""
    every = []
    for row in documents:
        marked = Marked("", row["text"])
        for entity in row["entities"]:
            if entity["label"] == "DISO" and entity.get("negated") is not None:
                start, end = entity["start"], entity["end"]
                marked.facts.append(Fact("condition", "nlp", start, end, row["text"][start:end]))
                marked.expected.append({name: bool(entity.get(name)) for name in CORPUS_ATTRIBUTES})
        every.append(marked)
    return every


def sentences() -> list[Marked]:
    """Our sentences."""
    return all_sentences()


def on_marked(texts: Sequence[Marked], attribute: str) -> list[Counter[str]]:
    """Counts a text of one attribute, on the mentions that it marks."""
    counted = []
    for marked in texts:
        counts: Counter[str] = Counter()
        for fact, expected in zip(_understood(marked), marked.expected, strict=True):
            if attribute == "relative":
                wanted = expected.get("family")
                if isinstance(wanted, str):
                    counts += Counter(mentions=1, expected=1)
                    counts["predicted"] += fact.relative is not None
                    counts["right"] += fact.relative == wanted
            else:
                said = bool(getattr(fact, attribute))
                if attribute == "hypothetical" and not expected.get("conditional"):
                    said = said or fact.conditional  # the corpora know one word for both
                _count(counts, bool(expected.get(attribute)), said)
        counted.append(counts)
    return counted


def _understood(marked: Marked) -> list[Fact]:
    """The marked facts as our rules understand them; the marked ones stay bare."""
    facts = [replace(fact) for fact in marked.facts]
    tokens = tokenise(marked.text)
    sections = find_sections(tokens)
    assert_all(tokens, facts, sections, _DAY)
    date_all(tokens, facts, sections, _DAY)
    return facts


def edsnlp_on_marked(texts: Sequence[Marked]) -> dict[str, list[Counter[str]]]:
    """The same of each of EDS-NLP's qualifiers."""
    import edsnlp

    names = {ours: theirs for ours, _, theirs in SENTENCE_ATTRIBUTES if theirs}
    pipeline = edsnlp.blank("eds")
    for pipe in ("normalizer", "sentences"):
        pipeline.add_pipe(f"eds.{pipe}")
    qualifiers = [pipeline.create_pipe(f"eds.{theirs}", theirs) for theirs in names.values()]
    counted: dict[str, list[Counter[str]]] = {ours: [] for ours in names}
    for marked in texts:
        doc = pipeline(marked.text)
        spans = [doc.char_span(f.start, f.end, "mention", alignment_mode="expand") for f in marked.facts]
        doc.spans["mentions"] = spans
        doc.ents = _apart(spans)
        for qualifier in qualifiers:
            doc = qualifier(doc)
        for ours, theirs in names.items():
            counts: Counter[str] = Counter()
            for span, expected in zip(spans, marked.expected, strict=True):
                _count(counts, bool(expected.get(ours)), qualified(span, theirs, doc.ents))
            counted[ours].append(counts)
    return counted


def _apart(spans: list[Any]) -> list[Any]:
    from spacy.util import filter_spans

    return list(filter_spans(spans))


def shown(counted: list[Counter[str]]) -> str:
    """'0.93 (0.90–0.95)', F1 with its interval; '–' where nothing was expected."""
    summed = total(counted)
    if not summed["expected"]:
        return "–"
    low, high = interval(counted, "right")
    return f"{f1(summed['right'], summed['predicted'], summed['expected'])[2]:.3f} ({low:.2f}–{high:.2f})"
