"""Resources, built from the settings of this process.

Belongs here: the one place where settings become resources. Does not belong here: reading the environment
(settings.py).
"""

from assets.resources import Place
from pipelines.settings import Settings


def resources(here: Settings) -> dict[str, object]:
    """Resources by the name under which assets ask for them."""
    place = Place(
        landing=str(here.landing),
        warehouse=str(here.warehouse),
        vault=str(here.vault),
        engine=here.engine,
        workers=here.workers,
    )
    return {"place": place}
