"""Results made ahead: in order, bounded, with their faults, and nothing left behind."""

from __future__ import annotations

import time
from collections.abc import Generator
from threading import Event, active_count, current_thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limpide.runtime.prefetch import _DEPTH, Ahead


def each(values: list[Any]) -> Generator[Any, None, None]:
    yield from values


@given(st.lists(st.none() | st.integers() | st.lists(st.integers())))
def test_everything_comes_once_and_in_order(values: list[Any]) -> None:
    made = Ahead(each(values))
    assert list(made) == values
    made.close()


def test_it_is_made_before_it_is_asked_for_and_elsewhere() -> None:
    here = Event()
    where = []

    def results() -> Generator[int, None, None]:
        where.append(current_thread())
        here.set()
        yield 1

    made = Ahead(results())
    assert here.wait(5)
    assert where != [current_thread()]
    assert list(made) == [1]
    made.close()


def test_a_fault_is_raised_where_results_are_used_after_those_before_it() -> None:
    def results() -> Generator[int, None, None]:
        yield 1
        raise ValueError("the second")

    made = Ahead(results())
    heard = iter(made)
    assert next(heard) == 1
    with pytest.raises(ValueError, match="the second"):
        next(heard)
    made.close()


def test_no_more_wait_than_may_and_closing_lets_the_generator_go() -> None:
    made, ended = [], Event()

    def results() -> Generator[int, None, None]:
        try:
            for number in range(10 * _DEPTH):
                made.append(number)
                yield number
        finally:
            ended.set()

    before = active_count()
    ahead = Ahead(results())
    deadline = time.monotonic() + 5
    while len(made) <= _DEPTH and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(made) == _DEPTH + 1  # the one more is in the hand of who makes them
    ahead.close()
    assert ended.is_set()
    assert active_count() == before
