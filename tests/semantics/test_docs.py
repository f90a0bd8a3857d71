"""docs/semantics.md does what it says: its files are written, its commands and its Python are run, in order.

In what is shown, `…` stands for anything, and spaces for any run of spaces and rules.
"""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from limpide.evaluation import arena
from pipelines.cli.main import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "semantics.md"
_BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def matches(shown: str, said: str) -> bool:
    """Whether a line of the page is the line that was printed."""
    parts = (re.escape(" ".join(part.split())) for part in shown.split("…"))
    return re.fullmatch(r"\s*.*".join(parts), " ".join(said.split())) is not None


def check(shown: list[str], said: str) -> None:
    """Every line shown was printed, in that order."""
    lines = iter(said.splitlines())
    for line in filter(str.strip, shown):
        assert any(matches(line, each) for each in lines), f"{line!r} is not in\n{said}"


def run(command: str) -> str:
    name, *arguments = shlex.split(command)
    assert name == "limpide"
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIMPIDE_TERMINOLOGIES", raising=False)
    monkeypatch.setattr(arena, "fight", partial(arena.fight, how=arena.measure))
    known: dict[str, object] = {}
    printed, ran = "", 0
    for language, title, body in _BLOCK.findall(PAGE.read_text("utf-8")):
        if title:
            Path(title).write_text(body, "utf-8")
        elif language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, *shown = part.splitlines()
                check(shown, run(command))
                ran += 1
        elif language == "python":
            with redirect_stdout(io.StringIO()) as out:
                exec(compile(body, str(PAGE), "exec"), known)
            printed = out.getvalue()
            ran += 1
        elif language == "text":
            assert printed.strip() == body.strip()
    assert ran == 8


def test_its_question_can_be_asked() -> None:
    import duckdb

    from limpide.omop.schema import tables

    (question,) = (body for language, _, body in _BLOCK.findall(PAGE.read_text("utf-8")) if language == "sql")
    with duckdb.connect() as connection:
        connection.execute(tables()["limpide_score"].ddl())
        assert connection.execute(question).fetchall() == []


def test_what_it_names_exists() -> None:
    text = PAGE.read_text("utf-8")
    root = PAGE.parents[1]
    rooms = [root, root / "limpide", root / "limpide" / "lexicon", root / "limpide" / "lexicon" / "terms"]
    for name in re.findall(r"`([\w/]+\.(?:py|tsv))`", text):
        assert any((room / name).exists() for room in rooms), name
    for name in re.findall(r"\]\((\w+\.md)\)", text):
        assert (PAGE.parent / name).exists(), name
