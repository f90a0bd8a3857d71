"""The register of conformity: read, run, shown. `limpide conformity` renders it for a data-protection officer.

Belongs here: the register's shape, running its controls, the page. Does not belong here: the law and the wording
(conformity.yaml), the controls (controls.py), Dagster (conformity_checks.py).
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from limpide.warehouse.layout import Layout
from quality.rules import written_in

YAML = Path(__file__).with_name("conformity.yaml")
_SHOWN = {"passed": "conforme", "failed": "NON CONFORME", "not_applicable": "sans objet", "measured": "à apprécier"}


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the register."""

    id: str
    theme: str
    french: str
    law: str
    control: str
    evidence: str
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line, judged. `figures` are counts and names, never a value of a patient."""

    requirement: Requirement
    status: str
    told: str
    figures: dict[str, object]


@cache
def register() -> tuple[Requirement, ...]:
    """Every requirement, in order. Raises TypeError for a line that lacks something."""
    return tuple(Requirement(**line) for line in written_in(YAML))


def run(layout: Layout, today: date) -> list[Line]:
    """Judge every requirement. A control that cannot be run has failed: what is not shown is not held."""
    from quality import controls

    scene = controls.Scene(layout, today)
    out = []
    for requirement in register():
        control: controls.Control = getattr(controls, requirement.control)
        try:
            found = control(scene)
        except Exception as fault:  # its message may quote a value: only its kind is told
            found = controls.Finding("failed", f"Le contrôle n'a pas pu être fait ({type(fault).__name__})")
        out.append(Line(requirement, found.status, found.told, dict(found.figures)))
    scene.close()
    return out


def page(lines: Iterable[Line], today: date) -> str:
    """One self-contained page in French: no script, nothing from outside."""
    lines = list(lines)
    counts = {status: sum(line.status == status for line in lines) for status in _SHOWN}
    body = []
    for theme in dict.fromkeys(line.requirement.theme for line in lines):
        rows = "".join(_row(line) for line in lines if line.requirement.theme == theme)
        body.append(
            f"<h2>{html.escape(theme)}</h2><table><thead><tr><th>Exigence</th><th>État</th><th>Constat</th>"
            f"<th>Base légale</th><th>Comment le revoir</th></tr></thead><tbody>{rows}</tbody></table>"
        )
    summary = ", ".join(f"{count} {_SHOWN[status].lower()}" for status, count in counts.items() if count)
    return f"""<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Registre de conformité</title>
<style>
body{{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}}
table{{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}}
th,td{{border-bottom:1px solid #ccc;padding:.45rem .6rem;text-align:left;vertical-align:top}}
th{{font-weight:600;background:#f4f4f4}} td:nth-child(1){{width:26%}} td:nth-child(3){{width:26%}}
small,code{{color:#555;font-size:.85em;overflow-wrap:anywhere}}
.passed{{color:#0a6b2d}} .failed{{color:#fff;background:#a11212;font-weight:700}} .measured{{color:#7a4b00}}
.not_applicable{{color:#666}} td.state{{white-space:nowrap}}
</style></head><body>
<h1>Registre de conformité</h1>
<p>Contrôles exécutés le {today.strftime("%d/%m/%Y")} sur l'entrepôt tel qu'il est : {html.escape(summary)}.</p>
<p>Les bases légales sont indicatives : à vérifier par un juriste avant de les citer.</p>
<p>« Sans objet » veut dire qu'il n'y avait rien à regarder, non que l'exigence est tenue. « À apprécier » donne un
chiffre qu'une personne doit juger.</p>
{"".join(body)}
</body></html>
"""


def _row(line: Line) -> str:
    asked = line.requirement
    figures = " · ".join(
        f"{name.replace('_', ' ')} : {value}" for name, value in line.figures.items() if value not in ("", None)
    )
    cells = (
        f"<td>{html.escape(asked.french)}<br><small>{html.escape(asked.id)}</small></td>"
        f'<td class="state {line.status}">{_SHOWN[line.status]}</td>'
        f"<td>{html.escape(line.told)}<br><small>{html.escape(figures)}</small></td>"
        f"<td>{html.escape(asked.law)}</td><td><code>{html.escape(asked.evidence)}</code></td>"
    )
    return f"<tr>{cells}</tr>"
