"""What breaks unforeseen is told to the server as it is, so its text must quote no data (I14)."""

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from canonical.money import Money
from store import slices
from store.database import Database
from tests.activities import house
from tests.fakes import account, contract, part

CANARY = "Kim Allen earns 70.00"


async def test_a_store_that_refuses_a_row_does_not_quote_it(database: Database) -> None:
    await house.active(database)
    secret = (contract().id, part(text=CANARY))

    with pytest.raises(IntegrityError) as caught:
        async with database.transaction() as tx:
            await slices.add(tx, [secret, secret])
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("wrong", ["country", "tax_status", "currency", "surprise"])
def test_a_record_that_does_not_fit_does_not_quote_it(wrong: str) -> None:
    values = account().model_dump() | {wrong: [CANARY], "name": CANARY}

    with pytest.raises(ValidationError) as caught:
        type(account()).model_validate(values)
    assert CANARY not in str(caught.value)
    assert wrong in str(caught.value)


def test_an_amount_that_does_not_fit_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as caught:
        Money.model_validate({"currency": "USD", "amount": "70.001"})
    assert "70.001" not in str(caught.value)
