"""The way to Temporal: with TLS, client certificates and API keys, and what is refused."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr
from temporalio.client import Client

import settings
from runtime.connection import (
    Certificates,
    Connection,
    NoServerError,
    WrongConnectionError,
    connect,
    kept,
)
from settings import Settings, SettingsError
from tests.runtime.proxy import NAME, House, proxy

_SOON_SECONDS = 10.0


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def _to(address: str, house: House, **options: object) -> Connection:
    fields = {"temporal_tls_server_ca": house.ca, "temporal_tls_server_name": NAME, **options}
    return settings.connection(Settings(temporal_address=address, **fields))  # type: ignore[arg-type]


def _target(client: Client) -> str:
    return client.service_client.config.target_host


async def _works(client: Client) -> bool:
    return await client.service_client.check_health()


async def test_a_client_certificate_lets_us_in(client: Client, house: House) -> None:
    certificate, key = house.client()
    async with proxy(house, _target(client), mutual=True) as door:
        ours = await connect(
            _to(door.address, house, temporal_tls_cert=certificate, temporal_tls_key=key),
            identity="test",
        )

        assert await _works(ours)


@pytest.mark.parametrize("presented", ["none", "of a stranger"])
async def test_without_a_certificate_of_the_authority_nobody_gets_in(
    presented: str, client: Client, house: House
) -> None:
    files = {}
    if presented == "of a stranger":
        certificate, key = house.client(trustme.CA())
        files = {"temporal_tls_cert": certificate, "temporal_tls_key": key}
    async with proxy(house, _target(client), mutual=True) as door:
        with pytest.raises(NoServerError, match=f"no Temporal server answers at {door.address}"):
            await connect(_to(door.address, house, **files), identity="test")


async def test_a_server_of_another_authority_is_not_trusted(
    client: Client, house: House, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = House(tmp_path / "other")
    async with proxy(house, _target(client)) as door:
        with pytest.raises(NoServerError, match=r"(?i)certificate|transport"):
            await connect(_to(door.address, stranger), identity="test")


async def test_a_server_of_another_name_is_not_trusted(client: Client, house: House) -> None:
    async with proxy(house, _target(client)) as door:
        with pytest.raises(NoServerError):
            await connect(
                _to(door.address, house, temporal_tls_server_name="other.firm.test"),
                identity="test",
            )


async def test_a_server_with_tls_is_not_spoken_to_in_the_clear(
    client: Client, house: House
) -> None:
    async with proxy(house, _target(client)) as door:
        with pytest.raises(NoServerError):
            await connect(
                settings.connection(Settings(temporal_address=door.address)), identity="test"
            )


async def test_the_api_key_travels_with_every_call(client: Client, house: House) -> None:
    async with proxy(house, _target(client)) as door:
        ours = await connect(
            _to(door.address, house, temporal_api_key=SecretStr("first")), identity="test"
        )
        await _works(ours)

    assert set(door.keys) == {"Bearer first"}
    assert len(door.keys) >= 2


async def test_a_new_api_key_counts_without_a_restart(
    client: Client, house: House, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("first\n")
    async with proxy(house, _target(client)) as door:
        way = _to(door.address, house, temporal_api_key_file=file)
        ours = await connect(way, identity="test")
        async with kept(ours, way, every=timedelta(milliseconds=20)):
            file.write_text("")  # as an editor leaves it for a moment
            await asyncio.sleep(0.1)
            await _works(ours)
            assert set(door.keys) == {"Bearer first"}

            file.write_text("second\n")
            async with asyncio.timeout(_SOON_SECONDS):
                while "Bearer second" not in door.keys:
                    await _works(ours)
                    await asyncio.sleep(0.02)


async def test_a_failure_to_connect_does_not_quote_the_key(house: House) -> None:
    with pytest.raises(NoServerError) as refused:
        await connect(
            _to("127.0.0.1:1", house, temporal_api_key=SecretStr("canary")), identity="test"
        )

    assert "canary" not in str(refused.value)
    assert "canary" not in repr(_to("127.0.0.1:1", house, temporal_api_key=SecretStr("canary")))


_WRONG: dict[str, tuple[dict[str, object], str]] = {
    "a certificate without its key": ({"temporal_tls_cert": "client.pem"}, "TLS_KEY"),
    "a key without its certificate": ({"temporal_tls_key": "client.key"}, "TLS_CERT"),
    "a key of another certificate": (
        {"temporal_tls_cert": "client.pem", "temporal_tls_key": "other.key"},
        "TLS_CERT and TLS_KEY: .*match",
    ),
    "an authority that is no certificate": (
        {"temporal_tls_server_ca": "words"},
        "TLS_SERVER_CA: .*words",
    ),
    "a file that is not there": ({"temporal_tls_server_ca": "nowhere"}, "No such file"),
    "two keys": (
        {"temporal_api_key": SecretStr("a"), "temporal_api_key_file": "words"},
        "one of them must go",
    ),
    "an empty key": ({"temporal_api_key": SecretStr("")}, "API_KEY is empty"),
    "a key in the clear": (
        {"temporal_tls": False, "temporal_api_key": SecretStr("a")},
        "both need TLS",
    ),
    "a certificate in the clear": (
        {"temporal_tls": False, "temporal_tls_server_ca": "ca.pem"},
        "both need TLS",
    ),
}


@pytest.mark.parametrize("case", _WRONG)
def test_options_that_contradict_each_other_are_refused_by_name(
    case: str, house: House, tmp_path: Path
) -> None:
    options, text = _WRONG[case]
    house.client()
    (tmp_path / "other.key").write_bytes(
        trustme.CA().issue_cert("a@b.test").private_key_pem.bytes()
    )
    (tmp_path / "words").write_text("no certificate")
    _ = house.ca
    at = {
        name: tmp_path / value if isinstance(value, str) else value
        for name, value in options.items()
    }

    with pytest.raises(SettingsError, match=f"^TIEBEAM_TEMPORAL_.*{text}"):
        settings.connection(Settings(**at))  # type: ignore[arg-type]


async def test_an_api_key_file_that_is_empty_is_named_before_anything_starts(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("")
    way = _to("127.0.0.1:1", house, temporal_api_key_file=tmp_path / "key")

    with pytest.raises(WrongConnectionError, match="key is empty"):
        await connect(way, identity="test")


def test_nothing_asked_for_is_a_connection_in_the_clear_and_tls_alone_needs_no_files() -> None:
    assert settings.connection(Settings()).tls is None
    assert settings.connection(Settings(temporal_tls=True)).tls == Certificates()
