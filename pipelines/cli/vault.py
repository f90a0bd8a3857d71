"""The commands of the vault: the rotation of its keys, and the publication that follows new pseudonyms.

Belongs here: arguments, confirmation, the order of rotation, validation and publication, printing. Does not belong
here: the rotation itself (limpide/rights/rekey.py), checks (quality/).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.cli.rights import _layout, vault_option, warehouse_option

if TYPE_CHECKING:
    from limpide.warehouse.layout import Layout


@click.group()
def vault() -> None:
    """Le coffre : la rotation de ses clés."""


@vault.command()
@click.option(
    "--pseudonyms", is_flag=True, help="Donne aussi un nouveau pseudonyme à chacun, et republie toutes les tables."
)
@click.option("--yes", is_flag=True, help="Ne demande pas confirmation.")
@warehouse_option
@vault_option
def rekey(pseudonyms: bool, yes: bool, warehouse: Path | None, vault: Path | None) -> None:
    """Change la clé maîtresse : tout ce que le coffre contient est chiffré à nouveau.

    Une clé rangée dans le coffre est remplacée par une clé neuve ; une clé de l'environnement l'est par celle de
    LIMPIDE_VAULT_NEW_KEY ou de la commande LIMPIDE_VAULT_NEW_KEY_COMMAND, à mettre ensuite à la place de l'ancienne.
    Interrompue à n'importe quel moment, la rotation se termine en relançant la même commande ; d'ici là, aucune nuit ne
    peut être chargée et l'entrepôt déjà publié continue de servir. Les anciennes sauvegardes du coffre s'ouvrent
    toujours avec l'ancienne clé : les détruire.
    """
    from limpide.identity.vault.vault import VaultError
    from limpide.reports.progress import progress_shown, tracked
    from limpide.rights.rekey import Rekeyed, republishing
    from limpide.rights.rekey import rekey as rotated

    layout = _layout(warehouse, vault)
    pending = not (layout.vault / "rekey.json").exists() and republishing(layout)
    if pending:
        click.echo("La rotation précédente est faite ; il restait à republier.")
    else:
        if not yes:
            click.confirm("Changer la clé du coffre ?", abort=True)
        with progress_shown(), tracked("rotation des clés") as advance:
            try:
                done: Rekeyed = rotated(layout, pseudonyms=pseudonyms, progress=lambda _, n, total: advance(n, total))
            except VaultError as refusal:
                raise click.ClickException(f"Rotation impossible : {refusal}.") from None
        click.echo(f"{done.originals} original(aux) chiffré(s) à nouveau, {done.partitions} partition(s) renommée(s).")
        pending = republishing(layout)
    if pending and not _republished(layout):
        click.echo("Un contrôle bloquant a échoué : l'entrepôt garde les anciens pseudonymes. Relancer après remède.")
        sys.exit(1)


def _republished(layout: Layout) -> bool:
    """Validate and publish what stands; whether it was published."""
    from datetime import date

    from limpide.warehouse.snapshots.candidate import build_candidate
    from limpide.warehouse.snapshots.manifest import current
    from limpide.warehouse.snapshots.publication import NotValidated, publish
    from limpide.warehouse.snapshots.receipt import write_receipt
    from quality.validation import validate

    last = current(layout)
    if last is None:
        return True
    candidate = build_candidate(layout, date.fromisoformat(last.night))
    write_receipt(layout, candidate, validate(layout, candidate).results())
    try:
        published = publish(layout, candidate)
    except NotValidated:
        return False
    click.echo(f"Instantané n° {published.number} publié sous les nouveaux pseudonymes ; les précédents sont retirés.")
    return True


COMMANDS = [vault]
