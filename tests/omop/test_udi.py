"""The model and the lot of a device are published; its serial number never is."""

from __future__ import annotations

import pytest

from limpide.omop.udi import Device, parse


@pytest.mark.parametrize(
    ("udi", "device"),
    [
        ("(01)03661234567897(17)281231(10)A12B(21)SN99", Device("03661234567897", "A12B")),
        ("(01)03661234567897(21)SN99", Device("03661234567897")),
        ("0103661234567897172812311012AB\x1d21SN99", Device("03661234567897", "12AB")),
        ("0103661234567897172812311012AB21SN99", Device("03661234567897")),
        ("03661234567897", Device("03661234567897")),
        ("+A123BJC5D6E71/$$52001510X3", Device("A123BJC5D6E71")),
        ("réf. 4412", Device()),
        (None, Device()),
    ],
)
def test_what_is_published_of_a_udi(udi: str | None, device: Device) -> None:
    assert parse(udi) == device


@pytest.mark.parametrize("udi", ["(01)03661234567897(21)SN99(10)L1", "010366123456789721SN99", "(21)SN99"])
def test_a_serial_number_never_comes_out(udi: str) -> None:
    assert "SN99" not in str(parse(udi))
