"""Golden records of clients, one per account, and who asked for them where."""

from sqlmodel import col, func, select

from canonical.base import RuleError
from canonical.clients import Client, ClientClaims, ClientId
from canonical.systems import ForeignId, SystemId
from store import counters, trail, turns
from store.database import Transaction
from store.tables.parties import ClientRow, OnboardingRow

_IDENTITY = ("id", "account")  # ours, and the link itself


class UnknownClientError(RuleError):
    """A client is needed that has no golden record yet."""


async def identify(tx: Transaction, account: ForeignId) -> ClientId:
    """Return the client id of an account, giving one out the first time."""
    await turns.wait(tx, "client", str(account))
    known = await _by_account(tx, account)
    if known is not None:
        return ClientId(known.id)
    number = await counters.following(tx, "client")
    row = ClientRow(id=f"CL-{number:05}", account=account.model_dump_json())
    tx.add(row)
    return ClientId(row.id)


async def changes(tx: Transaction, client: Client) -> tuple[str, ...]:
    """Return the fields in which a golden record would change; all of a new one."""
    row = await tx.get_one(ClientRow, client.id)
    kept = Client.model_validate_json(row.content) if row.content else None
    return tuple(
        name
        for name in Client.model_fields
        if name not in _IDENTITY and (not kept or getattr(kept, name) != getattr(client, name))
    )


async def save(tx: Transaction, client: Client) -> None:
    """Keep the golden record, in place of an earlier state of it."""
    row = await tx.get_one(ClientRow, client.id, with_for_update=True)
    content = client.model_dump_json()
    if row.content != content:
        row.content = content
        trail.audit(tx, "client.saved", client.id)


async def note(tx: Transaction, client: ClientId, claims: ClientClaims) -> None:
    """Keep what the account says that other systems call its client."""
    row = await tx.get_one(ClientRow, client, with_for_update=True)
    row.claimed_customer, row.claimed_company = claims.customer, claims.company


async def claims(tx: Transaction, client: ClientId) -> ClientClaims:
    """Return what the account said when it was last read."""
    row = await tx.get_one(ClientRow, client)
    return ClientClaims(customer=row.claimed_customer, company=row.claimed_company)


async def get(tx: Transaction, client: ClientId) -> Client:
    """Return the golden record.

    Raises:
        UnknownClientError: if there is none, or it is not complete yet.
    """
    row = await tx.get(ClientRow, client)
    if row is None or row.content is None:
        raise UnknownClientError(client)
    return Client.model_validate_json(row.content)


async def onboarding_number(
    tx: Transaction, account: ForeignId, erp: SystemId, asked_by: str
) -> int:
    """Return the number of an onboarding; the same asker gets the same number again."""
    identity = {"account": str(account), "erp": erp, "asked_by": asked_by}
    await turns.wait(tx, "onboarding", str(account), erp)
    row = await tx.get(OnboardingRow, identity)
    if row is None:
        last = select(func.max(col(OnboardingRow.number))).where(
            OnboardingRow.account == str(account), OnboardingRow.erp == erp
        )
        row = OnboardingRow(**identity, number=((await tx.exec(last)).one() or 0) + 1)
        tx.add(row)
    return row.number


async def _by_account(tx: Transaction, account: ForeignId) -> ClientRow | None:
    query = select(ClientRow).where(ClientRow.account == account.model_dump_json())
    return (await tx.exec(query)).first()
