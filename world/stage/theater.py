"""The theater: one firm's systems with a stage in front of them, for whoever runs the show."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from world.stage import loader, plays, sabotage
from world.stage.install import install
from world.stage.keys import Keys
from world.stage.ledgers import PushUrl
from world.stage.loader import Script
from world.stage.platform import Platform
from world.stage.play import Line, play
from world.stage.report import Report
from world.stage.systems import Urls


@dataclass(frozen=True)
class Story:
    """A scenario that can be played: it was read, and is right, before anything starts."""

    path: Path
    script: Script

    @classmethod
    def of(cls, name: str) -> "Story":
        """Return a shipped scenario by name, or the one in a file.

        Raises:
            ScenarioError: it cannot be played as it is written.
        """
        path = loader.find(name)
        return cls(path, loader.load(path))


@dataclass(frozen=True)
class Theater:
    """Plays stories on one stack; `programs` is the file that remembers them."""

    urls: Urls
    keys: Keys
    programs: Path

    async def install(self, outbound_url: str, push_url: PushUrl) -> None:
        """Put credentials and push rules into the systems: the CRM's url, and those of ERPs."""
        await install(self.urls, self.keys, outbound_url, push_url=push_url)

    async def play(self, story: Story, platform: Platform, tell: Callable[[str], None]) -> Report:
        """Play a story to its end, telling each line, and return what became of it.

        Raises:
            StageError: a system refuses, or a line does not come to rest.
        """

        def on_line(line: Line) -> None:
            if not line.is_done:
                tell(f"{line.number}/{line.total}  {line.day}  {line.text}")

        played = await play(story.script, self.urls, self.keys, platform, on_line)
        plays.remember(self.programs, story.path, played)
        return played.report

    async def audit(self, platform: Platform) -> Report:
        """Read back all that was ever played here.

        Raises:
            StageError: nothing was, or a system does not answer.
        """
        return await plays.audit(self.programs, self.urls, self.keys, await platform.belief())

    def lost_answer(
        self, kill: Callable[[], None], tell: Callable[[str], None]
    ) -> AbstractAsyncContextManager[None]:
        """Return a block in which the ERP commits an invoice unanswered, and `kill` is called.

        Raises:
            StageError: no ERP of the stack is a sandbox, which alone can be told to.
        """
        return sabotage.lost_answer(self.urls.erps, kill, tell)
