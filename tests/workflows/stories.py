"""How each ending comes about, for the recorder: each story names the runs that it leaves."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

from canonical.money import Money
from tests.fakes import milestone_deal
from tests.workflows import desk
from tests.workflows.feed import following, follows
from tests.workflows.house import House
from tests.workflows.news import hears, issued, tracking
from tests.workflows.waiting import Handle, called, ended, held

Runs = dict[str, Handle]  # by the name of the history: process, ending, and how it came about
Story = Callable[[House], Awaitable[Runs]]


async def fulfilled(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked(1), house.worked(2))
    await house.bills()
    await ended(house.engagement)
    return {
        "engagement-fulfilled": house.engagement,
        "client_master-idle": house.client_master,
        "onboard_client-onboarded": house.onboarding(),
        "activate_contract-activated": house.activation,
        "activate_project-activated": house.opening,
        "collect_approvals-collected": house.collecting,
        "post_time-idle": house.posting,
        "billing-idle": house.billing,
        "issue_invoice-posted": house.issue(),
    }


async def fulfilled_by_milestones(house: House) -> Runs:
    await house.activates(milestone_deal("400.00", "600.00"))
    gate = house.erp.holds("post_invoice")
    await house.reaches(2)
    await called(house.erp, "post_invoice")
    await house.reaches(1)
    gate.set()
    await ended(house.engagement)
    return {
        "engagement-fulfilled-milestones": house.engagement,
        "activate_project-activated-milestones": house.opening,
        "billing-idle-two_cycles": house.billing,
    }


async def not_won(house: House) -> Runs:
    await house.wins(is_won=False)
    await ended(house.engagement)
    return {"engagement-cancelled": house.engagement}


async def lost_while_it_is_activated(house: House) -> Runs:
    house.erp.refuses("create_project")
    await house.wins()
    await house.parked()
    await house.loses()
    await ended(house.engagement)
    return {
        "engagement-cancelled-activating": house.engagement,
        "activate_contract-cancelled": house.activation,
        "activate_project-cancelled-parked": house.opening,
    }


async def lost_within_a_step(house: House) -> Runs:
    gate = house.erp.holds("create_project")
    await house.wins()
    await called(house.erp, "create_project")
    await house.loses()
    await called(house.crm, "opportunity", 2)
    gate.set()
    await ended(house.engagement)
    return {"activate_project-cancelled": house.opening}


async def lost_while_it_is_incomplete(house: House) -> Runs:
    await house.wins(billing_frequency=None)
    await house.parked()
    await house.loses()
    await ended(house.engagement)
    return {"activate_contract-cancelled-parked": house.activation}


async def won_again(house: House) -> Runs:
    gate = house.database.holds("engagements.move")
    await house.wins(is_won=False)
    await held(house.database, "engagements.move")
    await house.engagement.signal("changed")
    gate.set()
    await ended(house.engagement)
    return {"engagement-cancelled-taken_in_again": house.engagement}


async def incomplete(house: House) -> Runs:
    house.knows(payment_terms=None)
    await house.wins(entity=None)
    await house.parked()
    house.sells(billing_frequency=None)
    await house.hears()
    await house.parked(cases_open=2)
    house.sells()
    await house.hears()
    house.knows()
    await house.client_master.signal("changed")
    await ended(house.activation)
    await house.posts(house.worked())
    await house.bills()
    await ended(house.engagement)
    return {
        "engagement-fulfilled-parked": house.engagement,
        "activate_contract-activated-parked": house.activation,
        "client_master-idle-changed": house.client_master,
        "onboard_client-onboarded-parked": house.onboarding(),
    }


async def refused(house: House) -> Runs:
    for system, call in (
        (house.erp, "create_customer"),
        (house.psa, "create_client"),
        (house.psa, "create_project"),
        (house.crm, "record_project"),
        (house.erp, "post_journal"),
        (house.erp, "create_invoice"),
        (house.erp, "post_invoice"),
        (house.crm, "record_invoice"),
        (house.psa, "record_invoice"),
    ):
        system.refuses(call)
    await house.wins()
    await house.parked(cases_open=2)
    await house.onboarding().signal("resume")
    await house.resumes(house.opening, "Create the project shell", "Tell the CRM")
    await ended(house.activation)
    await house.approves(house.worked(1), house.worked(2, role="Guru"))
    await house.parked(cases_open=2)
    await house.maps("Guru")
    await house.posting.signal("resume")
    await ended(house.posting)
    await house.bills()
    await house.resumes(house.issue(), "Draft the invoice", "Post the invoice")
    await house.parked(cases_open=2)
    await house.issue().signal("resume")
    await ended(house.engagement)
    return {
        "onboard_client-onboarded-refused": house.onboarding(),
        "activate_project-activated-parked": house.opening,
        "post_time-idle-parked": house.posting,
        "issue_invoice-posted-parked": house.issue(),
    }


async def nothing_to_bill(house: House) -> Runs:
    await house.activates()
    await house.bills()
    await ended(house.billing)
    return {"issue_invoice-nothing_to_bill": house.issue()}


async def approved(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    approval = await house.above_the_limit()
    await house.issue().execute_update("approve", approval, id=approval.by)
    await ended(house.issue())
    return {"issue_invoice-posted-approved": house.issue()}


async def edited(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await desk.waiting(house)
    await desk.edit(house)
    await desk.waiting(house)
    await desk.approve(house)
    await ended(house.issue())
    return {"issue_invoice-posted-edited": house.issue()}


async def held_and_approved_by_two(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked(1), house.worked(2), house.worked(3))
    await house.bills()
    await desk.waiting(house)
    await desk.hold(house, house.worked(3))
    await desk.waiting(house)
    for somebody in ("person-7", "person-8"):
        await desk.approve(house, by=somebody)
    await ended(house.issue())
    return {"issue_invoice-posted-held": house.issue()}


async def rejected(house: House) -> Runs:
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await desk.waiting(house)
    await desk.reject(house)
    await ended(house.issue())
    return {"issue_invoice-rejected": house.issue()}


async def recalled(house: House) -> Runs:
    await house.activates()
    gone = house.worked(2)
    await house.posts(house.worked(1), gone)
    await house.bills()
    await desk.waiting(house)
    await house.recalls(gone)
    await desk.waiting(house)
    await desk.approve(house)
    await ended(house.issue())
    return {"issue_invoice-posted-recalled": house.issue()}


async def replaced(house: House) -> Runs:
    gate = house.erp.holds("fill_invoice")
    await house.activates()
    gone = house.worked(2)
    await house.posts(house.worked(1), gone)
    await house.bills()
    await called(house.erp, "fill_invoice")
    await house.recalls(gone)
    gate.set()
    await ended(house.issue())
    return {"issue_invoice-posted-replaced": house.issue()}


async def discarded(house: House) -> Runs:
    house.erp.refuses("post_invoice")
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await house.waits_at("Post the invoice")
    await house.recalls(house.worked())
    await ended(house.issue())
    return {"issue_invoice-nothing_to_bill-discarded": house.issue()}


async def above_the_threshold(house: House) -> Runs:
    await house.activates(billing_threshold=Money(currency="USD", amount=Decimal(1000)))
    await house.posts(house.worked())
    await ended(house.billing)
    return {
        "post_time-idle-threshold": house.posting,
        "billing-idle-threshold": house.billing,
    }


async def troubled(house: House) -> Runs:
    house.erp.loses("create_contract")
    house.psa.loses("create_project")
    house.erp.loses("post_invoice")
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await ended(house.engagement)
    return {
        "activate_project-activated-lost_answers": house.opening,
        "issue_invoice-posted-lost_answer": house.issue(),
    }


async def paid(house: House) -> Runs:
    paper = await issued(house)
    paper.paid = Decimal("200.00")
    await hears(house, "E1", str(paper.number))
    await ended(tracking(house))
    return {"track_invoice-tracked": tracking(house)}


async def paid_but_not_told(house: House) -> Runs:
    paper = await issued(house)
    house.crm.refuses("record_invoice")
    paper.paid = Decimal("200.00")
    await hears(house, "E1", str(paper.number))
    await house.resumes(tracking(house), "Tell the CRM")
    await ended(tracking(house))
    return {"track_invoice-tracked-parked": tracking(house)}


async def told_by_the_feed(house: House) -> Runs:
    house.knows()
    house.sells()
    house.crm.tells("opportunity", house.opportunity)
    await follows(house)
    return {"collect_deals-collected": following(house)}


async def told_late_by_the_feed(house: House) -> Runs:
    house.crm.missed_since = datetime(2026, 6, 1, tzinfo=UTC)
    await follows(house)
    return {"collect_deals-bridged": following(house)}


async def continued(house: House) -> Runs:
    """Needs an ERP that is closed, and a server that suggests a fresh history early."""
    await house.activates()
    await house.approves(house.worked(1), house.worked(2, role="Guru"))
    await house.parked(cases_open=2)
    left, _ = await house.works_until_continued(3)
    await house.parked(cases_open=2)
    return {"post_time-continued": left, "post_time-under_way": house.posting}


STORIES: tuple[Story, ...] = (
    fulfilled,
    fulfilled_by_milestones,
    not_won,
    lost_while_it_is_activated,
    lost_within_a_step,
    lost_while_it_is_incomplete,
    won_again,
    incomplete,
    refused,
    nothing_to_bill,
    told_by_the_feed,
    told_late_by_the_feed,
    troubled,
    paid,
    paid_but_not_told,
    replaced,
    discarded,
    above_the_threshold,
)
LIMITED: tuple[Story, ...] = (  # need people who approve
    approved,
    edited,
    held_and_approved_by_two,
    rejected,
    recalled,
)
