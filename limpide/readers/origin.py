"""Where bytes come from, so that a document found inside another remembers its container.

Belongs here: the provenance of bytes. Does not belong here: reading them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limpide.readers.tables import Table


@dataclass(frozen=True, slots=True)
class Origin:
    """Path of the file, sha256 of these bytes and of the file around, nesting so far, tables its source declares."""

    path: str
    sha256: str
    container_sha256: str | None = None
    depth: int = 0
    declared: tuple[Table, ...] = ()

    @classmethod
    def of(cls, data: bytes, path: str) -> Origin:
        """The origin of a file's own bytes."""
        return cls(path=path, sha256=hashlib.sha256(data).hexdigest())

    def inner(self, data: bytes) -> Origin:
        """The origin of a document found inside: same path, the outermost file's sha256 as its container."""
        return replace(
            self,
            sha256=hashlib.sha256(data).hexdigest(),
            container_sha256=self.container_sha256 or self.sha256,
            depth=self.depth + 1,
        )

    def part(self, data: bytes) -> Origin:
        """The origin of one of several documents that a file is made of (messages of a batch, patients of a bundle).

        Documents of the same hash are one document sent twice: each part needs its own.
        """
        return replace(self.inner(data), depth=self.depth)
