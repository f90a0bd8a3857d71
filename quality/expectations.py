"""Great Expectations as a judge: rules in, verdicts out, nothing kept that holds a value.

Belongs here: suites, bounded batches, merging the verdicts of batches. Does not belong here: which rules exist
(rules.py), what is read from files (validation.py), pages (data_docs.py).

The library is imported here only, inside functions: it costs seconds. Its analytics are off, it opens no connection.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from patches.great_expectations_speed import built_once, put_off_unused_imports
from quality.rules import Rule

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationSuiteValidationResult

# Counts only: BASIC with no partial list, because results and Data Docs would carry the failing values themselves.
COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
_KEPT = ("element_count", "unexpected_count", "missing_count", "unexpected_percent", "observed_value")


@dataclass
class Verdict:
    """What was decided of one rule: rows seen, rows failing."""

    rule: Rule
    passed: bool
    seen: int = 0
    failing: int = 0


@dataclass
class Judge:
    """One judge a validation: a suite a table, the material of the pages kept by table."""

    batches: Any = field(default_factory=lambda: _batches())
    results: dict[str, ExpectationSuiteValidationResult] = field(default_factory=dict)

    def rows(self, table: str, rules: Sequence[Rule], batches: Iterable[pd.DataFrame]) -> list[Verdict]:
        """Judge every batch; a rule passes when it passes in all of them. Batches are released one by one."""
        return self._judge(table, "lignes", rules, [_expectation(rule) for rule in rules], batches)

    def counts(self, table: str, failing: dict[Rule, int]) -> list[Verdict]:
        """Judge counts of failing rows, which DuckDB established: each must be nought."""
        import great_expectations as gx
        import pandas as pd

        # A sum over one row is that row, and asks a quarter of the questions that a rule on values asks.
        wanted = [
            gx.expectations.ExpectColumnSumToBeBetween(
                column=rule.name,
                min_value=0,
                max_value=0,
                severity=_severity(rule),
                description=rule.french,
                meta={"rule": rule.name},
            )
            for rule in failing
        ]
        frame = pd.DataFrame([{rule.name: count for rule, count in failing.items()}])
        verdicts = self._judge(table, "liens", list(failing), wanted, [frame])
        for verdict in verdicts:
            verdict.failing = failing[verdict.rule]
        return verdicts

    def _judge(
        self, table: str, part: str, rules: Sequence[Rule], wanted: list[Any], batches: Iterable[pd.DataFrame]
    ) -> list[Verdict]:
        import great_expectations as gx

        verdicts = [Verdict(rule, passed=True) for rule in rules]
        suite = gx.ExpectationSuite(name=f"{table} · {part}", expectations=wanted)
        for frame in batches:
            batch = self.batches.get_batch(batch_parameters={"dataframe": frame})
            with built_once():
                result = batch.validate(suite, result_format=COUNTS_ONLY)
            for verdict, one in zip(verdicts, _in_order(result, rules), strict=True):
                one.result = {name: one.result[name] for name in _KEPT if name in one.result}
                raised = bool(one.exception_info.get("raised_exception")) if one.exception_info else False
                one.exception_info = {
                    "raised_exception": raised,
                    "exception_message": None,
                    "exception_traceback": None,
                }
                verdict.passed = verdict.passed and bool(one.success) and not raised
                verdict.seen += int(one.result.get("element_count", 0))
                verdict.failing += int(one.result.get("unexpected_count", 0))
            self._keep(table, result, verdicts)
        return verdicts

    def _keep(self, table: str, result: ExpectationSuiteValidationResult, verdicts: list[Verdict]) -> None:
        """One page a table: batches are merged into the first, the two parts into one list."""
        for one, verdict in zip(_in_order(result, [v.rule for v in verdicts]), verdicts, strict=True):
            one.success = verdict.passed
            if "element_count" in one.result:
                one.result |= {"element_count": verdict.seen, "unexpected_count": verdict.failing}
        self._follow(table, result)

    def follow(self, results: dict[str, ExpectationSuiteValidationResult]) -> None:
        """Put what another judge found after what this one did."""
        for table, result in results.items():
            self._follow(table, result)

    def _follow(self, table: str, result: ExpectationSuiteValidationResult) -> None:
        from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

        known = self.results.get(table)
        merged = {_rule_of(one): one for one in [*(known.results if known else []), *result.results]}
        passed = sum(bool(one.success) for one in merged.values())
        self.results[table] = ExpectationSuiteValidationResult(
            success=passed == len(merged),
            results=list(merged.values()),
            suite_name=table,
            statistics={
                "evaluated_expectations": len(merged),
                "successful_expectations": passed,
                "unsuccessful_expectations": len(merged) - passed,
                "success_percent": 100 * passed / len(merged),
            },
            meta={"great_expectations_version": result.meta.get("great_expectations_version")},
        )


def _in_order(result: ExpectationSuiteValidationResult, rules: Sequence[Rule]) -> list[Any]:
    """Results in the order of the rules: Great Expectations groups them otherwise."""
    by_rule = {_rule_of(one): one for one in result.results}
    return [by_rule[rule.name] for rule in rules]


def _expectation(rule: Rule) -> Any:
    import great_expectations as gx
    import pandas as pd

    assert rule.expectation is not None
    name, arguments = rule.expectation
    told = dict(arguments)
    for bound in ("min_value", "max_value"):
        if isinstance(told.get(bound), str):
            told[bound] = pd.Timestamp(told[bound])  # pandas 3 does not compare dates with strings
    kind = getattr(gx.expectations, name)
    return kind(**told, severity=_severity(rule), description=rule.french, meta={"rule": rule.name})


def _severity(rule: Rule) -> str:
    return "critical" if rule.blocking else "warning"


def ready() -> None:
    """Import Great Expectations, less what no rule of ours asks for. Its analytics are off."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    put_off_unused_imports()
    import great_expectations  # noqa: F401


def _batches() -> Any:
    """A batch definition that takes any frame, in a context that keeps nothing on disk."""
    ready()
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("entrepôt").add_dataframe_asset("lignes")
    return asset.add_batch_definition_whole_dataframe("nuit")


def _rule_of(result: Any) -> str:
    """The name of the rule that a result judges: our expectations bear it in their metadata."""
    return str(result.expectation_config.meta["rule"])
