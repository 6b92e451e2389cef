"""Records one history for every way to every ending, for `test_replay`.

Run it as `python -m tests.workflows.record_histories` when a process changes on purpose; a
history that today's code still replays needs no recording.
"""

import asyncio
import tempfile
from pathlib import Path

from google.protobuf.message import Message
from temporalio.client import WorkflowHistory

import settings
from canonical.landscape import Landscape
from console import deployment
from settings import Settings
from tests import servers
from tests.erp_port import FakeErp
from tests.workflows import stories, stories_of_unwinding
from tests.workflows.house import housed, limited
from tests.workflows.slow_store import SlowStore
from tests.workflows.stories import Story
from tests.workflows.systems import ClosedErp

HISTORIES = Path(__file__).parent / "histories"


async def record(folder: Path) -> None:
    """Tell every story on a server of its own, and keep what happened."""
    landscape = settings.load_landscape(Settings().landscape)
    HISTORIES.mkdir(exist_ok=True)
    for story in (*stories.STORIES, *stories_of_unwinding.STORIES):
        await _tell(story, folder, landscape)
    for story in stories.LIMITED:
        await _tell(story, folder, limited(landscape, four_eyes=2000))
    early = "limit.historyCount.suggestContinueAsNew=100"
    await _tell(stories.continued, folder, landscape, early, erp=ClosedErp())


async def _tell(
    story: Story,
    folder: Path,
    landscape: Landscape,
    *server_settings: str,
    erp: FakeErp | None = None,
) -> None:
    database = SlowStore(f"sqlite+aiosqlite:///{folder}/{story.__name__}.db")
    await deployment.prepare_store(database, settings.load_mappings(Settings().mappings))
    async with (
        await servers.temporal(*server_settings) as environment,
        housed(environment.client, database, landscape, number=0, erp=erp) as house,
    ):
        for name, run in (await story(house)).items():
            _keep(name, await run.fetch_history())
    await database.close()


def _keep(name: str, history: WorkflowHistory) -> None:
    for event in history.events:
        _forget_places(event)
    (HISTORIES / f"{name}.json").write_text(history.to_json() + "\n")


def _forget_places(message: Message) -> None:
    """Take the stack traces out: they name the folders of the machine that recorded them."""
    for field, value in message.ListFields():
        if field.name == "stack_trace":
            message.ClearField("stack_trace")
        elif isinstance(value, Message):
            _forget_places(value)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(record(Path(temporary)))
