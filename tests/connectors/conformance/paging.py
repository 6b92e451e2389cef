"""Pages: they end, and none of them is lost."""

from connectors import errors
from tests.connectors.conformance import choice
from tests.connectors.conformance.trial import ReadTrial

_ALWAYS = 10**6


class Paging:
    """Cases about reads that come in pages."""

    @choice.paged
    async def test_a_page_that_comes_again_is_drifted(self, read: ReadTrial) -> None:
        again = {name: text.replace("{hit}", "1") for name, text in read.subject.loops.items()}
        read.meets("alter", when="after", times=_ALWAYS, **again)
        read.meets("loop", times=_ALWAYS)
        async with read.fails(errors.Drifted):
            await read.call()

    @choice.paged
    async def test_pages_that_never_end_are_given_up(self, read: ReadTrial) -> None:
        read.meets("alter", when="after", times=_ALWAYS, **read.subject.loops)
        read.meets("loop", times=_ALWAYS)
        async with read.fails(errors.Drifted):
            await read.call()

    @choice.paged
    async def test_pages_that_shrink_lose_no_row_unnoticed(self, read: ReadTrial) -> None:
        read.meets("alter", when="after", **read.subject.shrinks)
        async with read.fails(read.system.shrunk):
            await read.call()
