"""Data Docs on disk that look right without internet.

Belongs here: pages, from Great Expectations' own renderers, made to stand alone; the French index.
Does not belong here: judging. Nothing here has ever held a value of a row: results carry counts and keys only.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

    from quality.validation import Validation

HERE = Path(__file__).parent
_REMOTE = re.compile(
    r"<script[^>]*\ssrc=[\"'][^>]*>\s*</script>|<link\s[^>]*>|<img\s[^>]*>|<footer.*?</footer>|<ol\s.*?</ol>"
    r"|url\([\"']?https?:[^)]*\)|Data asset: None<br>",
    re.IGNORECASE | re.DOTALL,
)
_SUITE = re.compile(r"<a href=[\"'][^\"'#]*expectations/[^>]*>([^<]*)</a>")  # pages of suites, which we do not write
_BRAND = re.compile(r'(navbar-brand[^>]*>\s*)<a href="[^"]*"')
_WORDS = re.compile(r">(\s*)([^<>]+?)(\s*)<")
_SHARES = (("% unexpected", "\u202f% en échec"), ("% not null", "\u202f% remplis"), ("% null", "\u202f% vides"))


def site_of(folder: Path, found: Validation) -> Path:
    """The index of the night, where `write_site` writes it."""
    return folder / found.candidate.night.isoformat() / "index.html"


def write_site(folder: Path, found: Validation) -> Path:
    """Write `<folder>/<night>/` (an index, a page a table) and `<folder>/index.html`; the path of the night's index."""
    index_page = site_of(folder, found)
    site = index_page.parent
    site.mkdir(parents=True, exist_ok=True)
    for old in site.glob("*.html"):
        old.unlink()
    for table, page in found.pages.items():
        _write(site / f"{table}.html", page)
    _write(index_page, index(found))
    nights = sorted((entry.name for entry in folder.iterdir() if entry.is_dir()), reverse=True)
    _write(folder / "index.html", _page("Contrôles, nuit par nuit", _nights(nights)))
    return index_page


def rendered(pages: dict[str, ExpectationSuiteValidationResult]) -> Iterator[tuple[str, str]]:
    """The page of each table, as Great Expectations draws it, made to stand alone. Where it was judged (apart.py)."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    renderer, view = ValidationResultsPageRenderer(run_info_at_end=True), DefaultJinjaPageView()
    for table, result in pages.items():
        yield table, standing_alone(str(view.render(renderer.render(result), show_how_to_buttons=False)))


def standing_alone(page: str) -> str:
    """The page in French and without anything to fetch: remote scripts, styles and images out, ours in."""
    page = _REMOTE.sub("", page)
    page = _SUITE.sub(r"\1", page)
    page = _BRAND.sub(r'\1<a href="index.html"', page)
    page = _WORDS.sub(lambda found: f">{found[1]}{_french().get(found[2], found[2])}{found[3]}<", page)
    for english, french in _SHARES:
        page = page.replace(english, french)
    head = f"<style>{_own('data_docs.css')}</style>"
    foot = f"<script>{_own('data_docs.js')}</script>"
    page = page.replace("</head>", f"{head}</head>", 1).replace("<html>", '<html lang="fr">', 1)
    return page.replace("</body>", f"{foot}</body>", 1)


@cache
def _french() -> dict[str, str]:
    """What the renderer writes in English, and what our analysts read instead."""
    words: dict[str, str] = json.loads(_own("data_docs_fr.json"))
    return words


def index(found: Validation) -> str:
    """The index of a night, in French: what was checked, table by table, failures first."""
    failed = [outcome for outcome in found.outcomes if outcome.status == "failed"]
    serious = [outcome for outcome in failed if outcome.rule.blocking]
    unbalanced = [row for row in found.conserved if not row.balanced]
    if serious or unbalanced:
        verdict = '<p class="verdict bad">Publication refusée : au moins un contrôle bloquant a échoué.</p>'
    elif failed:
        verdict = '<p class="verdict warn">Publication permise, avec des avertissements.</p>'
    else:
        verdict = '<p class="verdict good">Tous les contrôles qui s’appliquent sont passés.</p>'
    night = found.candidate.night.isoformat()
    parts = [
        f"<p class='lead'>Nuit du {night}. Empreinte des données contrôlées : "
        f"<code>{found.candidate.sha256[:16]}…</code></p>",
        verdict,
    ]
    if failed:
        parts.append("<h2>En échec</h2>" + _table(
            ("Table", "Règle", "Bloquante", "Lignes", "Clés des premières"),
            [(o.rule.table, o.rule.french, "oui" if o.rule.blocking else "non", o.failing, ", ".join(o.keys))
             for o in sorted(failed, key=lambda o: (not o.rule.blocking, o.rule.table))],
        ))  # fmt: skip
    parts.append("<h2>Loi de conservation</h2>" + _table(
        ("Source", "Reçus", "Publiés", "Remplacés", "En double", "Quarantaine", "Supprimés", "Opposés", "Équilibre"),
        [(r.source, r.received, r.published, r.superseded, r.duplicated, r.quarantined, r.deleted, r.opposed,
          "oui" if r.balanced else "NON") for r in found.conserved],
    ))  # fmt: skip
    parts.append("<h2>Par table</h2>" + _by_table(found))
    return _page(f"Contrôles de la nuit du {night}", "\n".join(parts))


def _by_table(found: Validation) -> str:
    rows: list[tuple[object, ...]] = []
    for table in dict.fromkeys(outcome.rule.table for outcome in found.outcomes):
        statuses = [outcome.status for outcome in found.outcomes if outcome.rule.table == table]
        counts = [statuses.count(status) for status in ("passed", "failed", "unchanged", "not_applicable")]
        state = found.candidate.tables.get(table)
        name = _Link(f"{table}.html", table) if table in found.pages else table
        rows.append((name, state.rows if state else 0, *counts))
    rows.sort(key=lambda row: (-int(str(row[3])), not isinstance(row[0], _Link)))
    return _table(("Table", "Lignes", "Passées", "En échec", "Inchangées", "Non applicables"), rows)


class _Link(str):
    """A cell that is a link."""

    target: str

    def __new__(cls, target: str, text: str) -> _Link:
        link = super().__new__(cls, text)
        link.target = target
        return link


def _table(headings: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    def cell(value: object) -> str:
        shown = f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else html.escape(str(value))
        if isinstance(value, _Link):
            shown = f'<a href="{html.escape(value.target)}">{shown}</a>'
        return f'<td class="number">{shown}</td>' if isinstance(value, int) else f"<td>{shown}</td>"

    head = "".join(f"<th>{html.escape(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(cell(value) for value in row)}</tr>" for row in rows)
    return f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _nights(nights: list[str]) -> str:
    items = "".join(f'<li><a href="{night}/index.html">Nuit du {night}</a></li>' for night in nights)
    return f"<ul>{items}</ul>"


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_own('data_docs.css')}</style></head>"
        f'<body class="ours"><main><h1>{html.escape(title)}</h1>{body}</main></body></html>'
    )


def _own(name: str) -> str:
    return (HERE / name).read_text("utf-8")


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
