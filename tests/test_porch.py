"""What a newcomer reads first is true: commands exist, targets exist, links lead somewhere, rooms have their tests."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pipelines.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "README.en.md", "CONTRIBUTING.md", "SECURITY.md", "docs/troubleshooting.md")


def commands(group: click.Group) -> dict[str, click.Command]:
    return dict(group.commands)


@pytest.mark.parametrize("page", PAGES)
def test_each_command_named_exists(page: str) -> None:
    known = commands(main)
    for line in re.findall(r"`limpide ([a-z-]+(?: [a-z-]+)?)", (ROOT / page).read_text("utf-8")):
        name, *rest = line.split()
        assert name in known, line
        group = known[name]
        if rest and isinstance(group, click.Group):
            assert rest[0] in group.commands, line


@pytest.mark.parametrize("page", PAGES)
def test_each_target_of_make_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = set(re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / page).read_text("utf-8"), re.MULTILINE))
    assert asked <= targets


@pytest.mark.parametrize("page", PAGES)
def test_each_file_named_exists(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    named = re.findall(
        r"`((?:limpide|assets|quality|pipelines|patches|docs|tests)/[\w/.-]+\.(?:py|md|tsv|yaml|json|csv))`", text
    )
    for path in [*linked, *named]:
        assert (ROOT / path).exists() or (ROOT / page).parent.joinpath(path).exists(), path


def test_every_command_is_in_the_french_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    missing = [name for name in commands(main) if f"`limpide {name}" not in text and f"`{name}`" not in text]
    assert missing == []


def test_every_room_of_the_engine_has_its_tests() -> None:
    """A room is a folder of limpide/ with code; its wings may be tested beside it."""
    rooms = {path.parent.name for path in (ROOT / "limpide").glob("*/__init__.py")}
    tested = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    assert rooms - tested == set()
