"""The one way to the Temporal server: plain on loopback, with TLS, certificates or an API key.

The API key can stand in a file. Then it is read again while the process runs, so that a new
key counts without a restart. Certificates are read once: new ones need a rolling restart.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import TLSConfig

from telemetry import logs

_READ_AGAIN = timedelta(seconds=10)
_LONGEST_REASON = 300


class NoServerError(Exception):
    """No Temporal server answers there, or it does not let us in; the text says which."""


class WrongConnectionError(Exception):
    """What a connection is made of cannot be used; the text names it and says what to do."""


@dataclass(frozen=True)
class Certificates:
    """Files in PEM. Without `server_ca` the system's own authorities vouch for the server.

    `server_name` is the name that the server's certificate carries, where it is not the address.
    """

    client: Path | None = None
    client_key: Path | None = None
    server_ca: Path | None = None
    server_name: str | None = None


@dataclass(frozen=True)
class Connection:
    """Where Temporal is and how it knows us; `tls` is None for a connection in the clear."""

    address: str
    namespace: str
    tls: Certificates | None = None
    api_key: str | None = field(default=None, repr=False)
    api_key_file: Path | None = None

    @classmethod
    def of(  # noqa: PLR0913 - every option of a connection, by name
        cls,
        address: str,
        namespace: str,
        *,
        tls: bool | None = None,
        files: Certificates = Certificates(),
        api_key: str | None = None,
        api_key_file: Path | None = None,
    ) -> "Connection":
        """Return a connection; without `tls` it is in the clear only if nothing asks for more.

        Raises:
            WrongConnectionError: options contradict each other, or a file is not what it should
                be; the text begins with the name of the option.
        """
        has_key = api_key is not None or api_key_file is not None
        if api_key is not None and api_key_file is not None:
            _refuse("API_KEY and API_KEY_FILE are both set: one of them must go")
        if tls is False and (has_key or files != Certificates()):
            _refuse("TLS is false, but an API key or a certificate is given: both need TLS")
        if has_key and not (api_key or "").strip() and api_key_file is None:
            _refuse("API_KEY is empty: give a key, or do not set it")
        _check(files)
        certificates = files if tls or has_key or files != Certificates() else None
        return cls(address, namespace, certificates, api_key, api_key_file)


def _refuse(text: str) -> NoReturn:
    raise WrongConnectionError(text)


def _check(files: Certificates) -> None:
    if files.client is not None and files.client_key is None:
        _refuse("TLS_CERT is set without its TLS_KEY: a client certificate needs both")
    if files.client_key is not None and files.client is None:
        _refuse("TLS_KEY is set without its TLS_CERT: a client certificate needs both")
    context = ssl.create_default_context()
    if files.server_ca is not None:
        with _explained("TLS_SERVER_CA", files.server_ca):
            context.load_verify_locations(files.server_ca)
    if files.client is not None and files.client_key is not None:
        with _explained("TLS_CERT and TLS_KEY", files.client, files.client_key):
            # The empty password refuses an encrypted key, where OpenSSL would ask a terminal.
            context.load_cert_chain(files.client, files.client_key, password="")


@contextmanager
def _explained(option: str, *files: Path) -> Generator[None]:
    named = " and ".join(map(str, files))
    try:
        yield
    except ssl.SSLError as exc:
        _refuse(f"{option}: {named}: {exc.reason or 'not PEM'}: PEM files that match are needed")
    except OSError as exc:
        _refuse(f"{option}: {named}: {exc.strerror}")


async def connect(connection: Connection, *, identity: str, lazy: bool = False) -> Client:
    """Return a client; a `lazy` one connects with its first call.

    Raises:
        NoServerError: no server answers, or not to us.
        WrongConnectionError: a file is missing or empty.
    """
    tls = _tls(connection.tls) if connection.tls else False
    key = _key(connection)
    try:
        return await Client.connect(
            connection.address,
            namespace=connection.namespace,
            api_key=key,
            tls=tls,
            data_converter=pydantic_data_converter,
            identity=identity,  # histories name no machine
            lazy=lazy,
        )
    except RuntimeError as exc:
        msg = f"no Temporal server answers at {connection.address}: {_reason(exc, key)}"
        raise NoServerError(msg) from None


@asynccontextmanager
async def kept(
    client: Client, connection: Connection, *, every: timedelta = _READ_AGAIN
) -> AsyncGenerator[None]:
    """Keep the client's API key what its file says for as long as the block lasts."""
    if connection.api_key_file is None:
        yield
        return
    task = asyncio.create_task(_rotate(client, connection.api_key_file, every))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _rotate(client: Client, file: Path, every: timedelta) -> None:
    while True:
        await asyncio.sleep(every.total_seconds())
        try:
            key = (await asyncio.to_thread(_read, file)).decode().strip()
        except WrongConnectionError as wrong:  # the key in use may still be good
            logs.logger().warning("connection.unreadable", reason=str(wrong))
            continue
        if key != client.api_key:
            client.api_key = key
            logs.logger().info("connection.rotated", file=str(file))


def _key(connection: Connection) -> str | None:
    if connection.api_key_file is None:
        return connection.api_key
    return _read(connection.api_key_file).decode().strip()


def _tls(files: Certificates) -> TLSConfig:
    return TLSConfig(
        server_root_ca_cert=_read_if_any(files.server_ca),
        client_cert=_read_if_any(files.client),
        client_private_key=_read_if_any(files.client_key),
        domain=files.server_name,
    )


def _read_if_any(file: Path | None) -> bytes | None:
    return _read(file) if file is not None else None


def _read(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as exc:
        msg = f"{file} cannot be read: {exc.strerror}"
        raise WrongConnectionError(msg) from None
    if not content.strip():
        msg = f"{file} is empty"
        raise WrongConnectionError(msg)
    return content


def _reason(exc: RuntimeError, key: str | None) -> str:
    text = " ".join(str(exc).split())[:_LONGEST_REASON]
    return text.replace(key, "[redacted]") if key else text
