"""The processes: under which id each runs, and what it is told to begin with.

They stand here and not beside the workflow classes because the gateway, the command line
and activities start processes too, and must agree on the one id that makes a start safe.
"""

from datetime import date
from typing import Literal

from canonical.base import Record
from canonical.clients import ClientId
from canonical.contracts import ContractId
from canonical.invoices import InvoiceId, Reference
from canonical.organization import EntityId
from canonical.projects import ProjectCode
from canonical.systems import ForeignId, SystemId

PROCESSES = "processes"  # the task queue of every workflow, and of steps that touch only the store


class Routes(Record):
    """Which system plays which role for one legal entity."""

    entity: EntityId
    crm: SystemId
    psa: SystemId
    erp: SystemId


class Engage(Record):
    """Carry a won opportunity through; `contract` is the id it leads to."""

    opportunity: ForeignId
    generation: int
    contract: ContractId


class KeepClient(Record):
    """Serialize everything about one client."""

    account: ForeignId


class OnboardingRequest(Record):
    """Make an account a client of an entity; `asked_by` is the workflow that hears of it."""

    account: ForeignId
    routes: Routes
    number: int
    asked_by: str


class ClientReady(Record):
    """An account is a client in every system of an entity."""

    account: ForeignId
    client: ClientId


class ActivationRequest(Record):
    """Check a deal and make it a contract with its projects."""

    contract: ContractId
    opportunity: ForeignId
    account: ForeignId
    routes: Routes


class ProjectRequest(Record):
    """Open a project in every system of an entity."""

    project: ProjectCode
    contract: ContractId
    opportunity: ForeignId
    routes: Routes


class ContractRequest(Record):
    """Open or close a contract in an entity's ERP."""

    contract: ContractId
    routes: Routes


class UnwindRequest(Record):
    """Close what was created for a deal that was un-won after it was active."""

    contract: ContractId
    opportunity: ForeignId
    generation: int
    routes: Routes


class Lane(Record):
    """One of the lanes that post an entity's time into its ERP, in order."""

    erp: SystemId
    entity: EntityId
    shard: int

    @property
    def key(self) -> str:
        """Return the lane's name in the store: erp-main/USMF/0."""
        return f"{self.erp}/{self.entity}/{self.shard}"

    @classmethod
    def parse(cls, key: str) -> "Lane":
        """Return the lane of a key."""
        erp, entity, shard = key.rsplit("/", 2)
        return cls(erp=SystemId(erp), entity=EntityId(entity), shard=int(shard))


class PostLane(Record):
    """Post what waits in a lane; `psa` is where its entries come from.

    `at_once` is how many batches may be under way.
    """

    lane: Lane
    psa: SystemId
    at_once: int = 4


class BillingLane(Record):
    """Bill one contract, one cycle after the other."""

    contract: ContractId
    opportunity: ForeignId
    generation: int
    routes: Routes


class BillingCycle(Record):
    """One request to bill; the same key is the same cycle."""

    cycle: int
    key: str
    kind: Literal["cut_off", "milestone", "threshold"]
    cut_off: date


class InvoiceRequest(Record):
    """Issue the invoice of one cycle."""

    contract: ContractId
    cycle: int
    revision: int = 1
    opportunity: ForeignId
    routes: Routes

    @property
    def invoice(self) -> InvoiceId:
        """Return the invoice's id: contract and cycle."""
        return InvoiceId(f"{self.contract}/{self.cycle}")


class TrackRequest(Record):
    """Read again what the ERP says of an invoice."""

    invoice: InvoiceId
    revision: int


class CollectRequest(Record):
    """Fetch what was approved and reached in a PSA since the last time."""

    psa: SystemId


class FollowRequest(Record):
    """Fetch what changed in a CRM since the last time, whether or not it told us."""

    crm: SystemId


def engagement_id(opportunity: ForeignId, generation: int) -> str:
    """Return the id of the run of one win of an opportunity."""
    return f"engagement:{opportunity}:{generation}"


def client_id(account: ForeignId) -> str:
    """Return the id of the one run per account."""
    return f"client:{account}"


def onboarding_id(request: OnboardingRequest) -> str:
    """Return the id of one onboarding of an account in an ERP."""
    return f"onboard:{request.account}:{request.routes.erp}:{request.number}"


def contract_id(contract: ContractId) -> str:
    """Return the id of the activation of a contract."""
    return f"contract:{contract}"


def project_id(project: ProjectCode) -> str:
    """Return the id of the activation of a project."""
    return f"project:{project}"


def unwind_id(opportunity: ForeignId, generation: int) -> str:
    """Return the id of the unwinding of one win of an opportunity."""
    return f"unwind:{opportunity}:{generation}"


def posting_id(lane: Lane) -> str:
    """Return the id of the one run per posting lane."""
    return f"posting:{lane.erp}:{lane.entity}:{lane.shard}"


def billing_id(contract: ContractId) -> str:
    """Return the id of the one run that bills a contract."""
    return f"billing:{contract}"


def invoice_id(request: InvoiceRequest) -> str:
    """Return the id of the issue of one revision of one cycle's invoice."""
    return f"invoice:{request.contract}:{request.cycle}:{request.revision}"


def tracking_id(request: TrackRequest) -> str:
    """Return the id of the one run that reads an invoice again."""
    return f"track:{request.invoice}/{request.revision}"


def issue_id(reference: Reference) -> str:
    """Return the id of the issue of the invoice with a reference: contract, cycle, revision."""
    return f"invoice:{reference.replace('/', ':')}"


def collect_id(system: SystemId) -> str:
    """Return the id of a PSA's or a CRM's polling."""
    return f"collect:{system}"
