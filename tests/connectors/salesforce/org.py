"""An org behind a transport: it answers what it is told to and remembers what it was asked."""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from joserfc.jwk import RSAKey
from pydantic import SecretStr

from canonical.landscape import SystemInstance
from canonical.systems import ForeignId, SystemId
from connectors import salesforce

CRM = SystemId("crm-main")
KEY = RSAKey.generate_key(2048)
CREDENTIAL: Mapping[str, SecretStr] = {
    "consumer_key": SecretStr("3MVG9.consumer"),
    "username": SecretStr("tiebeam@acme.test"),
    "private_key": SecretStr(KEY.as_pem(private=True).decode()),
}
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECRET = "hunter2"  # noqa: S105 - the canary in the recorded token, not a password
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]
_RECORDED = Path(__file__).parent / "recorded"


class Org:
    """Grants a token unless told otherwise, and gives the answers in order, the last forever."""

    def __init__(self, *answers: Answer, token: Answer | None = None) -> None:
        self._answers = list(answers)
        self._token = token or answer("token.json")
        self.grants: list[httpx.Request] = []
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/services/oauth2/token":
            self.grants.append(request)
            return _given(self._token, request)
        self.requests.append(request)
        answers = self._answers
        return _given(answers.pop(0) if len(answers) > 1 else answers[0], request)


def _given(answer: Answer, request: httpx.Request) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer if isinstance(answer, httpx.Response) else answer(request)


@asynccontextmanager
async def connected(
    org: Org,
    *,
    credential: Mapping[str, SecretStr] = CREDENTIAL,
    url: str = "https://login.salesforce.com",
    options: Mapping[str, str] | None = None,
) -> AsyncIterator[salesforce.Salesforce]:
    instance = SystemInstance(
        id=CRM,
        vendor="salesforce",
        role="crm",
        url=url,
        credential="crm",
        options=dict(options or {}),
    )
    transport = httpx.MockTransport(org)
    async with salesforce.connect(
        instance, credential, clock=lambda: NOW, transport=transport
    ) as crm:
        yield crm


@asynccontextmanager
async def signed_in(org: Org) -> AsyncIterator[salesforce.Salesforce]:
    """Spare the tests that are not about the session the 30 ms that a key takes."""
    transport = httpx.MockTransport(org)
    url = "https://acme.my.salesforce.com"
    async with httpx.AsyncClient(base_url=url, transport=transport, trust_env=False) as client:
        yield salesforce.Salesforce(client, CRM)


def recorded(name: str) -> bytes:
    return (_RECORDED / name).read_bytes()


def answer(name: str, **swapped: str) -> httpx.Response:
    """Return a recorded answer; `swapped` gives members another JSON value."""
    text = recorded(name).decode()
    for member, value in swapped.items():
        text, changed = re.subn(f'"{member}":("[^"]*"|[^,}}]*)', f'"{member}":{value}', text)
        assert changed, f"{name} has no {member}"
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    return httpx.Response(200, content=text.encode(), headers=headers)


def refusal(status: int, *codes: str, message: str = "no") -> httpx.Response:
    faults = [{"message": message, "errorCode": code, "fields": ["Name"]} for code in codes]
    return httpx.Response(status, json=faults)


def body(request: httpx.Request) -> Any:  # noqa: ANN401 - JSON
    return json.loads(request.content, parse_float=str)


def foreign(value: str) -> ForeignId:
    return ForeignId(system=CRM, value=value)
