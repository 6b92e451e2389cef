"""Which package speaks to which vendor: one line each."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from canonical.landscape import SystemInstance
from canonical.systems import SystemId
from connectors import inbound, ports
from connectors.auth import Credential
from connectors.dynamics import BusinessEvents
from connectors.dynamics import connect as dynamics
from connectors.kantata import connect as kantata
from connectors.salesforce import OutboundMessages
from connectors.salesforce import connect as salesforce
from connectors.tryton import connect as tryton

CRM: dict[str, Callable[[SystemInstance, Credential], AbstractAsyncContextManager[ports.Crm]]] = {
    "salesforce": salesforce
}
PSA: dict[str, Callable[[SystemInstance, Credential], AbstractAsyncContextManager[ports.Psa]]] = {
    "kantata": kantata
}
ERP: dict[str, Callable[[SystemInstance, Credential], AbstractAsyncContextManager[ports.Erp]]] = {
    "dynamics": dynamics,
    "tryton": tryton,
}
EXAMINED: dict[
    str, Callable[[SystemInstance, Credential], AbstractAsyncContextManager[ports.Examined]]
] = {"dynamics": dynamics, "kantata": kantata, "salesforce": salesforce, "tryton": tryton}
INBOUND: dict[str, Callable[[SystemId], inbound.Inbound]] = {
    "dynamics": BusinessEvents,
    "salesforce": OutboundMessages,
}
