"""A TLS-terminating proxy in front of a Temporal server: it sees who calls, and with which key."""

import asyncio
import ssl
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import hpack
import trustme

NAME = "temporal.firm.test"  # in the server's certificate; the address is another one
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEADERS, _CONTINUATION = 1, 9
_PADDED, _PRIORITY = 0x8, 0x20


@dataclass
class House:
    """An authority, the server's certificate and a client's; each as files in PEM."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)

    @property
    def ca(self) -> Path:
        return self._written("ca.pem", self.authority.cert_pem.bytes())

    def client(self, authority: trustme.CA | None = None) -> tuple[Path, Path]:
        """Return the files of a certificate and its key, issued by ours or another authority."""
        issued = (authority or self.authority).issue_cert("worker@firm.test")
        chain = b"".join(each.bytes() for each in issued.cert_chain_pems)
        return (
            self._written("client.pem", chain),
            self._written("client.key", issued.private_key_pem.bytes()),
        )

    def _written(self, name: str, content: bytes) -> Path:
        file = self.folder / name
        file.write_bytes(content)
        return file


@dataclass
class Proxy:
    """Where it listens, and the values of `authorization` that it saw, in order."""

    address: str
    keys: list[str] = field(default_factory=list[str])


@asynccontextmanager
async def proxy(house: House, target: str, *, mutual: bool = False) -> AsyncGenerator[Proxy]:
    """Forward to a server for as long as the block lasts; `mutual` asks for a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["h2"])
    house.authority.issue_cert(NAME).configure_cert(context)
    if mutual:
        context.verify_mode = ssl.CERT_REQUIRED
        house.authority.configure_trust(context)
    host, _, port = target.rpartition(":")
    open_tasks = set[asyncio.Task[None]]()
    found = Proxy("")

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        open_tasks.add(task)
        back, forth = await asyncio.open_connection(host, int(port))
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(_requests(reader, forth, found.keys), _answers(back, writer))
        for end in (forth, writer):
            end.close()

    server = await asyncio.start_server(carry, "127.0.0.1", 0, ssl=context)
    found.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.close()
        for task in open_tasks:
            task.cancel()
        await asyncio.gather(*open_tasks, return_exceptions=True)


async def _requests(
    reader: asyncio.StreamReader, to: asyncio.StreamWriter, keys: list[str]
) -> None:
    """Pass frames on, and read the headers of each request on the way (RFC 9113, 4.1)."""
    decoder = hpack.Decoder()
    with suppress(asyncio.IncompleteReadError):
        to.write(await reader.readexactly(len(_PREFACE)))
        while True:
            head = await reader.readexactly(9)
            length, kind, flags = int.from_bytes(head[:3]), head[3], head[4]
            body = await reader.readexactly(length)
            assert kind != _CONTINUATION, "headers of a request fit into one frame"
            if kind == _HEADERS:
                keys += _authorization(decoder, body, flags)
            to.write(head + body)
            await to.drain()
    to.close()


def _authorization(decoder: hpack.Decoder, body: bytes, flags: int) -> list[str]:
    if flags & _PADDED:
        (padding,) = struct.unpack_from("B", body)
        body = body[1 : len(body) - padding]
    if flags & _PRIORITY:
        body = body[5:]
    headers = decoder.decode(body, raw=True)
    return [bytes(value).decode() for name, value in headers if bytes(name) == b"authorization"]


async def _answers(reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    while read := await reader.read(65_536):
        to.write(read)
        await to.drain()
    to.close()
