"""The doctor on the systems around a stack: each trouble is told with its fix."""

import json
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, delete

import settings
import starter
from canonical.findings import Brief
from canonical.mappings import Mappings
from console.doctor import report
from store import mappings
from store.tables.reference import MappingRow
from tests.scenarios import patient
from world.stage import dynamics_firm, loader

_DESCRIBED = (
    "Account",
    "Opportunity",
    "OpportunityLineItem",
    "Billing_Schedule_Line__c",
    "Invoice__c",
)


async def test_a_field_that_the_user_does_not_see_is_named(
    stack: starter.Running, folder: Path
) -> None:
    async with patient.changed(patient.url(stack, "crm"), hidden_fields=["Account.Tax_Id__c"]):
        found = patient.wrong(await patient.examined(stack.config, folder))

    only = patient.only(found, "crm-main: field Account.Tax_Id__c", "broken")
    assert "field-level security" in only.fix


async def test_an_object_that_cannot_be_written_is_named(
    stack: starter.Running, folder: Path
) -> None:
    async with patient.changed(patient.url(stack, "crm"), read_only_objects=["Invoice__c"]):
        found = patient.wrong(await patient.examined(stack.config, folder))

    assert "crm-main: rights" in found
    assert "cannot be written" in found["crm-main: field Invoice__c.Tiebeam_Key__c"].found


@pytest.mark.parametrize(("left", "severity"), [(12, "warning"), (1, "broken")])
async def test_a_quota_that_runs_out_is_told(
    stack: starter.Running, folder: Path, left: int, severity: str
) -> None:
    used = await _use_up(stack, folder, 70)

    async with patient.changed(patient.url(stack, "crm"), daily_api_requests=used + left):
        found = patient.wrong(await patient.examined(stack.config, folder))

    only = patient.only(found, "crm-main: quota", severity)
    assert "requests_per_second" in only.fix


async def _use_up(stack: starter.Running, folder: Path, most: int) -> int:
    """Make requests of the CRM until so many are used today, and return how many are."""
    crm = next(each for each in stack.landscape.systems if each.role == "crm")
    brief = Brief(
        entities=stack.landscape.entities,
        today=date(2026, 6, 1),
        mappings=Mappings(system=crm.id, rows=()),
    )
    used = 0
    while used < most:
        found = await starter.Here(stack.config, folder).examine(crm, brief)
        quota = next(each.found for each in found if each.what == "quota")
        left, most_a_day = (int(word) for word in quota.split() if word.isdecimal())
        used = most_a_day - left + len(_DESCRIBED)
    return used


@pytest.mark.parametrize("skew", [-60, 400])
async def test_a_clock_that_is_off_is_told(stack: starter.Running, folder: Path, skew: int) -> None:
    crm = patient.url(stack, "crm")
    await patient.admin(crm, "PUT", "date", {"skew_seconds": skew})
    try:
        found = patient.wrong(await patient.examined(stack.config, folder))
    finally:
        await patient.admin(crm, "PUT", "date", {"skew_seconds": 0})

    only = patient.only(found, "crm-main: clock", "broken")
    assert "NTP" in only.fix


async def test_a_currency_that_the_crm_does_not_know_is_told(
    stack: starter.Running, folder: Path
) -> None:
    async with patient.changed(patient.url(stack, "crm"), currencies=["USD"]):
        found = patient.wrong(await patient.examined(stack.config, folder))

    only = patient.only(found, "crm-main: currency EUR", "broken")
    assert "DEMF" in only.found


async def test_a_closed_period_is_told_for_its_entity(stack: starter.Running, folder: Path) -> None:
    erp, company = patient.url(stack, "erp"), dynamics_firm.company("USMF", loader.shipped_firm())
    closed = company | {"open_periods": [["2020-01-01", "2020-02-01"]]}
    await patient.admin(erp, "PUT", "company", closed)
    try:
        found = patient.wrong(await patient.examined(stack.config, folder))
    finally:
        await patient.admin(erp, "PUT", "company", company)

    only = patient.only(found, "erp-main: period (USMF)", "broken")
    assert "open the period" in only.fix


