"""The side that a coded entry states: by the code of a laterality, or by the name of a site that bears one.

Belongs here: from codes and names of sites to left, right, bilateral. Does not belong here: sides read in text
(semantics/context/sides.py), where a format keeps its sites.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from limpide.document import Code

# SNOMED CT: left, right, right and left; bilateral. Values of the CI-SIS set of topographical modifiers.
_CODES = {"7771000": "left", "24028007": "right", "51440002": "bilateral"}
_NAMED = re.compile(
    r"(?P<left>\bgauches?\b|\bleft\b)|(?P<right>\bdroite?s?\b|\bright\b)|(?P<both>bilat[ée]ra\w+|des deux c[ôo]t[ée]s)",
    re.I,
)


def side_of(codes: Iterable[Code]) -> str | None:
    """The side of a site's codes and modifiers; None when they say none."""
    said = set()
    for code in codes:
        if code.code in _CODES:
            said.add(_CODES[code.code])
            continue
        found = _NAMED.search(code.display or "")
        if found is not None:
            said.add({"left": "left", "right": "right", "both": "bilateral"}[found.lastgroup or ""])
    if not said:
        return None
    return said.pop() if len(said) == 1 else "bilateral"
