"""A sandbox as a process of its own, for tests that kill it."""

import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """Runs `python -m MODULE …` until the block ends. The port stays the same after a kill.

    With the certificate of the arguments it is spoken to by https.
    """

    def __init__(
        self, module: str, *arguments: str, data: Path, certificate: Path | None = None
    ) -> None:
        self.port = free_port()
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        self._verify = ssl.create_default_context(cafile=certificate) if certificate else True
        options = ["--port", str(self.port), "--data", str(data)]
        self._command = [sys.executable, "-m", module, *arguments, *options]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.kill()

    def start(self) -> None:
        # What a sandbox says of the answers that it was ordered to cut is of no interest.
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            self._command, cwd=_ROOT, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._is_up():
            assert self._process.poll() is None, "the server ended before it was up"
            assert time.monotonic() < deadline, "the server is not up"
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        assert self._process
        self._process.terminate()
        return self._process.wait(timeout=_PATIENCE_SECONDS)

    def _is_up(self) -> bool:
        try:
            return httpx.get(
                f"{self.url}/_admin/health", trust_env=False, verify=self._verify
            ).is_success
        except httpx.TransportError:
            return False
