"""What a right takes away is taken away everywhere: nothing is left that verification would call altered or foreign."""

from __future__ import annotations

from limpide.rights.erasure import erase
from limpide.rights.rekey import rekey
from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.verify import verify
from tests.rights.hospital import IPP1


def test_after_an_erasure_every_byte_is_as_it_is_told(two_nights: Layout) -> None:
    erase(two_nights, IPP1, why="demande")
    assert verify(two_nights) == []


def test_after_a_rotation_every_byte_is_as_it_is_told(two_nights: Layout) -> None:
    rekey(two_nights, pseudonyms=True)
    assert verify(two_nights) == []
