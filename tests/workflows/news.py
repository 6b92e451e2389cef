"""What an ERP says after an invoice was issued, and the process that listens."""

from canonical import processes
from canonical.notices import Notice, NoticeKind
from canonical.processes import TrackRequest
from gateway.dispatcher import Dispatcher
from store import inbox
from tests.erp_port import Paper
from tests.fakes import ERP, foreign
from tests.workflows.house import House
from tests.workflows.waiting import Handle, ended


async def issued(house: House) -> Paper:
    """Take a deal up to its posted invoice, and return that."""
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    await ended(house.issue())
    return house.erp.posted_invoices[0]


async def hears(house: House, message: str, about: str, kind: NoticeKind = "invoice") -> None:
    """Let the ERP say that something changed, as the gateway takes it."""
    subject = foreign(ERP, f"{house.entity}/{about}")
    notice = Notice(id=message, kind=kind, subject=subject)
    async with house.database.transaction() as tx:
        await inbox.receive(tx, ERP, notice)
    await Dispatcher(house.client, house.database).dispatch()


def tracking(house: House) -> Handle:
    """Return the process that reads the first invoice again."""
    request = TrackRequest(invoice=house.cycle().invoice, revision=1)
    return house.run(processes.tracking_id(request))
