"""A candidate in, every rule's outcome out: the whole of validation in one call, without Dagster.

Belongs here: reading what each rule needs from the candidate's Parquet files, within bounds, and the statuses.
Does not belong here: the rules (rules.py), the judge (expectations.py), receipts and publication (limpide/warehouse).

Cost follows what the night writes: rules look at new files; older files passed the same rules when they were published.
Only references look further, at what a parent table lost since the last snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from limpide.errors import Reason
from limpide.omop.schema import Table, tables
from limpide.warehouse.account import ConservationRow, account, conservation
from limpide.warehouse.candidate import Candidate
from limpide.warehouse.house import House
from limpide.warehouse.receipt import CheckResult
from quality.rules import Rule, rules

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationSuiteValidationResult

BATCH_VECTORS = 32  # of 2,048 rows: 65,536 rows a batch, whatever the table holds
KEYS_NAMED = 10  # failing rows named, of however many
CONSERVATION = "conservation"
READERS = "readers_stand"
CRASHES_BORNE = 0.1  # of the night's documents; a hostile file a night is normal, a tenth of them is a defect of ours
CRASHES_JUDGED_FROM = 20  # documents


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one rule. `keys` are pseudonymous; `'unchanged' counts as passed in the receipt."""

    rule: Rule
    status: str  # passed | failed | not_applicable | unchanged
    failing: int = 0
    keys: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """The outcome in one French sentence."""
        if self.status == "not_applicable":
            return "Non applicable : rien à contrôler (table ou colonne vide)"
        if self.status == "unchanged":
            return "Inchangé : ces fichiers ont passé le contrôle à leur publication"
        if self.status == "passed":
            return self.rule.french
        named = ", ".join(self.keys)
        return f"{self.rule.french} : {self.failing} en échec" + (f" ({named}…)" if named else "")


@dataclass
class Validation:
    """The outcomes of a candidate, the law of conservation, and the material of its pages."""

    candidate: Candidate
    outcomes: list[Outcome]
    conserved: list[ConservationRow]
    pages: dict[str, ExpectationSuiteValidationResult]
    crashed: tuple[int, int] = (0, 0)  # documents of the night whose reader fell, documents of the night

    @property
    def readers_stand(self) -> bool:
        """Whether readers fell on few documents: on many, the defect is ours, and so is the hole in the warehouse."""
        crashed, received = self.crashed
        return received < CRASHES_JUDGED_FROM or crashed <= received * CRASHES_BORNE

    def results(self) -> list[CheckResult]:
        """What the receipt records: one line a rule, one a source for the law of conservation."""
        lines = [
            CheckResult(
                check=f"{outcome.rule.check}.{outcome.rule.name}",
                table=outcome.rule.table,
                passed=outcome.status in ("passed", "unchanged"),
                blocking=outcome.rule.blocking,
                status="passed" if outcome.status == "unchanged" else outcome.status,  # type: ignore[arg-type]
                detail="" if outcome.status == "passed" else outcome.detail,
            )
            for outcome in self.outcomes
        ]
        crashed, received = self.crashed
        lines.append(
            CheckResult(
                check=READERS,
                table="ledger",
                passed=self.readers_stand,
                blocking=True,
                status="passed" if self.readers_stand else "failed",
                detail="" if self.readers_stand else f"le lecteur est tombé sur {crashed} documents sur {received}",
            )
        )
        return lines + [
            CheckResult(
                check=f"{CONSERVATION}.{row.source}",
                table="ledger",
                passed=row.balanced,
                blocking=True,
                status="passed" if row.balanced else "failed",
                detail="" if row.balanced else f"{row.received} reçus, mais la somme des destinées diffère",
            )
            for row in self.conserved
        ]


def validate(house: House, candidate: Candidate) -> Validation:
    """Run every rule of every table over what `candidate` would publish. Reads only; writes nothing."""
    outcomes, pages = judged(house, candidate, tables())
    tonight = account(house, candidate.night)
    crashed = sum(reasons.get(Reason.READER_CRASHED, 0) for reasons in tonight.quarantine.values())
    received = sum(row.received for row in tonight.sources)
    return Validation(candidate, outcomes, conservation(house), pages, (crashed, received))