@pytest.mark.parametrize(
    ("system", "key"),
    [("crm-main", "consumer_key"), ("psa-main", "token"), ("erp-main", "client_secret")],
)
async def test_a_wrong_secret_is_told_and_not_shown(
    stack: starter.Running, folder: Path, tmp_path: Path, system: str, key: str
) -> None:
    secret = settings.load_credentials(stack.config.credentials)[system][key].get_secret_value()
    wrong = patient.rewritten(
        stack.config.credentials,
        tmp_path / "credentials.toml",
        lambda text: text.replace(json.dumps(secret), '"hunter2-hunter2"'),
    )

    found = await patient.examined(stack.config.model_copy(update={"credentials": wrong}), folder)

    only = patient.only(patient.wrong(found), f"{system}: credentials", "broken")
    assert only.found.startswith("refused: ")
    assert "credentials" in only.fix
    assert "hunter2" not in json.dumps(report.plain(found))


async def test_an_expired_secret_is_told_as_expired(stack: starter.Running, folder: Path) -> None:
    async with patient.changed(patient.url(stack, "erp"), client_secret_is_expired=True):
        found = patient.wrong(await patient.examined(stack.config, folder))

    only = patient.only(found, "erp-main: credentials", "broken")
    assert only.found.startswith("expired: ")
    assert only.fix.startswith("renew the secret")


async def test_an_application_that_only_entra_knows_is_told(
    stack: starter.Running, folder: Path
) -> None:
    async with patient.changed(patient.url(stack, "erp"), registered_client_ids=[]):
        found = patient.wrong(await patient.examined(stack.config, folder))

    only = patient.only(found, "erp-main: credentials", "broken")
    assert "register the application in F&O" in only.fix


async def test_a_token_of_somebody_else_than_an_administrator_is_told(
    stack: starter.Running, folder: Path
) -> None:
    psa = patient.url(stack, "psa")
    before = await patient.admin(psa, "GET", "settings")
    users = before["token_users"]
    tokens = dict.fromkeys(before["tokens"], next(iter(users.values())))
    async with patient.changed(psa, token_users=users | tokens):
        found = patient.wrong(await patient.examined(stack.config, folder))

    assert found["psa-main: rights"].severity == "broken"
    assert "administrator" in found["psa-main: rights"].fix


async def test_a_system_that_nobody_reaches_is_told(
    stack: starter.Running, folder: Path, tmp_path: Path
) -> None:
    port = patient.url(stack, "psa").rpartition(":")[2]
    moved = patient.rewritten(
        stack.config.landscape,
        tmp_path / "landscape.toml",
        lambda text: text.replace(f"127.0.0.1:{port}", "127.0.0.1:9"),
    )

    found = await patient.examined(stack.config.model_copy(update={"landscape": moved}), folder)

    only = patient.only(patient.wrong(found), "psa-main: reach", "broken")
    assert "ConnectError" in only.found
    assert "`url`" in only.fix


async def test_a_posting_service_that_is_not_there_is_told(
    stack: starter.Running, folder: Path, tmp_path: Path
) -> None:
    moved = patient.rewritten(
        stack.config.landscape,
        tmp_path / "landscape.toml",
        lambda text: text.replace(
            "{ token_url", '{ posting_service = "/api/services/x/y", token_url'
        ),
    )

    found = await patient.examined(stack.config.model_copy(update={"landscape": moved}), folder)

    only = patient.only(patient.wrong(found), "erp-main: posting service", "broken")
    assert "`posting_service`" in only.fix


async def test_a_feed_that_cannot_be_followed_is_told(
    stack: starter.Running, folder: Path, tmp_path: Path
) -> None:
    moved = patient.rewritten(
        stack.config.landscape,
        tmp_path / "landscape.toml",
        lambda text: text.replace(
            "[systems.crm-main]",
            '[systems.crm-main]\noptions = { change_channel = "/data/Nobody__chn" }',
        ),
    )

    found = await patient.examined(stack.config.model_copy(update={"landscape": moved}), folder)

    only = patient.only(patient.wrong(found), "crm-main: feed", "broken")
    assert "Change Data Capture" in only.fix


