import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.world import tls
from tests.world.processes import Server
from tests.world.salesforce.house import APP, Org, public_pem, refusal
from tests.world.salesforce.streaming import Stream, told

_ROOT = Path(__file__).parents[3]


async def test_a_killed_server_finds_everything_it_acknowledged(tmp_path: Path) -> None:
    with Server("world.sandboxes", "salesforce", data=tmp_path / "org.db") as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            org = Org(client)
            await org.set_up(certificate_pem=public_pem(), max_page=2, **APP)
            await org.sign_in()
            keys = [await org.create("Account", Name=f"{number}") for number in range(5)]
            await org.update("Account", keys[0], Phone="1")
            await org.send("DELETE", f"/sobjects/Account/{keys[4]}")
            page = (await org.send("GET", "/query", params={"q": "SELECT Id FROM Account"})).json()
            log = await org.log()
            row = await org.row("Account", keys[0])

            server.kill()
            server.start()

            assert await org.log() == log
            assert len(log) == 7
            assert await org.row("Account", keys[0]) == row
            gone = await org.send("GET", f"/sobjects/Account/{keys[4]}")
            assert refusal(gone)[1] == "ENTITY_IS_DELETED"
            rest = (await client.get(page["nextRecordsUrl"])).json()
            found = [*page["records"], *rest["records"]]
            assert [record["Id"] for record in found] == keys[:4]
            used = (await org.send("GET", "/limits")).headers["Sforce-Limit-Info"]
            assert used == "api-usage=13/100000"
            assert await org.create("Account", Name="next") not in keys


async def test_a_killed_server_still_tells_the_changes_that_it_acknowledged(
    tmp_path: Path,
) -> None:
    with Server("world.sandboxes", "salesforce", data=tmp_path / "org.db") as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            org, stream = Org(client), Stream(client)
            await org.set_up(certificate_pem=public_pem(), change_data_capture=["Account"], **APP)
            await org.sign_in()
            keys = [await org.create("Account", Name=name) for name in "AB"]
            await stream.open(-2)
            before = await stream.connect()

            server.kill()
            server.start()

            [answer] = await stream.send("/meta/connect")
            await stream.open(before[0]["event"]["replayId"])
            assert answer["advice"]["reconnect"] == "handshake"
            assert [records for _, _, records in told(before)] == [[key] for key in keys]
            assert await stream.connect() == before[1:]


async def test_a_lost_answer_hides_a_committed_upsert(tmp_path: Path) -> None:
    with Server("world.sandboxes", "salesforce", data=tmp_path / "org.db") as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            org = Org(client)
            await org.set_up(certificate_pem=public_pem(), **APP)
            await org.sign_in()
            await client.post(
                "/_admin/faults", json={"do": "drop", "when": "after", "method": "PATCH"}
            )
            path = "/sobjects/Invoice__c/Tiebeam_Key__c/inv-1"

            with pytest.raises(httpx.RemoteProtocolError):
                await org.send("PATCH", path, json={"Net__c": 1})

            assert (await org.send("PATCH", path, json={"Net__c": 1})).status_code == 200


@pytest.mark.parametrize("vendor", ["oracle", "box", "", "../salesforce"])
def test_an_unknown_vendor_is_one_readable_sentence(tmp_path: Path, vendor: str) -> None:
    command = [sys.executable, "-m", "world.sandboxes", vendor, "--port", "1", "--data"]

    ended = subprocess.run(  # noqa: S603 - our own module
        [*command, str(tmp_path / "x.db")], cwd=_ROOT, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"There is no sandbox {vendor!r}; there are ")
    assert "salesforce" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_certificate_without_its_key_is_one_readable_sentence(tmp_path: Path) -> None:
    pair = tls.made(tmp_path)
    command = [sys.executable, "-m", "world.sandboxes", "salesforce", "--port", "1", "--data"]

    ended = subprocess.run(  # noqa: S603 - our own module
        [*command, str(tmp_path / "x.db"), *pair.options[:2]],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stderr == "A certificate needs its key: give --tls-cert and --tls-key.\n"
