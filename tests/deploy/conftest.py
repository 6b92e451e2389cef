from pathlib import Path

import pytest

from tests import servers


@pytest.fixture(scope="session")
def temporal_server() -> Path:
    """Return the program of the Temporal server that the tests run."""
    binary = servers.temporal_binary()
    assert binary
    return Path(binary)
