"""The rules as Dagster sees them: a check a table and family, and the law of conservation.

Belongs here: the one `multi_asset_check`, its severities, what the UI shows of a failure. Does not belong here: rules
(rules.yaml, rules.py), how they are run (validation.py).

One check groups the rules of a family, so that a night leaves hundreds of events and not thousands; the receipt and
the Data Docs have every rule. What does not apply is not evaluated: the UI shows it grey, never green. The receipt is
written here, pass or fail: publication trusts nothing else, since a blocking check only holds inside its run.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from assets.dictionary import TABLE_NAMES, table_key
from assets.failures import bounded_faults
from assets.resources import Place
from assets.validate import LEDGER, candidate_of
from limpide.reports.account import conservation_markdown
from limpide.reports.tables import markdown_table
from quality.rules import FRENCH, checks_of
from quality.validation import CONSERVATION, READERS, SHRINKAGE, Outcome, Validation, validate


def _specs() -> list[dg.AssetCheckSpec]:
    specs = [
        dg.AssetCheckSpec(
            CONSERVATION,
            asset=LEDGER,
            blocking=True,
            description=(
                "La loi de conservation, par source, au document près : reçus = publiés + remplacés + en double +"
                " en quarantaine + supprimés + opposés."
            ),
        )
    ]
    specs.append(
        dg.AssetCheckSpec(
            READERS,
            asset=LEDGER,
            blocking=True,
            description=(
                "Les lecteurs tiennent : moins d'un document de la nuit sur dix a fait tomber le sien. Au-delà, le"
                " défaut est le nôtre, et l'entrepôt aurait un trou."
            ),
        )
    )
    specs.append(
        dg.AssetCheckSpec(
            SHRINKAGE,
            asset=LEDGER,
            blocking=True,
            description=(
                "Rien ne disparaît sans raison : l'instantané garde documents et lignes de celui qu'il remplace, sauf"
                " remplacement, suppression, doublon, opposition. Au-delà d'un seuil, une personne doit l'accepter"
                " (`limpide accept-loss`)."
            ),
        )
    )
    for table in TABLE_NAMES:
        for check, kept in checks_of(table).items():
            specs.append(
                dg.AssetCheckSpec(
                    check,
                    asset=table_key(table),
                    blocking=any(rule.blocking for rule in kept),
                    description=FRENCH.get(check, kept[0].french),
                )
            )
    return specs


@dg.multi_asset_check(name="validation", specs=_specs(), can_subset=True)
def table_checks(context: dg.AssetCheckExecutionContext, place: Place) -> Iterator[dg.AssetCheckResult]:
    """Everything is judged at once, whatever was selected: half a validation must not make a receipt."""
    from limpide.warehouse.snapshots.candidate import load_candidate
    from limpide.warehouse.snapshots.receipt import write_receipt
    from quality.data_docs import site_of, write_site

    layout = place.layout()
    with bounded_faults():
        found = validate(layout, load_candidate(layout, candidate_of(context.instance)))
        write_receipt(layout, found.candidate, found.results())
    selected = context.selected_asset_check_keys
    chosen = {(key.asset_key, key.name) for key in selected}
    for result in results(found, site_of(layout.docs, found)):
        if (result.asset_key, result.check_name) in chosen:
            yield result
    with bounded_faults():
        write_site(layout.docs, found)  # last: its pages were being drawn


def results(found: Validation, site: Path) -> Iterator[dg.AssetCheckResult]:
    """The results to show: none for what does not apply."""
    if found.conserved:
        yield dg.AssetCheckResult(
            asset_key=LEDGER,
            check_name=CONSERVATION,
            passed=all(row.balanced for row in found.conserved),
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"par source": dg.MetadataValue.md(conservation_markdown(found.conserved))},
        )
    crashed, received = found.crashed
    yield dg.AssetCheckResult(
        asset_key=LEDGER,
        check_name=READERS,
        passed=found.readers_stand,
        description=None if found.readers_stand else f"{crashed} documents sur {received}",
        metadata={"lecteurs tombés": crashed, "documents de la nuit": received},
    )
    yield dg.AssetCheckResult(
        asset_key=LEDGER,
        check_name=SHRINKAGE,
        passed=found.keeps_what_is_served,
        severity=dg.AssetCheckSeverity.ERROR,
        description=None
        if found.keeps_what_is_served
        else f"perdu sans raison connue : {found.losses_in_french} ; si c'est voulu : `limpide accept-loss --reason …`",
        metadata={loss.table: f"{loss.lost} sur {loss.before}" for loss in found.lost}
        | ({"accepté par une personne": True} if found.loss_accepted else {}),
    )
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in found.outcomes:
        grouped.setdefault((outcome.rule.table, outcome.rule.check), []).append(outcome)
    for (table, check), outcomes in grouped.items():
        applied = [outcome for outcome in outcomes if outcome.status != "not_applicable"]
        if applied:
            yield _result(table, check, applied, len(outcomes) - len(applied), site)


def _result(table: str, check: str, applied: Sequence[Outcome], not_applied: int, site: Path) -> dg.AssetCheckResult:
    failed = [outcome for outcome in applied if outcome.status == "failed"]
    unchanged = sum(outcome.status == "unchanged" for outcome in applied)
    serious = any(outcome.rule.blocking for outcome in failed)
    counted = {"en échec": len(failed), "non applicables": not_applied, "inchangées": unchanged}
    metadata: dict[str, int | dg.MetadataValue[Any]] = {"règles": len(applied)}
    metadata |= {name: n for name, n in counted.items() if n}
    if failed:
        lines = [(o.rule.french, o.rule.blocking, o.failing, ", ".join(o.keys)) for o in failed]
        headings = ("règle", "bloquante", "lignes", "clés des premières")
        metadata["lignes en échec"] = dg.MetadataValue.md(markdown_table(headings, lines))
        metadata["Data Docs"] = dg.MetadataValue.path(str(site.parent / f"{table}.html"))
    return dg.AssetCheckResult(
        asset_key=table_key(table),
        check_name=check,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if serious or not failed else dg.AssetCheckSeverity.WARN,
        description="; ".join(outcome.detail for outcome in failed) or None,
        metadata=metadata,
    )
