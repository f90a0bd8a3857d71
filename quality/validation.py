"""A candidate in, every rule's outcome out: the whole of validation in one call, without Dagster.

Belongs here: reading what each rule needs from the candidate's Parquet files, within bounds, and the statuses.
Does not belong here: the rules (rules.py), the judge (expectations.py), receipts and publication (limpide/warehouse).

Cost follows what the night writes: rules look at new files; older files passed the same rules when they were published.
References look further, at what a parent table lost since the last snapshot; keys and persons, at all there is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from limpide.errors import Reason
from limpide.omop.schema import tables
from limpide.warehouse.layout import Layout
from limpide.warehouse.snapshots.account import ConservationRow, account, conservation
from limpide.warehouse.snapshots.candidate import Candidate
from limpide.warehouse.snapshots.receipt import CheckResult
from limpide.warehouse.snapshots.shrinkage import Loss, accepted, losses
from quality import judge_process
from quality.rules import Rule, rules

BATCH_VECTORS = 32  # of 2,048 rows: 65,536 rows a batch, whatever the table holds
KEYS_NAMED = 10  # failing rows named, of however many
CONSERVATION = "conservation"
READERS = "readers_stand"
SHRINKAGE = "shrinkage"
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
    pages: Mapping[str, str]  # HTML, by table that was judged
    crashed: tuple[int, int] = (0, 0)  # documents of the night whose reader fell, documents of the night
    lost: Sequence[Loss] = ()  # what the candidate takes away without a reason
    loss_accepted: bool = False  # by a person, of this very candidate

    @property
    def readers_stand(self) -> bool:
        """Whether readers fell on few documents: on many, the defect is ours, and so is the hole in the warehouse."""
        crashed, received = self.crashed
        return received < CRASHES_JUDGED_FROM or crashed <= received * CRASHES_BORNE

    @property
    def keeps_what_is_served(self) -> bool:
        """Whether nothing serious is lost, or a person let it through."""
        return self.loss_accepted or not any(loss.serious for loss in self.lost)

    @property
    def losses_in_french(self) -> str:
        """What is lost, by table."""
        return ", ".join(f"{loss.table} : {loss.lost} lignes sur {loss.before}" for loss in self.lost if loss.serious)

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
        kept = self.keeps_what_is_served
        lines.append(
            CheckResult(
                check=SHRINKAGE,
                table="ledger",
                passed=kept,
                blocking=True,
                status="passed" if kept else "failed",
                detail="" if kept else f"perdu sans raison connue : {self.losses_in_french}",
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


def validate(layout: Layout, candidate: Candidate) -> Validation:
    """Run every rule of every table over what `candidate` would publish. Reads only; writes nothing."""
    outcomes, pages = judged(layout, candidate, tables())
    tonight = account(layout, candidate.night)
    crashed = sum(reasons.get(Reason.READER_CRASHED, 0) for reasons in tonight.quarantine.values())
    received = sum(row.received for row in tonight.sources)
    lost = losses(layout, candidate)
    let_through = bool(lost) and accepted(layout, candidate.sha256)
    return Validation(candidate, outcomes, conservation(layout), pages, (crashed, received), lost, let_through)


def judged(layout: Layout, candidate: Candidate, names: Collection[str]) -> tuple[list[Outcome], Mapping[str, str]]:
    """The outcomes of the rules of some tables, and their pages. All of them make a validation, fewer do not.

    Raises WorkerFault (transient), `NotJudged`.
    """
    from limpide.warehouse.lake.parquet import session

    # Where nothing is new, only the rules that look at everything have something to say.
    active: dict[str, list[Rule]] = {}
    for name in names:
        state = candidate.tables.get(name)
        if state is not None and state.rows:
            active[name] = [rule for rule in rules()[name] if state.new_files or rule.whole]
    by_row = [
        (name, candidate.tables[name].new_files, [rule for rule in kept if rule.expectation])
        for name, kept in active.items()
        if candidate.tables[name].new_files
    ]
    with judge_process.judge() as judge, session(layout.work / "validation") as connection:
        judge.ask(judge_process.rows, layout.work / "rows", by_row, BATCH_VECTORS)
        _views(connection, candidate, _files_before(layout))
        counted = {
            name: {rule: _count(connection, rule) for rule in kept if not rule.expectation}
            for name, kept in active.items()
        }
        said, so_far = judge.answer()
        judge.ask(judge_process.counts, so_far, {name: found for name, found in counted.items() if found})
        more, complete = judge.answer()
        pages = judge_process.Pages(judge, complete)
        said |= more
        outcomes = [
            outcome for name in names for outcome in _outcomes(connection, rules()[name], active.get(name), said)
        ]
    return outcomes, pages


def _outcomes(
    connection: Any, kept: Sequence[Rule], active: Sequence[Rule] | None, said: judge_process.Said
) -> Iterator[Outcome]:
    """`active`: the rules that were asked; None for a table without rows, where nothing applies.

    Raises `NotJudged` for a rule that was asked and not answered: silence is no verdict.
    """
    for rule in kept:
        asked = active is not None and rule in active
        if asked and (rule.table, rule.name) not in said:
            raise judge_process.NotJudged(f"the judge said nothing of {rule.name} on {rule.table}")
        verdict = said.get((rule.table, rule.name))
        if verdict is None:
            yield Outcome(rule, "not_applicable" if asked or active is None else "unchanged")
        elif verdict[0]:
            yield Outcome(rule, "passed")
        else:
            yield Outcome(rule, "failed", verdict[1], _keys(connection, rule))


def _views(connection: Any, candidate: Candidate, before: dict[str, list[Path]]) -> None:
    """`t`, `t_new`, `t_near`, `t_lost`: what would be published, what this night writes, all of the partitions of which
    it writes something, and the keys that others refer to which the last snapshot had and this one has not."""
    from limpide.warehouse.lake.parquet import listed

    connection.execute("SET parquet_metadata_cache = true")  # files never change, and a hundred rules ask for each
    for name, table in tables().items():
        state = candidate.tables.get(name)
        parts = {
            name: state.files if state else [],
            f"{name}_new": state.new_files if state else [],
            f"{name}_near": state.near_files if state else [],
        }
        for view, paths in parts.items():
            if paths:
                connection.execute(f'CREATE VIEW "{view}" AS SELECT * FROM {listed(paths)}')
            else:
                connection.execute(table.ddl().replace(f'"{name}"', f'"{view}"', 1))
    for name, field in sorted({ref for t in tables().values() for column in t.columns if (ref := column.references)}):
        state = candidate.tables.get(name)
        gone = [path for path in before.get(name, []) if state is None or path not in state.files]
        was = f'SELECT "{field}" FROM {listed(gone)} EXCEPT ' if gone else ""
        now = f'SELECT "{field}" FROM "{name}"' + ("" if gone else " LIMIT 0")
        connection.execute(f'CREATE TABLE "{name}_lost" AS {was}{now}')


def _files_before(layout: Layout) -> dict[str, list[Path]]:
    from limpide.warehouse.snapshots.candidate import load_candidate
    from limpide.warehouse.snapshots.publication import current_snapshot

    current = current_snapshot(layout)
    if current is None:
        return {}
    return {name: state.files for name, state in load_candidate(layout, current.candidate_sha256).tables.items()}


def _count(connection: Any, rule: Rule) -> int:
    return int(connection.execute(f"SELECT count(*) FROM ({rule.sql})").fetchone()[0])


def _keys(connection: Any, rule: Rule) -> tuple[str, ...]:
    query = f"SELECT CAST(key AS VARCHAR) FROM ({rule.sql}) ORDER BY ALL LIMIT {KEYS_NAMED}"
    return tuple(str(row[0]) for row in connection.execute(query).fetchall())
