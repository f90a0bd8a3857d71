"""Forms with boxes: what is ticked holds, what is empty says nothing, "Oui □ Non ☒" answers the question before it.

Belongs here: boxes as characters or in brackets, which words each is of, and the facts within them. Does not belong
here: answers in the next cell of a table (cues.py).

A box stands before its words ("☒ HTA ☐ angor") or, on a line that begins with words and ends with a box, after them
("HTA [x]  diabète [ ]"). A text whose boxes are all empty and begin its lines uses them as bullets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from limpide.document import Fact
from limpide.french.tokens import Tokens

_BOX = re.compile(r"(?P<on>[☒☑■✔✓✗✘⊠🗹🗷]|\[\s?[xX✓✔*]\s?\]|\([xX]\))|(?P<off>[☐□▢❏❑◻]|\[[ _]{0,3}\]|\([ _]{1,3}\))")
_MARKED = re.compile(r"[☒☑■✔✓✗✘⊠🗹🗷☐□▢❏❑◻]|\[[ _xX✓✔*]{0,3}\]|\([ _xX]{1,3}\)")
_ANSWER = re.compile(r"\s*(oui|non)\b(?! \w{3,})")
_ANSWER_BEFORE = re.compile(r"\b(oui|non)\s*[:=]?\s*$")
_BEFORE = re.compile(r"(?:^[\s•*-]*|[ ]{2,}|\t|:\s*)$")  # what stands before a box that opens its words
_GAP = re.compile(r" {3,}|\t")


class _Stretch(NamedTuple):
    """Words [start, end) of the text that one box is of: ticked, empty, or a question with its answer."""

    start: int
    end: int
    said: str  # 'on', 'off', 'yes', 'no'


def settle_boxes(tokens: Tokens, facts: list[Fact]) -> list[Fact]:
    """`facts` without those of boxes left empty; those that an answer "non" is of are denied."""
    text = tokens.text
    if _MARKED.search(text) is None:
        return facts
    stretches = _stretches(text, tokens.folded)
    if not stretches:
        return facts
    begins = [stretch.start for stretch in stretches]
    kept = []
    for fact in facts:
        place = bisect_right(begins, fact.start or 0) - 1
        stretch = stretches[place] if place >= 0 else None
        if fact.origin == "nlp" and stretch is not None and (fact.start or 0) < stretch.end:
            told = fact.kind == "immunization" and (fact.planned or fact.negated)  # "Covid ☐ refusé"
            if stretch.said == "off" and not told:
                continue
            if stretch.said in ("yes", "no"):
                fact.negated, fact.hypothetical = stretch.said == "no", False
            elif stretch.said == "on":
                fact.hypothetical = fact.hypothetical and "?" in text[stretch.start : stretch.end]
        kept.append(fact)
    return kept


def _stretches(text: str, folded: str) -> list[_Stretch]:
    found: list[_Stretch] = []
    only_bullets = True
    for line in re.finditer(r"[^\n]+", text):
        boxes = list(_BOX.finditer(text, line.start(), line.end()))
        if not boxes:
            continue
        bullet = len(boxes) == 1 and not text[line.start() : boxes[0].start()].strip() and boxes[0].group("off")
        only_bullets = only_bullets and bool(bullet)
        found.extend(_line(text, folded, line.start(), line.end(), boxes))
    return [] if only_bullets else sorted(found)


def _line(text: str, folded: str, start: int, end: int, boxes: list[re.Match[str]]) -> list[_Stretch]:
    answers = _answers(folded, start, end, boxes)
    if answers is not None:
        return answers
    after = _BEFORE.search(text[start : boxes[0].start()]) is not None
    found = []
    for number, box in enumerate(boxes):
        said = "on" if box.group("on") else "off"
        if after:
            until = boxes[number + 1].start() if number + 1 < len(boxes) else end
            gap = _GAP.search(text, box.end() + 3, until)
            found.append(_Stretch(box.end(), gap.start() if gap else until, said))
        else:
            found.append(_Stretch(boxes[number - 1].end() if number else start, box.start(), said))
    return found


def _answers(folded: str, start: int, end: int, boxes: list[re.Match[str]]) -> list[_Stretch] | None:
    """Questions of a line answered by ticked "oui" and "non"; None when its boxes are no answers."""
    found: list[_Stretch] = []
    begin, said, first = start, "", 0
    behind = _ANSWER_BEFORE.search(folded, start, boxes[0].start()) is None  # "□ oui ☒ non", else "oui □ non ☒"
    for number, box in enumerate(boxes):
        limit = boxes[number + 1].start() if number + 1 < len(boxes) else end
        answer = (
            _ANSWER.match(folded, box.end(), limit) if behind else _ANSWER_BEFORE.search(folded, begin, box.start())
        )
        if answer is None:
            return None
        if not first:
            first = box.start() if behind else answer.start()
        if box.group("on"):
            said = "yes" if answer.group(1) == "oui" else "no"
        stop = answer.end() if behind else box.end()
        if answer.group(1) == "non" or number + 1 == len(boxes):
            found.append(_Stretch(begin, first, said or "off"))
            begin, said, first = stop, "", 0
    return found
