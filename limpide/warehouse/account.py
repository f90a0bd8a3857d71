"""The account of the night: where every document received now stands.

Belongs here: the law of conservation and the counts. Does not belong here: how they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from limpide.warehouse.house import House


@dataclass(frozen=True, slots=True)
class ConservationRow:
    """received = published + superseded + duplicated + quarantined + deleted + opposed, for one source."""

    source: str
    received: int
    published: int
    superseded: int
    duplicated: int
    quarantined: int
    deleted: int
    opposed: int

    @property
    def balanced(self) -> bool:
        """Whether every document received is somewhere, once."""
        return self.received == (
            self.published + self.superseded + self.duplicated + self.quarantined + self.deleted + self.opposed
        )


@dataclass(frozen=True, slots=True)
class Account:
    """One night: conservation by source, quarantine by (source, reason), what the night replaced, rows by table."""

    night: date
    sources: list[ConservationRow]
    quarantine: dict[str, dict[str, int]]  # source -> reason -> documents
    replaced: int  # documents of any night superseded by one of this night
    files: int
    rows: dict[str, int] = field(default_factory=dict)  # of the current snapshot, by table
    snapshot: int | None = None


def conservation(house: House, night: date | None = None) -> list[ConservationRow]:
    """One row a source, of one night or of all, sorted by source.

    Before publication it counts the outcome of the candidate built last: what would be true once it is published.
    """
    raise NotImplementedError


def account(house: House, night: date) -> Account:
    """The account of one night."""
    raise NotImplementedError
