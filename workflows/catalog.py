"""Every process that there is; the worker registers them all."""

from workflows.activate_contract import ActivateContract
from workflows.activate_project import ActivateProject
from workflows.billing import Billing
from workflows.client_master import ClientMaster
from workflows.collect_approvals import CollectApprovals
from workflows.collect_deals import CollectDeals
from workflows.engagement import Engagement
from workflows.issue_invoice import IssueInvoice
from workflows.onboard_client import OnboardClient
from workflows.post_time import PostTime
from workflows.track_invoice import TrackInvoice
from workflows.unwind import Unwind

WORKFLOWS: tuple[type, ...] = (
    ActivateContract,
    ActivateProject,
    Billing,
    ClientMaster,
    CollectApprovals,
    CollectDeals,
    Engagement,
    IssueInvoice,
    OnboardClient,
    PostTime,
    TrackInvoice,
    Unwind,
)
