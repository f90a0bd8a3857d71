"""Every reason for which a document waits is said in French, with what to do."""

from __future__ import annotations

import pytest

from limpide.errors import Reason
from limpide.reports.tables import LEFT, REASONS, reason_in_french
from limpide.warehouse.night.landing_files import Left


@pytest.mark.parametrize("reason", Reason)
def test_what_it_is_and_what_to_do(reason: Reason) -> None:
    what, _, do = reason_in_french(str(reason)).partition(" : ")
    assert what and do


def test_no_reason_is_explained_that_does_not_exist() -> None:
    assert set(REASONS) == {str(reason) for reason in Reason}
    assert set(LEFT) == {str(kind) for kind in Left}
