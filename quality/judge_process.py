"""Great Expectations in a process of its own: its seconds of import and of judging pass while the night does the rest.

Belongs here: the process that judges, what it is asked, what it answers. Does not belong here: judging
(expectations.py), rules, outcomes (validation.py).

The program never imports Great Expectations. It asks for the rows first, counts what DuckDB can count meanwhile, then
asks for the counts. A judge that dies or falls is a fault, never a verdict; a judge that was left in the middle of a
question is dismissed, so that no answer is taken for that of another question.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limpide.runtime.confinement import secrets_put_away
from limpide.runtime.workers import WorkerFault, die_with_the_program
from limpide.warehouse.snapshots.publication import NotValidated
from quality.rules import Rule

if TYPE_CHECKING:
    from quality.expectations import Verdict

# (table, rule): whether it passed and rows failing; None where the night writes no value to look at.
Said = dict[tuple[str, str], tuple[bool, int] | None]
Asked = tuple[str, Sequence[Path], Sequence[Rule]]  # table, its new files, its rules on rows
_IN_THE_SHADE = 10  # niceness of the import: whatever the night does then goes first


class NotJudged(NotValidated):
    """The judge fell on a question: nothing was decided, hence nothing passed. Names the kind of fault only."""


# In the judge


def rows(scratch: Path, asked: Sequence[Asked], vectors: int) -> tuple[Said, bytes]:
    """Judge what this night writes, row by row. And the pages so far, as bytes."""
    from limpide.warehouse.lake.parquet import listed, session
    from quality.batches import batches, empty_columns
    from quality.expectations import Judge

    judge, said = Judge(), Said()
    with session(scratch) as connection:
        for table, files, kept in asked:
            connection.execute(f'CREATE VIEW "{table}_new" AS SELECT * FROM {listed(list(files))}')
            empty = empty_columns(connection, table, kept)
            speaking = [rule for rule in kept if not (rule.bounds_values and rule.column in empty)]
            said |= {(table, rule.name): None for rule in kept}
            if speaking:
                said |= _said(judge.rows(table, speaking, batches(connection, table, speaking, vectors)))
    return said, pickle.dumps(judge.results)


def counts(so_far: bytes, failing: Mapping[str, Mapping[Rule, int]]) -> tuple[Said, bytes]:
    """Judge counts of failing rows, by table. And the pages, complete, as bytes."""
    from quality.expectations import Judge

    judge, said = Judge(), Said()
    for table, found in failing.items():
        said |= _said(judge.counts(table, dict(found)))
    judge.follow(pickle.loads(so_far))
    return said, pickle.dumps(judge.results)


def drawn(complete: bytes) -> dict[str, str]:
    """Every page, as HTML."""
    from quality.data_docs import rendered

    return dict(rendered(pickle.loads(complete)))


def _said(verdicts: Sequence[Verdict]) -> Said:
    return {(one.rule.table, one.rule.name): (one.passed, one.failing) for one in verdicts}


def _serve(pipe: Connection) -> None:
    """The life of a judge."""
    die_with_the_program()
    ready = threading.Thread(target=_import)
    ready.start()
    ready.join()
    with contextlib.suppress(EOFError, OSError):  # the program is gone: nobody to answer
        while True:
            question, arguments = pipe.recv()
            try:
                pipe.send((True, question(*arguments)))
            except OSError:
                raise
            except Exception as fault:
                at = traceback.extract_tb(fault.__traceback__)[-1]
                pipe.send((False, f"{type(fault).__name__} at {Path(at.filename).name}:{at.lineno}"))


def _import() -> None:
    """Import what judging needs; on Linux, where niceness is a thread's own, at a lower priority than judging."""
    if sys.platform == "linux":
        os.nice(_IN_THE_SHADE)
    from tqdm import tqdm

    from quality.expectations import ready

    tqdm.set_lock(threading.RLock())  # its own is a semaphore of the system, left behind by whoever is ended
    ready()


# In the program


class _Process:
    """A judge to ask. Started at once, ready when it is."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # neither a fork of our threads, nor the readers' server
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with secrets_put_away():
            self._process.start()
        self._owes = False
        theirs.close()

    def ask(self, question: Callable[..., Any], *arguments: Any) -> None:
        """Ask; the answer comes with `answer`. Raises WorkerFault."""
        try:
            self._pipe.send((question, arguments))
        except OSError as gone:
            raise WorkerFault("the judge died") from gone
        self._owes = True

    def answer(self) -> Any:
        """What the judge says of what it was asked. Raises WorkerFault when it died (transient), NotJudged."""
        try:
            able, said = self._pipe.recv()
        except (EOFError, OSError) as gone:
            raise WorkerFault("the judge died") from gone
        self._owes = False
        if not able:
            raise NotJudged(f"the judge fell: {said}")
        return said

    def free(self) -> bool:
        """Whether it can be asked: it lives, and owes no answer."""
        return self._process.is_alive() and not self._owes

    def dismiss(self) -> None:
        """End it, whatever it does."""
        self._pipe.close()
        self._process.kill()
        self._process.join()


class Pages(Mapping[str, str]):
    """HTML by table, drawn by the judge while the program goes on with what was judged; waited for when looked at.

    Looking raises WorkerFault when the judge died, or was asked for another validation before anybody looked.
    """

    def __init__(self, judge: _Process, complete: bytes) -> None:
        self._judge = judge
        judge.ask(drawn, complete)

    @cached_property
    def _drawn(self) -> dict[str, str]:
        pages: dict[str, str] = self._judge.answer()
        return pages

    def __getitem__(self, table: str) -> str:
        return self._drawn[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._drawn)

    def __len__(self) -> int:
        return len(self._drawn)


_waiting: list[_Process] = []  # none or one


def prepare() -> None:
    """Start the judge while this program does something else. Returns at once."""
    if not _waiting:
        _waiting.append(_Process())


@contextmanager
def judge() -> Iterator[_Process]:
    """The judge, for the questions of one validation."""
    one = _waiting.pop() if _waiting else _Process()
    if not one.free():
        one.dismiss()
        one = _Process()
    try:
        yield one
    except BaseException:
        one.dismiss()
        raise
    _waiting.append(one)
