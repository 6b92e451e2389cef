"""The search attributes of every process, so that the Temporal Web UI finds it by business words.

A namespace takes at most ten custom Keyword attributes; these are all that we register.
They are stored in clear: ids only, never names or amounts.
"""

from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from canonical.contracts import ContractId
from canonical.organization import EntityId

CLIENT = SearchAttributeKey.for_keyword("TiebeamClient")
CONTRACT = SearchAttributeKey.for_keyword("TiebeamContract")
PROJECT = SearchAttributeKey.for_keyword("TiebeamProject")
INVOICE = SearchAttributeKey.for_keyword("TiebeamInvoice")
ENTITY = SearchAttributeKey.for_keyword("TiebeamEntity")
SYSTEM = SearchAttributeKey.for_keyword("TiebeamSystem")
STAGE = SearchAttributeKey.for_keyword("TiebeamStage")
CASE = SearchAttributeKey.for_keyword("TiebeamCase")  # error class of the open case, or "none"

ALL = (CLIENT, CONTRACT, PROJECT, INVOICE, ENTITY, SYSTEM, STAGE, CASE)


def of(contract: ContractId, entity: EntityId) -> list[SearchAttributeUpdate[str]]:
    """Return what every process of a contract is found by."""
    return [CONTRACT.value_set(contract), ENTITY.value_set(entity)]
