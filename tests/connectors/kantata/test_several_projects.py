"""An invoice whose lines are of several projects, on the wire."""

from tests.connectors.kantata.records import homes, invoice, kantata, line, money, status
from tests.connectors.kantata.server import Server


async def test_an_invoice_of_two_projects_stands_in_both_and_each_line_in_its_own() -> None:
    server = Server()
    lines = (line(1, money("5000.00"), "PR-00001"), line(2, money("7.00"), "PR-00002"))
    bill = invoice().model_copy(update={"lines": lines})

    async with kantata(server) as psa:
        await psa.record_invoice(homes(PR_00001="10", PR_00002="11"), bill, status(), ())

    (body,) = server.bodies
    assert body["invoice"]["workspace_ids"] == [10, 11]
    assert "workspace_id" not in body["invoice"]
    assert [item["workspace_id"] for item in body["invoice"]["additional_items"]] == [10, 11]
