"""The sandboxes as processes of their own, one of each for all tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.world.processes import Server

Start = Callable[..., str]


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Return what starts `python -m MODULE …` on a port of its own, until the tests end."""
    with ExitStack() as stack:

        def start(module: str, *arguments: str) -> str:
            data = tmp_path_factory.mktemp("conformance") / "box.db"
            return stack.enter_context(Server(module, *arguments, data=data)).url

        yield start
