"""What a patch must say of itself, and the guard that switches it off elsewhere.

Belongs here: the record and the comparison of versions. Does not belong here: any patch.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from packaging.specifiers import SpecifierSet


@dataclass(frozen=True, slots=True)
class Patch:
    """`tested`: the versions of `package` under which tests held it to change nothing but speed (PEP 440)."""

    package: str
    tested: str
    upstream: str  # the issue that would make it needless, or why there is none
    reason: str


@cache
def applies(patch: Patch) -> bool:
    """Whether the installed version is one that was tested, and no LIMPIDE_NO_PATCHES asks to do without."""
    return "LIMPIDE_NO_PATCHES" not in os.environ and version(patch.package) in SpecifierSet(patch.tested)
