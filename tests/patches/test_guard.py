"""Every patch of a dependency names the versions it was tested with, and does nothing under others."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

import patches
from patches.guard import Patch, applies

MODULES = sorted(
    path.stem for path in Path(patches.__file__).parent.glob("*.py") if path.stem not in ("__init__", "guard")
)


@pytest.mark.parametrize("name", MODULES)
def test_each_module_says_what_it_patches_and_was_tested_with_the_locked_version(name: str) -> None:
    patch = import_module(f"patches.{name}").PATCH
    assert isinstance(patch, Patch)
    assert patch.upstream and patch.reason
    assert applies(patch)


def test_another_version_is_left_as_it_is() -> None:
    from patches.arrow_pandas import PATCH

    assert not applies(replace(PATCH, tested="<1"))


def test_an_operator_can_do_without_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    from patches.arrow_pandas import PATCH

    monkeypatch.setenv("LIMPIDE_NO_PATCHES", "1")
    applies.cache_clear()
    assert not applies(PATCH)
    monkeypatch.undo()
    applies.cache_clear()
