"""How a landing folder is laid out: flat, or a sub-folder a night.

Belongs here: finding the folder of a night and its sources. Does not belong here: which files count, or reading them
(limpide/warehouse/night/landing_files.py).
"""

import re
from datetime import date
from pathlib import Path

NIGHT_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}")


def nights_in(landing: Path) -> list[date]:
    """The nights laid out as sub-folders `YYYY-MM-DD`, oldest first; none when the folder is one flat landing."""
    return sorted(filter(None, (_night(entry) for entry in _listed(landing))))


def landing_of(landing: Path, night: date) -> Path:
    """The folder that a night takes: its own sub-folder where nights are laid out, else the landing folder whole."""
    return landing / night.isoformat() if nights_in(landing) else landing


def sources_of(landing: Path, night: date) -> list[str]:
    """The sources that sent something for this night; none when its folder is not there."""
    from limpide.warehouse.night.landing_files import sources_in

    return sources_in(landing_of(landing, night))


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _night(entry: Path) -> date | None:
    """The night that a folder is named after; '2026-02-31' is a name like another."""
    try:
        return date.fromisoformat(entry.name) if NIGHT_FOLDER.fullmatch(entry.name) and entry.is_dir() else None
    except (ValueError, OSError):
        return None
