"""All entity sets by name."""

from world.sandboxes.dynamics._event_data import EVENT_DATA
from world.sandboxes.dynamics._ledger_data import LEDGER_DATA
from world.sandboxes.dynamics._master_data import MASTER_DATA
from world.sandboxes.dynamics._project_data import PROJECT_DATA

_ALL = (*MASTER_DATA, *PROJECT_DATA, *LEDGER_DATA, *EVENT_DATA)
CATALOG = {entity.name: entity for entity in _ALL}
