"""Tobacco and drugs as conditions of a problem list: "tabac actif", "fumeuse sevrée", "cannabis nié".

Belongs here: the condition beside an observation of a habit. Does not belong here: the observation itself, with its
quantity (clinical.py), the words (lexicon/habits.tsv).

Codes of usage, not of dependence, which words alone do not say: Z72.0 for tobacco, Z72.2 for drugs (CIM-10).
"""

from __future__ import annotations

import re

from limpide.document import Fact
from limpide.french.tokens import Tokens

_CODES = {"clinical:tobacco": "Z72.0", "clinical:drugs": "Z72.2"}
_PAST = ("ancien", "sevr")
_NOT_OWN = "passif"
_ASSAYED = re.compile(r"\b(?:positi\w+|dosage|recherche|toxiques? urinaires?)\b[^.;\n]{0,12}$")


def habit_conditions(tokens: Tokens, facts: list[Fact]) -> list[Fact]:
    """`facts` and a condition for each habit that no condition states over the same words."""
    conditions = [(fact.start or 0, fact.end or 0) for fact in facts if fact.kind == "condition"]
    added = []
    for fact in facts:
        code = _CODES.get(fact.rule or "")
        said = fact.value_text or ""
        if code is None or fact.kind != "observation" or fact.value is not None or _NOT_OWN in said:
            continue
        start, end = fact.start or 0, fact.end or 0
        if any(s < end and start < e for s, e in conditions) or _ASSAYED.search(
            tokens.folded, max(0, start - 30), start
        ):
            continue
        twin = Fact(kind="condition", origin="nlp", start=start, end=end, text=fact.text, code=code, system="CIM-10")
        twin.rule, twin.confidence, twin.engine = f"habit:{said}", fact.confidence, fact.engine
        twin.negated = fact.negated or said.startswith("non")
        twin.hypothetical, twin.conditional = fact.hypothetical, fact.conditional
        twin.history = fact.history or said.startswith(_PAST)
        twin.family, twin.relative, twin.reported = fact.family, fact.relative, fact.reported
        added.append(twin)
    return sorted([*facts, *added], key=lambda f: (f.start or 0, f.end or 0)) if added else facts
