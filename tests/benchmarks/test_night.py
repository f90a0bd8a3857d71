"""What the page of speed tells of nights that follow each other."""

from __future__ import annotations

from benchmarks.night import Cost, around, told_of


def test_the_first_night_is_not_told_and_the_last_is():
    assert told_of(30) == [2, 10, 20, 30]
    assert told_of(12) == [2, 10, 12]
    assert told_of(3) == [2, 3]


def test_a_night_is_told_with_its_neighbours_but_never_with_the_first():
    costs = [Cost(100.0, 100.0, 900.0, ""), *(Cost(float(n), 10.0 * n, 100.0 + n, "") for n in range(2, 6))]
    assert around(costs, 2) == Cost(2.5, 25.0, 103.0, "")
    assert around(costs, 3) == Cost(3.0, 30.0, 104.0, "")
    assert around(costs, 5) == Cost(4.5, 45.0, 105.0, "")