async def test_what_a_real_erp_lacks_is_told(on_tryton: starter.Running, tmp_path: Path) -> None:
    moved = patient.rewritten(
        on_tryton.config.landscape,
        tmp_path / "landscape.toml",
        lambda text: text.replace(
            "{ database", '{ hour_unit = "Moon", project_axis = "NOWHERE", database'
        ).replace('clearing_account = "200140"', 'clearing_account = "999999"'),
    )
    config = on_tryton.config.model_copy(update={"landscape": moved})

    found = patient.wrong(await patient.examined(config, tmp_path))

    assert {what: each.severity for what, each in found.items()} == dict.fromkeys(
        (
            "erp-tryton: unit Moon",
            *(f"erp-tryton: account 999999 ({entity})" for entity in ("USMF", "DEMF")),
            *(f"erp-tryton: axis NOWHERE ({entity})" for entity in ("USMF", "DEMF")),
        ),
        "broken",
    )
    assert "`clearing_account`" in found["erp-tryton: account 999999 (USMF)"].fix


async def test_a_day_in_no_open_period_of_a_real_erp_is_told(
    on_tryton: starter.Running,
) -> None:
    erp = next(each for each in on_tryton.landscape.systems if each.role == "erp")
    brief = Brief(
        entities=on_tryton.landscape.entities,
        today=date(2031, 1, 1),
        mappings=Mappings(system=erp.id, rows=()),
    )

    found = await starter.Here(on_tryton.config).examine(erp, brief)

    wrong = {each.what for each in found if each.severity == "broken"}
    assert wrong == {"period (USMF)", "period (DEMF)"}


@pytest.mark.parametrize(
    ("status", "text", "what", "fix"),
    [
        (404, {"Message": "No HTTP resource was found"}, "entity set CustomersV3", "IsPublic"),
        (400, {"Message": "no property 'PaymentTerms'"}, "entity set CustomersV3", "version"),
        (403, {"Message": "Forbidden"}, "rights", "role"),
    ],
    ids=["set", "column", "right"],
)
async def test_an_entity_set_that_cannot_be_read_is_told(  # noqa: PLR0917 - a table
    stack: starter.Running, folder: Path, status: int, text: object, what: str, fix: str
) -> None:
    fault = {
        "do": "status",
        "method": "GET",
        "path": "/data/CustomersV3",
        "status": status,
        "headers": {"Content-Type": "application/json"},
        "text": json.dumps(text),
    }
    await patient.admin(patient.url(stack, "erp"), "POST", "faults", fault)

    found = await patient.examined(stack.config, folder)

    assert fix in patient.only(patient.wrong(found), f"erp-main: {what}", "broken").fix


async def test_a_throttled_look_says_to_wait(stack: starter.Running, folder: Path) -> None:
    fault = {"do": "status", "method": "GET", "path": "/api/v1/roles", "status": 429}
    await patient.admin(patient.url(stack, "psa"), "POST", "faults", fault)

    found = await patient.examined(stack.config, folder)

    assert "wait" in patient.only(patient.wrong(found), "psa-main: roles", "broken").fix


async def test_a_wrong_option_is_told(stack: starter.Running, folder: Path, tmp_path: Path) -> None:
    moved = patient.rewritten(
        stack.config.landscape,
        tmp_path / "landscape.toml",
        lambda text: text.replace("{ token_url", '{ surprise = "1", token_url'),
    )

    found = await patient.examined(stack.config.model_copy(update={"landscape": moved}), folder)

    only = patient.only(patient.wrong(found), "erp-main: configuration", "broken")
    assert "surprise" in only.found


async def test_a_code_that_is_not_in_the_erp_is_told(stack: starter.Running, folder: Path) -> None:
    other = settings.load_mappings(stack.config.mappings)[0].model_copy(
        update={"kind": "category", "system": "erp-main", "ours": "INTERN", "theirs": "NOBODY"}
    )
    async with stack.database.transaction() as tx:
        await mappings.add(tx, [other])
    try:
        found = patient.wrong(await patient.examined(stack.config, folder))
    finally:
        async with stack.database.transaction() as tx:
            await tx.exec(delete(MappingRow).where(col(MappingRow.ours) == "INTERN"))

    only = patient.only(found, "erp-main: mapping category", "broken")
    assert "'NOBODY'" in only.found
    assert "finance" in only.fix
