"""The commands of identities: documents that wait for a person, merges, and what a person decides.

Belongs here: arguments, printing. Does not belong here: any work (limpide/rights/review.py, limpide/identity).
Only `identity review --show` prints identities: it is asked for two of them.
"""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.rights import _layout, vault_option, warehouse_option

_KINDS = {
    "text": "l'en-tête et le texte désignent deux patients",
    "vault": "l'en-tête contredit ce que le coffre sait de cette personne",
    "carrier": "le document et le message qui le porte désignent deux patients",
    "date": "la date du document est impossible",
    "term": "arrivé au-delà de sa durée de conservation, jamais publié",
    "nobody": "aucun patient n'est nommé",
    "residual": "une identité subsisterait dans le texte masqué",
}
_TRAITS = {
    "ins": "INS",
    "family": "nom",
    "given": "prénom",
    "birth_date": "date de naissance",
    "sex": "sexe",
    "identifier": "identifiant local",
    "effective_time": "date du document",
}
_FIELDS = {
    "family_birth": "Nom de naissance",
    "family_used": "Nom utilisé",
    "given": "Prénoms",
    "birth_date": "Date de naissance",
    "birth_place": "Lieu de naissance",
    "sex": "Sexe",
    "ins": "INS",
    "identifiers": "Identifiants",
    "addresses": "Adresses",
    "telecoms": "Téléphones, courriels",
}
_OTHER = {"text": "Dans le texte", "vault": "Dans le coffre", "carrier": "Dans le message"}
_DECISIONS = {
    "date": "date acceptée",
    "header": "publié pour son en-tête",
    "clean": "publié, texte vérifié",
    "reject": "rejeté",
}


@click.group()
def identity() -> None:
    """Les documents en attente d'une décision sur l'identité : les voir, les décider."""


@identity.command()
@click.option("--show", "shown", metavar="CLÉ", help="Montre les deux identités de ce document, côte à côte. Tracé.")
@click.option("--all", "every", is_flag=True, help="Montre aussi les documents déjà décidés.")
@warehouse_option
@vault_option
def review(shown: str | None, every: bool, warehouse: Path | None, vault: Path | None) -> None:
    """Liste les documents retenus : clé, nuit, source, et ce qui diffère (sans aucune valeur).

    Un document est retenu quand son en-tête et son texte désignent deux patients, quand son en-tête contredit ce que
    les documents arrivés avant lui disent de la même personne, ou quand une identité paraît subsister dans son texte.
    Avec --show, les deux identités sont lues dans le coffre et affichées, et le journal d'audit le retient.
    """
    from limpide.identity.vault.vault import Vault
    from limpide.rights.review import UnknownDocument, show, waiting

    layout = _layout(warehouse, vault)
    if shown is None:
        found = waiting(layout, decided=every)
        for one in found:
            differs = ", ".join(_TRAITS.get(name, name) for name in one.differs)
            decision = f" [{_DECISIONS[one.decision]}]" if one.decision else ""
            what = f"{_KINDS[one.kind]} : {differs}" if differs else _KINDS[one.kind]
            click.echo(f"{one.document_key}  {one.night}  {one.source}  {what}{decision}")
        click.echo(f"{len(found)} document(s)." if found else "Aucun document n'attend.")
        if alike := len(Vault(layout.vault, create=False).identities.pairs()):
            click.echo(f"{alike} paire(s) de personnes se ressemblent : limpide identity persons")
        return
    try:
        said = show(layout, shown)
    except UnknownDocument:
        raise click.ClickException(f"Le document {shown} n'attend pas de décision.") from None
    click.echo(f"{_KINDS[said['kind']]}.")
    if "header" in said:
        other = _OTHER.get(said["kind"], "Ailleurs")
        click.echo(f"{'':24}{'Dans l’en-tête':40}{other}")
        for name, label in _FIELDS.items():
            left, right = (_written(said[side].get(name)) for side in ("header", "other"))
            if left or right:
                click.echo(f"{label:24}{left:40}{right}")
        if said.get("other_document"):
            click.echo(f"L'identité du coffre est celle du document {said['other_document']}.")
    for kind, excerpt in said.get("excerpts", []):
        click.echo(f"[{kind}] …{' '.join(excerpt.split())}…")


def _written(value: object) -> str:
    if isinstance(value, list):
        return " ; ".join(f"{v['value']} ({v['system']})" if isinstance(v, dict) else str(v) for v in value)
    return str(value) if value else ""


@identity.command()
@click.argument("document_key", metavar="CLÉ")
@click.option(
    "--as",
    "verdict",
    required=True,
    type=click.Choice(["date", "header", "clean", "reject", "waiting"]),
    help="date : la date peut rester ; header : de plus, c'est le patient de l'en-tête ; clean : de plus, le texte ne "
    "nomme personne ; reject : ne sera jamais publié ; waiting : reprend la décision.",
)
@click.option("--reason", required=True, help="Le motif, gardé chiffré dans le journal d'audit.")
@warehouse_option
@vault_option
def release(document_key: str, verdict: str, reason: str, warehouse: Path | None, vault: Path | None) -> None:
    """Décide d'un document retenu. La décision prend effet quand sa nuit est rechargée, et peut être reprise.

    `reject` vaut aussi pour un document publié : celui qui parle d'un autre patient est parfois arrivé le premier.
    """
    from limpide.rights.review import UnknownDocument, decide

    try:
        night, source = decide(_layout(warehouse, vault), document_key, verdict, reason)
    except UnknownDocument:
        raise click.ClickException(f"Le document {document_key} n'attend pas de décision.") from None
    except ValueError:
        raise click.UsageError("Une décision demande un motif : --reason.") from None
    click.echo(f"Décidé. À recharger pour que la décision prenne effet : --night {night} --source {source}")


