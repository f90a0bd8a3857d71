"""Great Expectations spared its repetitions: what it says is what it says when left as it is."""

from __future__ import annotations

import pickle
import subprocess
import sys
from contextlib import nullcontext

from quality import judge_process
from quality.rules import rules
from tests.quality.a_candidate import good_rows, written


def pages(layout) -> dict[str, dict[str, object]]:
    """What Great Expectations itself says of right rows and of wrong ones, line for line, in this process."""
    wrong = good_rows()
    wrong["person"][0]["year_of_birth"] = 1066
    wrong["limpide_fact"][0]["kind"] = None
    candidate = written(layout, wrong)
    asked = [
        (table, candidate.tables[table].new_files, [rule for rule in rules()[table] if rule.expectation])
        for table in ("person", "measurement", "limpide_fact")
    ]
    _, kept = judge_process.rows(layout.work, asked, vectors=1)
    return {table: page.to_json_dict() for table, page in pickle.loads(kept).items()}


def test_what_is_built_once_changes_nothing_that_is_said(layout, monkeypatch):
    spared = pages(layout)
    monkeypatch.setattr("quality.expectations.built_once", nullcontext)
    assert spared == pages(layout)
    assert {page["success"] for page in spared.values()} == {True, False}


def test_what_is_patched_is_put_back(layout):
    from great_expectations.core import id_dict
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    from patches.great_expectations_speed import built_once

    def patched() -> tuple[object, ...]:
        return (
            Expectation.configuration,
            ExpectationConfiguration.to_domain_obj,
            id_dict.convert_to_json_serializable,
        )

    before = patched()
    with built_once():
        assert not set(before) & set(patched())
    assert patched() == before


def test_a_configuration_told_its_batch_later_is_built_again():
    import great_expectations as gx

    from patches.great_expectations_speed import built_once

    with built_once():
        asked = gx.expectations.ExpectColumnValuesToNotBeNull(column="a").configuration
        before = asked.to_domain_obj()
        assert asked.to_domain_obj() is before
        asked.kwargs["batch_id"] = "one"
        assert (before.batch_id, asked.to_domain_obj().batch_id) == (None, "one")


def test_what_no_rule_asks_for_is_imported_at_its_first_use():
    code = (
        "import sys; from quality.expectations import ready; ready();"
        "print('scipy.stats._stats_py' in sys.modules, 'altair.vegalite' in sys.modules);"
        "from scipy import stats; print(round(stats.norm.cdf(0), 1), 'scipy.stats._stats_py' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "0.5", "True"]
