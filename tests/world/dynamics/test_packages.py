"""Package import: a blob, an execution, and what became of each row."""

import io
import json
import zipfile
from typing import Any

import httpx
import pytest

from tests.world.dynamics.firm import Firm, infolog

_ACTIONS = "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities"
_MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<DataManagementPackageManifest xmlns="http://schemas.microsoft.com/dynamics/2015/01/DataManagement">
<PackageEntityList>{}</PackageEntityList></DataManagementPackageManifest>"""
_ENTITY = """<DataManagementPackageEntityData><EntityName>{}</EntityName>
<InputFilePath>{}</InputFilePath></DataManagementPackageEntityData>"""
_GROUPS = "CUSTOMERGROUPID,DESCRIPTION,PAYMENTTERMID\r\n"


def _package(text: str = "", entity: str = "Customer groups", **files: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as package:
        listed = _ENTITY.format(entity, "groups.csv")
        package.writestr("Manifest.xml", _MANIFEST.format(listed))
        package.writestr("groups.csv", _GROUPS + text)
        for name, content in files.items():
            package.writestr(name, content)
    return held.getvalue()


async def _call(firm: Firm, action: str, **asked: object) -> httpx.Response:
    return await firm.http.post(f"{_ACTIONS}.{action}", json=asked)


async def _value(firm: Firm, action: str, **asked: object) -> Any:  # noqa: ANN401 - text or truth
    answer = await _call(firm, action, **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


async def _uploaded(firm: Firm, package: bytes) -> str:
    told = json.loads(await _value(firm, "GetAzureWriteUrl", uniqueFileName="groups.zip"))
    assert set(told) == {"BlobId", "BlobUrl"}
    headers = {"x-ms-blob-type": "BlockBlob", "Authorization": ""}
    written = await firm.http.put(told["BlobUrl"], content=package, headers=headers)
    assert written.status_code == 201
    return str(told["BlobUrl"])


def _asked(url: str, execution: str = "E-1", **more: object) -> dict[str, object]:
    return {
        "packageUrl": url,
        "definitionGroupId": "Groups",
        "executionId": execution,
        "execute": True,
        "overwrite": True,
        "legalEntityId": "USMF",
    } | more


async def _imported(firm: Firm, package: bytes, execution: str = "E-1") -> str:
    url = await _uploaded(firm, package)
    assert await _value(firm, "ImportFromPackage", **_asked(url, execution)) == execution
    return str(await _value(firm, "GetExecutionSummaryStatus", executionId=execution))


async def test_rows_are_created_and_changed_in_the_company_that_is_named(firm: Firm) -> None:
    first = await _imported(firm, _package("20,Retail,Net30\r\n10,Renamed,\r\n"))

    assert first == "Succeeded"
    rows = await firm.rows("CustomerGroups", "dataAreaId eq 'usmf'")
    assert [(row["CustomerGroupId"], row["Description"], row["PaymentTermId"]) for row in rows] == [
        ("10", "Renamed", ""),
        ("20", "Retail", "Net30"),
    ]
    assert await _value(firm, "GetExecutionErrors", executionId="E-1") == "[]"


async def test_what_is_refused_is_told_row_by_row_and_the_rest_stays(firm: Firm) -> None:
    state = await _imported(firm, _package("20,Retail,Net30\r\n30,Wholesale,Net99\r\n"))

    assert state == "PartiallySucceeded"
    (error,) = json.loads(await _value(firm, "GetExecutionErrors", executionId="E-1"))
    assert (error["EntityName"], error["RecordId"]) == ("Customer groups", "2")
    assert "The value 'Net99' in field 'Payment term' is not found" in error["ErrorMessage"]
    named = {"executionId": "E-1", "entityName": "Customer groups"}
    assert await _value(firm, "GenerateImportTargetErrorKeysFile", **named) is True
    for action in ("GetImportTargetErrorKeysFileUrl", "GetImportStagingErrorFileUrl"):
        file = await firm.http.get(await _value(firm, action, **named))
        assert file.text.splitlines()[1].startswith('2,"Write failed for table row')


@pytest.mark.parametrize(
    ("package", "why"),
    [
        (b"no zip", "cannot be read"),
        (_package(entity="Nobody"), "Entity 'Nobody' does not exist"),
        (_package("20,Retail,Net99\r\n"), "Net99"),
    ],
)
async def test_an_execution_of_which_nothing_is_kept_has_failed(
    firm: Firm, package: bytes, why: str
) -> None:
    assert await _imported(firm, package) == "Failed"

    (error,) = json.loads(await _value(firm, "GetExecutionErrors", executionId="E-1"))
    assert why in error["ErrorMessage"]
    assert len(await firm.rows("CustomerGroups", "dataAreaId eq 'usmf'")) == 1


async def test_an_execution_takes_its_time(firm: Firm) -> None:
    await firm.settings(package_import_seconds=60)

    before = await _imported(firm, _package("20,Retail,\r\n"))
    second = await _call(firm, "ImportFromPackage", **_asked(await _uploaded(firm, b"x"), "E-2"))
    await firm.clock("2026-03-15T12:02:00Z")
    after = await _value(firm, "GetExecutionSummaryStatus", executionId="E-1")

    assert (before, after) == ("Executing", "Succeeded")
    assert "Definition group Groups is being imported" in infolog(second)
    assert await _value(firm, "GetExecutionSummaryStatus", executionId="E-9") == "Unknown"


async def test_a_package_that_is_not_to_run_waits(firm: Firm) -> None:
    url = await _uploaded(firm, _package("20,Retail,\r\n"))

    await _value(firm, "ImportFromPackageAsync", **_asked(url, execute=False))

    assert await _value(firm, "GetExecutionSummaryStatus", executionId="E-1") == "NotRun"


@pytest.mark.parametrize(("setting", "status"), [("refused", 400), ("returned", 200)])
async def test_an_execution_id_that_is_used_again_imports_nothing(
    firm: Firm, setting: str, status: int
) -> None:
    await firm.settings(package_execution_reused=setting)
    await _imported(firm, _package("20,Retail,\r\n"))
    url = await _uploaded(firm, _package("30,Wholesale,\r\n"))

    again = await _call(firm, "ImportFromPackage", **_asked(url))

    assert again.status_code == status
    assert await firm.rows("CustomerGroups", "CustomerGroupId eq '30'") == []


async def test_a_blob_is_for_who_has_its_url_and_for_seven_days(firm: Firm) -> None:
    url = await _uploaded(firm, b"content")
    headers = {"x-ms-blob-type": "BlockBlob"}

    assert (await firm.http.put(url, content=b"x")).status_code == 400
    assert (await firm.http.put(f"{url}x", content=b"x", headers=headers)).status_code == 403
    assert (await firm.http.get(url)).content == b"content"
    await firm.clock("2026-03-23T12:00:00Z")
    assert (await firm.http.get(url)).status_code == 403


async def test_a_call_that_cannot_be_is_refused(firm: Firm) -> None:
    unknown = await _call(firm, "DeletePackage")
    nameless = await _call(firm, "GetAzureWriteUrl", uniqueFileName=7)
    elsewhere = await _call(firm, "ImportFromPackage", **_asked("http://example.test/p.zip"))
    stranger = await firm.http.post(f"{_ACTIONS}.GetAzureWriteUrl", headers={"Authorization": ""})

    assert (unknown.status_code, nameless.status_code) == (404, 400)
    assert "cannot be downloaded" in infolog(elsewhere)
    assert stranger.status_code == 401
