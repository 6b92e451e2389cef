"""Is what other systems already have the client's own, so that nothing is created?

The rule: what the account names must be there and be the client's; otherwise the tax id names
it, if only one customer has it. In doubt a person decides, and nothing is created: a second
record of one client is worse than a day's wait (R-052).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from canonical import tax_ids
from canonical.base import Record, Rule
from canonical.clients import Client, ClientId, Company, Customer
from canonical.organization import EntityId
from canonical.systems import ForeignId

RULE = Rule(id="adoption", version=1)

Owners = Mapping[str, ClientId]  # clients of ours, by the id that a system's record has
By = Literal["the number on the account", "the tax id", "the id on the account"]


class Nothing(Record):
    """Nothing is there: create it."""

    verdict: Literal["nothing"] = "nothing"
    rule: Rule = RULE


class Adopt(Record):
    """It is there: use it as it is."""

    verdict: Literal["adopt"] = "adopt"
    rule: Rule = RULE
    id: ForeignId
    by: By


class Refuse(Record):
    """A person must say what is right; `is_duplicate` if there are two of one."""

    verdict: Literal["refuse"] = "refuse"
    rule: Rule = RULE
    text: str
    is_duplicate: bool = False


Verdict = Annotated[Nothing | Adopt | Refuse, Field(discriminator="verdict")]


def named_customer(
    client: Client, entity: EntityId, number: str, found: Customer | None, owners: Owners
) -> Verdict:
    """Judge the customer whose number the account has."""
    if found is None:
        text = (
            f"there is no customer {number} in {entity}, which the account names: correct the"
            " number on the account in the CRM, or empty it if the client is new"
        )
        return Refuse(text=text)
    wrong = _not_the_client(client, entity, found, owners)
    if wrong is None:
        return Adopt(id=found.id, by="the number on the account")
    return Refuse(text=wrong)


def found_customers(
    client: Client, entity: EntityId, found: Sequence[Customer], owners: Owners
) -> Verdict:
    """Judge the customers that have the client's tax id; the one under its own id is ours."""
    others = [each for each in found if each.id.value != client.id]
    if not others:
        return Nothing()
    if len(others) > 1:
        both = " and ".join(f"{each.id.value} ({each.name})" for each in others)
        text = (
            f"{both} in {entity} have the same tax id {client.tax_profile.tax_id}: write the"
            " number of the right one on the account in the CRM, and block the other in the ERP"
        )
        return Refuse(text=text, is_duplicate=True)
    wrong = _not_the_client(client, entity, others[0], owners)
    if wrong is None:
        return Adopt(id=others[0].id, by="the tax id")
    return Refuse(text=wrong)


def named_company(client: Client, theirs: str, found: Company | None, owners: Owners) -> Verdict:
    """Judge the company whose id the account has."""
    if found is None:
        text = (
            f"there is no company {theirs} in the PSA, which the account names: correct the id on"
            " the account in the CRM, or empty it if the client is new"
        )
        return Refuse(text=text)
    owner = owners.get(found.id.value) or found.client
    if owner is not None and owner != client.id:
        text = (
            f"company {theirs} ({found.name}) is that of client {owner}: correct the id on the"
            " account in the CRM, or merge the two accounts there"
        )
        return Refuse(text=text)
    return Adopt(id=found.id, by="the id on the account")


def _not_the_client(
    client: Client, entity: EntityId, found: Customer, owners: Owners
) -> str | None:
    """Return what shows that a customer is not the client, and what to do about it."""
    customer = f"customer {found.id.value} ({found.name}) in {entity}"
    owner = owners.get(found.id.value)
    if owner is not None and owner != client.id:
        return (
            f"{customer} is that of client {owner}: merge the two accounts in the CRM, or"
            " correct number and tax id on this one"
        )
    profile = client.tax_profile
    if found.country is not None and found.country != client.address.country:
        return (
            f"{customer} is in {found.country}, the account in {client.address.country}: correct"
            " the one that is wrong, in the ERP or in the CRM"
        )
    if profile.tax_id is None or _has(found, profile.tax_id, client):
        return None
    has = " and ".join(found.tax_ids) or "none"
    return (
        f"{customer} has the tax id {has}, the account {profile.tax_id}: correct the one that is"
        " wrong, in the ERP or in the CRM"
    )


def _has(found: Customer, tax_id: str, client: Client) -> bool:
    country = client.tax_profile.country
    wanted = tax_ids.spelled(tax_id, country)
    return wanted in (tax_ids.spelled(each, found.country or country) for each in found.tax_ids)
