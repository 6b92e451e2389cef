"""What others wrote into the systems, as the report's readings have it."""

from decimal import Decimal

from tests.world.stage.conftest import KEYS, URLS, Hosts
from world.stage import kantata_api, loader, salesforce_api
from world.stage.cast import assembled
from world.stage.readings import CrmInvoice, Work
from world.stage.systems import Systems


async def test_the_crm_s_mirror_of_an_invoice_is_read_with_its_amounts(
    opened: Systems, hosts: Hosts
) -> None:
    script = loader.load(loader.find("reverse-charge"))
    await opened.set_up(script.firm)
    cast = await assembled(script, opened)
    mirror = {
        "Tiebeam_Key__c": "CT-1/1/1",
        "Opportunity__c": cast.opportunities["rollout"],
        "Number__c": "FTI-1",
        "Status__c": "Posted",
        "Net__c": Decimal(1200),
        "Tax__c": 0,
        "Gross__c": Decimal("1200.50"),
        "CurrencyIsoCode": "EUR",
    }
    async with salesforce_api.connect(URLS.crm, KEYS, hosts) as org:
        await org.create("Invoice__c", mirror)

    deal = await opened.crm.deal(cast.opportunities["rollout"])

    assert deal.invoices == (
        CrmInvoice(
            reference="CT-1/1/1",
            number="FTI-1",
            status="Posted",
            net=Decimal("1200.00"),
            tax=Decimal("0.00"),
            gross=Decimal("1200.50"),
            balance=None,
        ),
    )
    assert str(deal.invoices[0].net) == "1200.00"


async def test_projects_milestones_and_mirrors_are_found_by_the_names_they_were_given(
    opened: Systems, hosts: Hosts
) -> None:
    async with kantata_api.connect(URLS.psa, KEYS.kantata_tokens[0], hosts) as account:
        group = await account.create(
            "workspace_groups", "workspace_group", {"name": "Acme", "company": True}
        )
        for title in ("Rollout", "Rollout again"):
            project = await account.create(
                "workspaces",
                "workspace",
                {
                    "title": title,
                    "creator_role": "maven",
                    "workspace_group_ids": [group["id"]],
                    "external_reference": _named("project", "P-1"),
                },
            )
        own = {"workspace_id": project["id"]}
        story = {"title": "Design", "story_type": "milestone"} | own
        named = {"external_reference": _named("milestone", "CT-1/M1")}
        await account.create("stories", "story", {**story, **named})
        await account.create("stories", "story", {"title": "Chat", "story_type": "task"} | own)
        item = {"notes": "Design", "amount": "10.00"} | own
        invoice = {"payment_schedule": 30, "additional_items": [item]} | own
        mirror = {"external_reference": _named("invoice", "CT-1/1/1")}
        await account.create("invoices", "invoice", {**invoice, **mirror})

    work = await opened.psa.read("P-1")

    assert [(p.title, p.code) for p in work.projects] == [
        ("Rollout", "P-1"),
        ("Rollout again", "P-1"),
    ]
    assert {client.name for p in work.projects for client in p.clients} == {"Acme"}
    assert [(m.name, m.state, m.reference) for m in work.milestones] == [
        ("Design", "not started", "CT-1/M1")
    ]
    assert [(i.reference, i.status, i.entries) for i in work.invoices] == [("CT-1/1/1", "new", ())]
    assert await opened.psa.read("P-2") == Work()


def _named(model: str, reference: str) -> dict[str, str]:
    return {"service_name": "tiebeam", "service_model": model, "service_model_ref": reference}