@identity.command()
@warehouse_option
@vault_option
def persons(warehouse: Path | None, vault: Path | None) -> None:
    """Liste les personnes à revoir, par leur clé : sans sexe, sans année de naissance, paires qui se ressemblent (même
    date de naissance, noms proches), et rapprochements faits sans message."""
    from limpide.identity.vault.vault import Vault
    from limpide.warehouse.snapshots.person_account import person_account

    layout = _layout(warehouse, vault)
    found = person_account(layout)
    for heading, keys in (("sans sexe", found.without_sex), ("sans année de naissance", found.without_birth_year)):
        for key in keys:
            click.echo(f"{key}  {heading}")
    for one, other in found.alike or ():
        click.echo(f"{one}  {other}  se ressemblent")
    for key, stays in Vault(layout.vault, create=False).identities.links().items():
        click.echo(f"{key}  {stays}  rapprochés")
    click.echo(f"{found.persons} personne(s), dont {len(found.one_document)} d'un seul document.")


@identity.command()
@click.argument("one", metavar="CLÉ")
@click.argument("other", metavar="CLÉ")
@click.option("--reason", required=True, help="Le motif, gardé chiffré dans le journal d'audit.")
@warehouse_option
@vault_option
def join(one: str, other: str, reason: str, warehouse: Path | None, vault: Path | None) -> None:
    """Dit que deux clés sont une seule personne. Se défait par `limpide identity split`."""
    from limpide.rights.review import join as joined

    try:
        joined(_layout(warehouse, vault), one, other, reason)
    except KeyError:
        raise click.ClickException("Le coffre ne connaît pas l'une de ces clés.") from None
    except ValueError:
        raise click.UsageError("Deux clés différentes, et un motif : --reason.") from None
    click.echo("Fait. À recharger pour publier : la dernière nuit.")


@identity.command()
@click.argument("document_key", metavar="CLÉ")
@click.option("--person", help="La personne : un INS, `IPP@autorité`, ou une clé de personne.")
@click.option("--back", is_flag=True, help="Reprend le rattachement.")
@click.option("--reason", required=True, help="Le motif, gardé chiffré dans le journal d'audit.")
@warehouse_option
@vault_option
def attach(
    document_key: str, person: str | None, back: bool, reason: str, warehouse: Path | None, vault: Path | None
) -> None:
    """Rattache à une personne un document qui ne nomme aucun patient. Prend effet quand sa nuit est rechargée."""
    from limpide.identity.vault.persons import UnreadablePerson
    from limpide.rights.review import UnknownDocument, UnknownPerson
    from limpide.rights.review import attach as attached

    if (person is None) != back:
        raise click.UsageError("Donner --person, ou --back pour reprendre le rattachement.")
    try:
        night, source = attached(_layout(warehouse, vault), document_key, person, reason)
    except UnknownDocument:
        raise click.ClickException(f"Le document {document_key} n'attend pas un patient.") from None
    except (UnknownPerson, UnreadablePerson):
        raise click.ClickException(
            "Personne n'est connu ainsi : un INS, `IPP@autorité` ou une clé de personne."
        ) from None
    except ValueError:
        raise click.UsageError("Une décision demande un motif : --reason.") from None
    click.echo(f"Rattaché. À recharger pour que cela prenne effet : --night {night} --source {source}")


@identity.command()
@warehouse_option
@vault_option
def merges(warehouse: Path | None, vault: Path | None) -> None:
    """L'histoire des fusions : quand, par quel document (sa clé), quelle clé de personne est devenue laquelle."""
    from limpide.identity.vault.merges import merges as told
    from limpide.identity.vault.vault import Vault

    found = told(Vault(_layout(warehouse, vault).vault, create=False).identities)
    for one in found:
        gone = ", ".join(key[:12] for key in one.gone) or "(déjà une seule personne)"
        state = f"  [défaite le {one.undone[0][:10]} : {one.undone[1]}]" if one.undone else ""
        click.echo(f"{one.origin}  {one.night}  {one.at}  {gone} -> {one.stays[:12]}{state}")
    click.echo(f"{len(found)} fusion(s).")


@identity.command()
@click.argument("origin", metavar="CLÉ")
@click.option("--back", is_flag=True, help="Rétablit une fusion défaite.")
@click.option("--reason", required=True, help="Le motif, gardé chiffré dans le coffre et le journal d'audit.")
@warehouse_option
@vault_option
def split(origin: str, back: bool, reason: str, warehouse: Path | None, vault: Path | None) -> None:
    """Défait une fusion : chacun reprend son pseudonyme.

    CLÉ est celle du message qui dit la fusion (voir `limpide identity merges`), ou la clé d'une personne rapprochée
    sans message (`limpide identity persons`). La décision tient quand la nuit du message est rechargée. Elle paraît à
    la prochaine publication.
    """
    from limpide.rights.review import apart
    from limpide.rights.review import split as undone

    layout = _layout(warehouse, vault)
    try:
        if len(origin) == 64:
            apart(layout, origin, reason, back=back)
            click.echo("Fait. À recharger pour publier : la dernière nuit.")
            return
        night, source = undone(layout, origin, reason, back=back)
    except KeyError:
        raise click.ClickException(f"Aucune fusion {'défaite ' * back}ne vient de {origin}.") from None
    except ValueError:
        raise click.UsageError("Une décision demande un motif : --reason.") from None
    click.echo(f"Fait. À recharger pour publier : --night {night} --source {source}")


COMMANDS = [identity]
