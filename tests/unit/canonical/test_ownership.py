"""R-023: a machine-readable map names the owner of each field, and others are refused."""

import pytest

import settings
from canonical.clients import Client
from canonical.contracts import Contract
from canonical.ownership import NotOwnerError, Ownership
from settings import Settings

OWNERSHIP = Ownership(owners={"client": {"name": "crm", "payment_terms": "erp"}})


def test_an_owner_writes_its_own() -> None:
    OWNERSHIP.refuse_strangers("client", ["name"], "crm")


def test_a_stranger_is_refused_and_hears_whose_the_field_is() -> None:
    with pytest.raises(NotOwnerError, match=r"client\.payment_terms is erp's"):
        OWNERSHIP.refuse_strangers("client", ["name", "payment_terms"], "crm")


def test_nobody_owns_what_is_not_listed() -> None:
    with pytest.raises(NotOwnerError, match=r"client\.shoe_size is nobody's"):
        OWNERSHIP.refuse_strangers("client", ["shoe_size"], "crm")


@pytest.mark.parametrize(("kind", "model"), [("client", Client), ("contract", Contract)])
def test_the_shipped_map_lists_only_fields_that_there_are(
    kind: str, model: type[Client] | type[Contract]
) -> None:
    shipped = settings.load_ownership(Settings().ownership)

    assert set(shipped.owners[kind]) <= set(model.model_fields)


def test_the_shipped_map_lets_the_crm_write_a_whole_client() -> None:
    shipped = settings.load_ownership(Settings().ownership)

    shipped.refuse_strangers("client", set(Client.model_fields) - {"id", "account"}, "crm")
