"""Signing in as the connected app itself, on the sandbox and against wrong set-ups."""

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

import settings
from canonical.landscape import SystemInstance
from connectors import errors, salesforce
from settings import SettingsError
from tests.connectors.salesforce.org import CRM, foreign
from tests.connectors.salesforce.sandboxed import URL
from tests.world.salesforce.house import APP, Org, public_pem
from world.sandboxes.box import Box
from world.sandboxes.salesforce import sandbox

SECRET = "hunter2"  # noqa: S105 - a canary, which must not show
GOOD = {"consumer_key": APP["consumer_key"], "consumer_secret": SECRET}


def _instance(url: str = URL) -> SystemInstance:
    options = {"flow": "client_credentials"}
    return SystemInstance(
        id=CRM, vendor="salesforce", role="crm", url=url, credential="crm", options=options
    )


def _credential(parts: Mapping[str, str]) -> dict[str, SecretStr]:
    return {name: SecretStr(value) for name, value in parts.items()}


async def _open(instance: SystemInstance, credential: Mapping[str, str]) -> None:
    """Open a connector as the worker does."""
    with settings.explained("systems.crm-main"):
        async with salesforce.connect(instance, _credential(credential)):
            pass


async def _name(folder: Path, credential: Mapping[str, str], **set_up: object) -> str:
    """Read an account from an org, as the app."""
    box = Box(folder / "org.db")
    transport = httpx.ASGITransport(sandbox(box))
    try:
        async with (
            httpx.AsyncClient(transport=transport, base_url=URL) as people,
            salesforce.connect(_instance(), _credential(credential), transport=transport) as crm,
        ):
            org = Org(people)
            await org.set_up(certificate_pem=public_pem(), **APP)
            await org.sign_in()
            key = await org.create("Account", Name="Acme")
            await org.set_up(consumer_secret=SECRET, **set_up)
            return (await crm.account(foreign(key))).name
    finally:
        box.close()


async def test_the_apps_secret_opens_the_org(tmp_path: Path) -> None:
    assert await _name(tmp_path, GOOD) == "Acme"


@pytest.mark.parametrize(
    ("credential", "set_up"),
    [
        (GOOD | {"consumer_key": "3MVG9.other"}, {}),
        (GOOD | {"consumer_secret": "wrong-canary"}, {}),
        (GOOD, {"client_credentials_enabled": False}),
        (GOOD, {"login_url": URL, "instance_url": "http://acme.my.example"}),
    ],
    ids=["key", "secret", "no user", "login host"],
)
async def test_what_the_org_refuses_is_unauthorized_and_shows_no_secret(
    tmp_path: Path, credential: Mapping[str, str], set_up: Mapping[str, object]
) -> None:
    with pytest.raises(errors.Unauthorized) as refused:
        await _name(tmp_path, credential, **set_up)

    said = f"{refused.value} {refused.value.reason}"
    assert SECRET not in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("credential", "url", "text"),
    [
        ({"consumer_key": "k"}, URL, "the credential has no consumer_secret"),
        (GOOD | {"consumer_secret": ""}, URL, "the credential has no consumer_secret"),
        ({"consumer_secret": SECRET}, URL, "the credential has no consumer_key"),
        (GOOD, "https://login.salesforce.com", "give the org's own domain"),
        (GOOD, "https://test.salesforce.com/", "give the org's own domain"),
    ],
)
async def test_a_wrong_set_up_is_an_error_of_the_settings_that_says_what_to_do(
    credential: Mapping[str, str], url: str, text: str
) -> None:
    with pytest.raises(SettingsError, match=rf"systems\.crm-main: .*{text}") as wrong:
        await _open(_instance(url), credential)

    assert SECRET not in str(wrong.value)


async def test_an_unknown_flow_is_an_error_that_names_the_option() -> None:
    instance = _instance().model_copy(update={"options": {"flow": "password"}})

    with pytest.raises(SettingsError, match=r"systems\.crm-main\.options: flow"):
        await _open(instance, GOOD)
