"""All entity sets by name."""

from world.sandboxes.dynamics._ledger_data import LEDGER_DATA
from world.sandboxes.dynamics._master_data import MASTER_DATA
from world.sandboxes.dynamics._project_data import PROJECT_DATA

CATALOG = {entity.name: entity for entity in (*MASTER_DATA, *PROJECT_DATA, *LEDGER_DATA)}
