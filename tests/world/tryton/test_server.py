"""The real Tryton is started, killed, kept and reset as our tests and the stack need it."""

from typing import Any

import httpx

from tests.tryton_server import TrytonServer
from world.tryton.house import MODULES


class _Client:
    """Speaks just enough of Tryton's RPC to see what a server holds."""

    def __init__(self, tryton: TrytonServer) -> None:
        self._at = f"{tryton.url}/{tryton.database}/rpc/"
        self._auth = (tryton.login, tryton.password)

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - whatever it answers
        body = {"id": 1, "method": method, "params": [*params, {}]}
        found = httpx.post(self._at, json=body, auth=self._auth, timeout=20, trust_env=False)
        return found.raise_for_status().json()["result"]

    def parties(self) -> int:
        return int(self.call("model.party.party.search_count", []))

    def create_party(self) -> None:
        self.call("model.party.party.create", [{"name": "Northwind"}])


def test_begins_with_every_module_and_no_company(fresh_tryton: TrytonServer) -> None:
    client = _Client(fresh_tryton)
    activated = client.call(
        "model.ir.module.search_read", [["state", "=", "activated"]], 0, None, None, ["name"]
    )

    assert set(MODULES) <= {each["name"] for each in activated}
    assert client.call("model.company.company.search_count", []) == 0


def test_a_kill_keeps_what_is_committed_and_a_reset_keeps_nothing(
    fresh_tryton: TrytonServer,
) -> None:
    client = _Client(fresh_tryton)
    client.create_party()
    port = fresh_tryton.port

    fresh_tryton.restart()
    assert client.parties() == 1

    fresh_tryton.reset()
    assert client.parties() == 0
    assert fresh_tryton.port == port


def test_a_snapshot_is_gone_back_to(fresh_tryton: TrytonServer) -> None:
    client = _Client(fresh_tryton)
    client.create_party()
    fresh_tryton.snapshot("one-party")
    client.create_party()

    fresh_tryton.reset("one-party")

    assert client.parties() == 1
