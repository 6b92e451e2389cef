"""The worker's composition: what cannot be composed is named before anything is polled."""

import pytest
from pydantic import SecretStr

import worker
from canonical.landscape import Landscape
from settings import SettingsError
from tests.fakes import CRM, ERP


async def test_a_vendor_that_nobody_speaks_is_named_with_those_that_are(
    landscape: Landscape,
) -> None:
    first, *others = landscape.systems
    misspelled = first.model_copy(update={"vendor": "salesfroce"})
    wrong = landscape.model_copy(update={"systems": (misspelled, *others)})
    secrets = {each.credential: {"token": SecretStr("x")} for each in wrong.systems}

    with pytest.raises(SettingsError, match=r"systems\.crm-main\.vendor: .*'salesfroce'"):
        async with worker.connected(wrong.systems, secrets):
            pass


async def test_an_option_that_nobody_knows_is_named_with_its_system_and_no_value(
    landscape: Landscape,
) -> None:
    erp = landscape.system(ERP).model_copy(update={"options": {"fundig_source": "canary"}})
    wrong = landscape.model_copy(update={"systems": (erp,)})
    secrets = {erp.credential: {"client_id": SecretStr("x"), "client_secret": SecretStr("y")}}

    with pytest.raises(SettingsError) as refused:
        async with worker.connected(wrong.systems, secrets):
            pass
    assert "systems.erp-main.options: fundig_source: Extra inputs" in str(refused.value)
    assert "canary" not in str(refused.value)


async def test_a_secret_that_is_no_key_is_named_with_its_system(landscape: Landscape) -> None:
    crm = landscape.system(CRM)
    only = landscape.model_copy(update={"systems": (crm,)})
    fields = ("consumer_key", "username", "private_key", "organization", "webhook_secret")

    with pytest.raises(SettingsError, match=r"systems\.crm-main: .*private_key is no RSA key"):
        async with worker.connected(
            only.systems, {crm.credential: dict.fromkeys(fields, SecretStr("canary"))}
        ):
            pass


async def test_an_erp_without_dates_of_lines_must_not_be_said_to_have_them(
    landscape: Landscape,
) -> None:
    accounts = {"cost_account": "540100", "clearing_account": "200140"}
    changes = {"vendor": "tryton", "options": accounts}
    erp = landscape.system(ERP).model_copy(update=changes)
    only = landscape.model_copy(update={"systems": (erp,)})
    secrets = {erp.credential: {"user": SecretStr("x"), "password": SecretStr("y")}}

    with pytest.raises(SettingsError, match=r"systems\.erp-main\.line_dates must be false"):
        async with worker.connected(only.systems, secrets):
            pass
