"""How a landing folder is laid out: flat, or a sub-folder a night.

Belongs here: finding the folder of a night and its sources. Does not belong here: which files count, or reading them
(limpide/warehouse/night/ingest.py).
"""

import re
from datetime import date
from pathlib import Path

NIGHT_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}")


def nights_in(landing: Path) -> list[date]:
    """The nights laid out as sub-folders `YYYY-MM-DD`, oldest first; none when the folder is one flat landing."""
    if not landing.is_dir():
        return []
    return sorted(
        date.fromisoformat(entry.name)
        for entry in landing.iterdir()
        if entry.is_dir() and NIGHT_FOLDER.fullmatch(entry.name)
    )


def landing_of(landing: Path, night: date) -> Path:
    """The folder that a night takes: its own sub-folder where nights are laid out, else the landing folder whole."""
    return landing / night.isoformat() if nights_in(landing) else landing


def sources_of(landing: Path, night: date) -> list[str]:
    """The sources that sent something for this night; none when its folder is not there."""
    from limpide.warehouse.night.ingest import sources_in

    folder = landing_of(landing, night)
    return sources_in(folder) if folder.is_dir() else []
