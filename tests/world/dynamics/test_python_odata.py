"""A client that this project did not write: python-odata, which knows nothing but `$metadata`.

What it cannot do by itself is done with what it offers for that. It neither gets a token nor
adds `cross-company`: both go by an `auth` of `requests`. It sends every property, unset ones as
null, among them those that F&O lets nobody set, because it looks for the standard's term
`Computed` where F&O says `AllowEdit`: with `skip_null_properties` it does not. It has no notion of
a 429: the error names the limit, and waiting is the session's.
"""

import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from odata import ODataError, ODataService
from odata.flags import ODataServerFlags
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from typing_extensions import override
from urllib3.util import Retry

from tests.world.dynamics.firm import CLIENT, TENANT
from tests.world.processes import Server


class AcrossCompanies(AuthBase):
    """Signs a request with a token, and lets it see every company."""

    def __init__(self, token: str) -> None:
        self._token = token

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        request.prepare_url(str(request.url), {"cross-company": "true"})
        return request


class Client:
    """The library, signed in to one environment."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.service: Any = ODataService(
            f"{url}/data",
            session=self.session,
            auth=AcrossCompanies(self._token()),
            reflect_entities=True,
            quiet_progress=True,
            server_flags=ODataServerFlags(skip_null_properties=True),
        )

    def _token(self) -> str:
        form = {**CLIENT, "scope": f"{self.url}/.default"}
        answer = self.session.post(f"{self.url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=5)
        return str(answer.json()["access_token"])

    def settings(self, **changes: int) -> None:
        changed = self.session.put(f"{self.url}/_admin/settings", json=changes, timeout=5)
        assert changed.ok, changed.text

    def customer(self, number: int, **changes: object) -> Any:  # noqa: ANN401 - reflected
        customer = self.service.entities["CustomersV3"]()
        told = {
            "dataAreaId": "demf",
            "CustomerAccount": f"DE-{number:03}",
            "OrganizationName": f"Customer {number}",
            "CustomerGroupId": "10",
            "SalesCurrencyCode": "EUR",
        }
        for name, value in (told | changes).items():
            setattr(customer, name, value)
        return customer


@pytest.fixture
def client(set_up_once: Path, tmp_path: Path) -> Iterator[Client]:
    data = Path(shutil.copy(set_up_once, tmp_path / "erp.db"))
    with Server("world.sandboxes", "dynamics", data=data) as server:
        client = Client(server.url)
        yield client
        client.session.close()


def test_learns_sets_keys_types_and_enumerations_from_the_metadata(client: Client) -> None:
    invoices = client.service.entities["FreeTextInvoiceHeaders"]
    keys = [name for name, _ in invoices().__odata__.primary_key_properties]

    assert {"CustomersV3", "JournalTrans", "BusinessEventsCatalogs"} <= set(client.service.entities)
    assert keys == ["InvoiceIdentifier", "dataAreaId"]
    hold = client.service.types["Microsoft.Dynamics.DataEntities.CustVendorBlocked"]
    assert [each.name for each in hold][:3] == ["No", "Invoice", "All"]


def test_creates_a_row_and_reads_it_back_with_what_the_server_added(client: Client) -> None:
    customer = client.customer(1, CreditLimit=Decimal("1500.25"))

    client.service.save(customer)

    assert customer.OnHoldStatus.name == "No"
    assert customer.PartyNumber
    customers = client.service.entities["CustomersV3"]
    again = client.service.query(customers).get(dataAreaId="demf", CustomerAccount="DE-001")
    assert (again.OrganizationName, again.CreditLimit) == ("Customer 1", Decimal("1500.25"))


def test_reads_over_pages_and_filters_by_an_enumeration(client: Client) -> None:
    client.settings(page_size=2)
    hold = client.service.types["Microsoft.Dynamics.DataEntities.CustVendorBlocked"]
    for number in range(1, 6):
        held = hold.All if number == 4 else hold.No
        client.service.save(client.customer(number, OnHoldStatus=held))
    customers = client.service.entities["CustomersV3"]
    free = client.service.query(customers).filter(customers.dataAreaId == "demf")
    free = free.filter(customers.OnHoldStatus == hold.No).order_by(customers.CustomerAccount.asc())

    found = [each.CustomerAccount for each in free]

    assert found == ["DE-001", "DE-002", "DE-003", "DE-005", "US-001"]
    assert free.count() == 5
    rows = free.select(customers.CustomerAccount).limit(1).all()
    assert [row["CustomerAccount"] for row in rows] == ["DE-001"]


def test_changes_only_what_was_changed_and_deletes(client: Client) -> None:
    customer = client.customer(1)
    client.service.save(customer)
    before = customer.PartyNumber
    customer.OrganizationName = "O'Neill & Söhne"

    client.service.save(customer)

    assert (customer.OrganizationName, customer.PartyNumber) == ("O'Neill & Söhne", before)
    client.service.delete(customer)
    customers = client.service.entities["CustomersV3"]
    left = client.service.query(customers).filter(customers.CustomerAccount == "DE-001").all()
    assert left == []


def test_a_refusal_comes_with_the_vendors_infolog(client: Client) -> None:
    with pytest.raises(ODataError) as refused:
        client.service.save(client.customer(1, CustomerGroupId="99"))

    assert (refused.value.status_code, refused.value.code) == ("HTTP 400", "None")
    assert refused.value.message == "An error has occurred."
    expected = "The value '99' in field 'Customer group' is not found in the related table"
    assert expected in refused.value.detailed_message


def test_what_the_server_sets_is_refused_if_it_is_sent(client: Client) -> None:
    invoice = client.service.entities["FreeTextInvoiceHeaders"]()
    invoice.dataAreaId, invoice.FreeTextNumber = "usmf", "FTI-1"

    with pytest.raises(ODataError) as refused:
        client.service.save(invoice)

    assert "'FreeTextNumber' does not allow edits" in refused.value.detailed_message


def _ask_often(query: Any) -> None:  # noqa: ANN401 - the library has no types
    for _ in range(10):
        query.all()


def test_a_limit_is_an_error_that_names_it_and_the_session_can_wait(client: Client) -> None:
    client.settings(throttle_requests=2, throttle_window_seconds=1)
    customers = client.service.query(client.service.entities["CustomersV3"])
    with pytest.raises(ODataError) as throttled:
        _ask_often(customers)
    waits = Retry(total=2, status_forcelist=[429], allowed_methods=None)
    client.session.mount("http://", HTTPAdapter(max_retries=waits))

    found = customers.all()

    assert throttled.value.status_code == "HTTP 429"
    said = r"Number of requests exceeded the limit of 2 over the time window of 1 seconds\."
    assert re.fullmatch(said, throttled.value.detailed_message)
    assert len(found) == 2
