"""How well an identity identifies: of the keys under which one patient is known, the one that stands.

Belongs here: the order of kinds. Does not belong here: what gives an identity its kind (pseudonym.py).
"""

from __future__ import annotations

from collections.abc import Sequence

_KINDS = ("ins", "ins-demo", "ins-c", "local", "traits")
LOCAL, TRAITS = _KINDS.index("local"), _KINDS.index("traits")


def rank(identity: Sequence[str] | None) -> int:
    """The smaller the better: the same in every establishment first."""
    return _KINDS.index(identity[0]) if identity else len(_KINDS)