def judged(
    house: House, candidate: Candidate, names: Collection[str]
) -> tuple[list[Outcome], dict[str, ExpectationSuiteValidationResult]]:
    """The outcomes of the rules of some tables, and their pages. All of them make a validation, fewer do not."""
    from limpide.warehouse.parquet import session
    from quality.expectations import Judge

    judge = Judge()
    outcomes: list[Outcome] = []
    with session(house.work / "validation") as connection:
        _views(connection, candidate, _files_before(house))
        for name in names:
            outcomes += _table(connection, judge, candidate, tables()[name], rules()[name])
    return outcomes, judge.results


def _table(connection: Any, judge: Any, candidate: Candidate, table: Table, kept: Sequence[Rule]) -> Iterator[Outcome]:
    state = candidate.tables.get(table.name)
    if state is None or state.rows == 0:
        yield from (Outcome(rule, "not_applicable") for rule in kept)
        return
    # Where nothing is new, only the rules that look at everything have something to say.
    active = [rule for rule in kept if state.new_files or rule.whole]
    empty = _empty_columns(connection, table, active)
    by_row = [rule for rule in active if rule.expectation and not (rule.bounds_values and rule.column in empty)]
    counted = {rule: _count(connection, rule) for rule in active if not rule.expectation}
    verdicts = judge.counts(table.name, counted) if counted else []
    if by_row:
        verdicts += judge.rows(table.name, by_row, _batches(connection, table, by_row))
    said = {verdict.rule: verdict for verdict in verdicts}
    for rule in kept:
        verdict = said.get(rule)
        if verdict is None:
            yield Outcome(rule, "not_applicable" if rule in active else "unchanged")
        elif verdict.passed:
            yield Outcome(rule, "passed")
        else:
            yield Outcome(rule, "failed", verdict.failing, _keys(connection, rule))


def _views(connection: Any, candidate: Candidate, before: dict[str, list[Path]]) -> None:
    """`t`, `t_new`, `t_lost`: what would be published, what this night writes, what the last snapshot had besides."""
    from limpide.warehouse.parquet import listed

    for name, table in tables().items():
        state = candidate.tables.get(name)
        files = state.files if state else []
        parts = {
            name: files,
            f"{name}_new": state.new_files if state else [],
            f"{name}_lost": [path for path in before.get(name, []) if path not in files],
        }
        for view, paths in parts.items():
            if paths:
                connection.execute(f'CREATE VIEW "{view}" AS SELECT * FROM {listed(paths)}')
            else:
                connection.execute(table.ddl().replace(f'"{name}"', f'"{view}"', 1))


def _files_before(house: House) -> dict[str, list[Path]]:
    from limpide.warehouse.candidate import load_candidate
    from limpide.warehouse.publication import current_snapshot

    current = current_snapshot(house)
    if current is None:
        return {}
    return {name: state.files for name, state in load_candidate(house, current.candidate_sha256).tables.items()}


def _empty_columns(connection: Any, table: Table, active: Sequence[Rule]) -> set[str]:
    """Columns where this night writes no value at all: what bounds their values has nothing to look at."""
    names = sorted({rule.column for rule in active if rule.bounds_values and rule.column})
    if not names:
        return set()
    counts = ", ".join(f'count("{name}")' for name in names)
    filled = connection.execute(f'SELECT {counts} FROM "{table.name}_new"').fetchone()
    return {name for name, count in zip(names, filled, strict=True) if count == 0}


def _count(connection: Any, rule: Rule) -> int:
    return int(connection.execute(f"SELECT count(*) FROM ({rule.sql})").fetchone()[0])


def _keys(connection: Any, rule: Rule) -> tuple[str, ...]:
    query = f"SELECT CAST(key AS VARCHAR) FROM ({rule.sql}) ORDER BY ALL LIMIT {KEYS_NAMED}"
    return tuple(str(row[0]) for row in connection.execute(query).fetchall())


def _batches(connection: Any, table: Table, by_row: Sequence[Rule]) -> Iterator[pd.DataFrame]:
    """What this night writes, in bounded batches. A text is there as its length, unless a rule lists its values."""
    named = {rule.column for rule in by_row}
    listed = {rule.column for rule in by_row if rule.expectation and "value_set" in rule.expectation[1]}
    shown = []
    for column in table.columns:
        if column.name in named:
            text = column.type.partition("(")[0].lower() in ("varchar", "text") and column.name not in listed
            shown.append(f'length("{column.name}") AS "{column.name}"' if text else f'"{column.name}"')
    # A cursor of its own: keys of failing rows are asked on the connection while batches are read.
    cursor = connection.cursor().execute(f'SELECT {", ".join(shown)} FROM "{table.name}_new"')
    while len(frame := cursor.fetch_df_chunk(BATCH_VECTORS)):
        yield frame
