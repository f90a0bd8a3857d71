"""Great Expectations made to do things once: the same verdicts, the same pages, half the time.

Belongs here: what it builds again for each metric, remembered during one validation; what it imports and we never call,
put off until called. Does not belong here: rules, judging (expectations.py).

Each is a defect of speed of Great Expectations 1.24, measured on a night; tests hold them to change nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from patches.guard import Patch, applies

PATCH = Patch(
    "great_expectations",
    "==1.24.*",
    "none filed: found with a profiler on a night",
    "judging rows takes half the time; the import of scipy.stats and altair, which no rule of ours calls, is put off",
)

# Only the Kullback-Leibler expectation and two metrics call these, which no rule of ours asks: half the import.
_UNUSED = ("scipy.stats", "altair")
_PLAIN = frozenset((str, int, bool, type(None)))


class _Later(ModuleType):
    """A module that is imported when something is first asked of it."""

    def __getattr__(self, asked: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), asked)


def put_off_unused_imports() -> None:
    """Have what no rule asks for be imported at its first use, if ever, instead of at once."""
    for name in _UNUSED if applies(PATCH) else ():
        if name in sys.modules or (spec := find_spec(name)) is None:
            continue
        later = sys.modules[name] = _Later(name)
        later.__spec__ = spec
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, later)


@contextmanager
def built_once() -> Iterator[None]:
    """Build each expectation, and the configuration of each, once a validation instead of a hundred times.

    And name a metric without passing its plain arguments through the conversion of twenty types that None falls to the
    end of.
    """
    if not applies(PATCH):
        yield
        return
    from great_expectations.core import id_dict
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    expectation_class: Any = Expectation
    configuration_class: Any = ExpectationConfiguration
    names: Any = id_dict
    described, built = expectation_class.configuration, configuration_class.to_domain_obj
    converted = names.convert_to_json_serializable
    # What is remembered is held: the address of an object is its own as long as it lives.
    configurations: dict[int, tuple[Any, Any]] = {}
    expectations: dict[int, tuple[Any, dict[str, Any], Any]] = {}

    def configuration(expectation: Any) -> Any:
        if id(expectation) not in configurations:
            configurations[id(expectation)] = (expectation, described.fget(expectation))
        return configurations[id(expectation)][1]

    def to_domain_obj(of: Any) -> Any:
        known = expectations.get(id(of))
        if known is None or known[1] != of.kwargs:  # a configuration may be told its batch after it was built
            known = expectations[id(of)] = (of, dict(of.kwargs), built(of))
        return known[2]

    def convert(data: Any) -> Any:
        if type(data) is dict and all(map(_plain, data.values())):
            return data
        return converted(data=data)

    expectation_class.configuration = property(configuration)
    configuration_class.to_domain_obj = to_domain_obj
    names.convert_to_json_serializable = convert
    try:
        yield
    finally:
        expectation_class.configuration, configuration_class.to_domain_obj = described, built
        names.convert_to_json_serializable = converted


def _plain(value: Any) -> bool:
    """Whether JSON writes it as it is."""
    return type(value) in _PLAIN or (type(value) is list and all(type(one) in _PLAIN for one in value))
