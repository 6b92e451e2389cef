"""simple-salesforce against the sandbox: a client that this project did not write.

It speaks https to fixed hosts below salesforce.com, so its session carries an adapter that
connects to loopback instead; names, certificate and protocol stay as they are.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)
from typing_extensions import override

from tests.world.salesforce.house import APP, KEY, OTHER_KEY, private_pem
from tests.world.salesforce.secured import ACCOUNTS, OWN, SECRET, Secured, secured

Client = Any  # its objects are attributes that no type knows


class _Loopback(HTTPAdapter):
    """Connects to a port of this machine, whatever host the URL names."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    @override
    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        url = urlsplit(str(request.url))
        request.headers["Host"] = url.netloc
        request.url = url._replace(netloc=f"127.0.0.1:{self._port}").geturl()
        return super().send(request, *args, **kwargs)


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder: Path = tmp_path_factory.mktemp("org")
    with secured(folder, instance_url=f"https://{OWN}") as found:
        yield found


@pytest.fixture
def session(org: Secured) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.mount("https://", _Loopback(org.server.port))
        session.verify = str(org.certificate)
        session.trust_env = False
        yield session


@pytest.fixture
def sf(session: requests.Session) -> Client:
    return _signed_in(session)


def _signed_in(session: requests.Session) -> Client:
    return Salesforce(
        username=APP["username"],
        consumer_key=APP["consumer_key"],
        privatekey=private_pem(KEY).decode(),
        session=session,
        version="60.0",
    )


def test_signs_in_with_a_signed_assertion_and_is_sent_to_the_orgs_own_host(sf: Client) -> None:
    assert sf.sf_instance == OWN
    assert sf.limits()["DailyApiRequests"]["Max"] == 100_000
    assert sf.api_usage["api-usage"].total == 100_000


def test_signs_in_with_the_apps_secret_at_the_orgs_own_domain_only(
    session: requests.Session,
) -> None:
    shown = {"consumer_key": APP["consumer_key"], "consumer_secret": SECRET}
    app: dict[str, Any] = {**shown, "session": session}

    sf: Client = Salesforce(domain=OWN.removesuffix(".salesforce.com"), version="60.0", **app)

    assert sf.sf_instance == OWN
    assert sf.query("SELECT Id FROM Product2")["totalSize"] == 0
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(domain="login", version="60.0", **app)
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        Salesforce(domain=OWN.removesuffix(".salesforce.com"), **app | {"consumer_secret": "wrong"})


def test_a_strangers_signature_is_refused(session: requests.Session) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid_grant"):
        Salesforce(
            username=APP["username"],
            consumer_key=APP["consumer_key"],
            privatekey=private_pem(OTHER_KEY).decode(),
            session=session,
        )


def test_creates_reads_over_two_pages_updates_and_deletes(sf: Client) -> None:
    records = [
        {"attributes": {"type": "Account"}, "Name": f"Client {number:03}", "Industry": "paged"}
        for number in range(ACCOUNTS)
    ]
    for start in (0, 200):
        body = {"allOrNone": True, "records": records[start : start + 200]}
        made = sf.restful("composite/sobjects", method="POST", json=body)
        assert all(row["success"] for row in made)

    soql = "SELECT Id, Name FROM Account WHERE Industry = 'paged' ORDER BY Name"
    first = sf.query(soql)
    rows = list(sf.query_all_iter(soql))
    key = rows[0]["Id"]
    changed = sf.Account.update(key, {"Name": "Changed", "BillingCity": "Oslo"})
    deleted = sf.Account.delete(rows[1]["Id"])

    assert (first["totalSize"], len(first["records"]), first["done"]) == (ACCOUNTS, 200, False)
    assert [row["Name"] for row in rows] == [record["Name"] for record in records]
    assert (changed, deleted) == (204, 204)
    assert sf.Account.get(key)["BillingCity"] == "Oslo"
    with pytest.raises(SalesforceResourceNotFound, match="ENTITY_IS_DELETED"):
        sf.Account.get(rows[1]["Id"])


def test_upserts_by_an_external_id_and_tells_an_ambiguous_one(sf: Client) -> None:
    path = "Tiebeam_Client__c/CL-9"
    made = sf.Account.upsert(path, {"Name": "Upserted"})
    again = sf.Account.upsert(path, {"Name": "Upserted again"})
    for name in ("One", "Two"):
        sf.Account.create({"Name": name, "Erp_Customer__c": "C-9"})

    assert (made, again) == (201, 200)
    assert sf.Account.get_by_custom_id("Tiebeam_Client__c", "CL-9")["Name"] == "Upserted again"
    with pytest.raises(SalesforceMoreThanOneRecord):
        sf.Account.upsert("Erp_Customer__c/C-9", {"Name": "Three"})


def test_a_refused_write_carries_the_vendors_error(sf: Client) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        sf.Account.create({"Name": "Forbidden"})

    content: Any = refused.value.content
    [error] = content
    assert error["errorCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert error["message"] == "No account may be called that."


def test_the_limit_of_a_day_is_refused(org: Secured, sf: Client) -> None:
    used = sf.limits()["DailyApiRequests"]
    org.set_up(daily_api_requests=used["Max"] - used["Remaining"])
    try:
        with pytest.raises(SalesforceRefusedRequest) as refused:
            sf.query("SELECT Id FROM Account")
    finally:
        org.set_up(daily_api_requests=100_000)

    content: Any = refused.value.content
    assert content[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"


def test_a_session_that_ended_is_renewed_by_the_client(org: Secured, sf: Client) -> None:
    org.admin.delete("/_admin/sessions")

    assert sf.query("SELECT Id FROM Product2")["done"] is True

    direct: Client = Salesforce(
        session_id="nonsense", instance=OWN, session=sf.session, version="60.0"
    )
    with pytest.raises(SalesforceExpiredSession):
        direct.query("SELECT Id FROM Product2")
