from connectors.tryton import Tryton
from tests.connectors.tryton.firm import Firm
from tests.connectors.tryton.house import DEMF, contract, own_deal, project


def _works(firm: Firm, number: int) -> list[dict[str, object]]:
    where = [["name", "in", [f"CT-{number:05} Rollout", f"PR-{number:05} Rollout"]]]
    return firm.rows("project.work", where, "name", "status.rec_name", "progress")


def _values(firm: Firm, number: int) -> list[dict[str, object]]:
    where = [["code", "=", f"PR-{number:05}"]]
    return firm.rows("analytic_account.account", where, "state")


async def test_what_was_never_used_is_deleted(erp: Tryton, firm: Firm) -> None:
    deal = await own_deal(erp)

    for _ in range(2):  # what is gone is closed
        await erp.close_project(project(deal.number), deal.project)
        await erp.close_contract(contract(deal.number), deal.contract)

    assert _works(firm, deal.number) == []
    assert _values(firm, deal.number) == []


async def test_what_was_used_is_done_and_its_value_closed(erp: Tryton, firm: Firm) -> None:
    deal = await own_deal(erp)
    batch = deal.batch(deal.line(1))
    journal = await erp.create_journal(DEMF, batch.id)
    await erp.fill_journal(journal, batch)
    await erp.post_journal(DEMF, journal)

    for _ in range(2):
        await erp.close_project(project(deal.number), deal.project)
        await erp.close_contract(contract(deal.number), deal.contract)

    assert [work["progress"] for work in _works(firm, deal.number)] == [1, 1]
    assert [value["state"] for value in _values(firm, deal.number)] == ["closed"]
