"""Answers that are none: garbage, pages of proxies, other shapes, far too much."""

from typing import Any

import pytest

from connectors import errors
from connectors.http import LARGEST_ANSWER_BYTES
from tests.connectors.conformance import choice
from tests.connectors.conformance.system import MARKER
from tests.connectors.conformance.trial import ReadTrial, WriteTrial

_GARBAGE = (f"\x00{MARKER}\ufffd", f'{{"{MARKER}": [1, 2', "NaN", "")
_OTHER_SHAPES = ("[]", "null", "{}", f'"{MARKER}"', f'{{"{MARKER}": [{{"id": 1}}]}}', "[" * 9000)
_GATEWAY_404 = (
    ("text/html", f"<h1>404 Not Found</h1>{MARKER}"),
    ("application/json", f'{{"message": "no Route matched with those values {MARKER}"}}'),
    ("text/plain", "default backend - 404"),
    ("application/json", ""),
)
_FLOOD: dict[str, Any] = {
    "do": "flood",
    "size": LARGEST_ANSWER_BYTES,
    "status": 200,
    "text": "[",
}
_SERVER_ERRORS = (500, 502, 503, 504)


class Answers:
    """Cases about what comes back."""

    async def test_a_read_that_gets_garbage_or_another_shape_is_drifted(
        self, read: ReadTrial
    ) -> None:
        for text in (*_GARBAGE, *_OTHER_SHAPES):
            read.gets(text)
            async with read.fails(errors.Drifted):
                await read.call()

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(_GARBAGE[1], id="garbage"),
            pytest.param("{}", id="another shape"),
            pytest.param(_GARBAGE[0], id="no text", marks=pytest.mark.prove),
            pytest.param("[]", id="a list", marks=pytest.mark.prove),
        ],
    )
    async def test_a_write_that_gets_garbage_or_another_shape_is_uncertain_and_ends_as_one(
        self, write: WriteTrial, text: str
    ) -> None:
        write.gets(text, when="after")
        async with write.fails(errors.Uncertain):
            await write.once()

        assert await write.settled() == 1

    async def test_a_read_that_gets_a_login_page_with_200_is_drifted(self, read: ReadTrial) -> None:
        read.gets_page(200)
        async with read.fails(errors.Drifted):
            await read.call()

    async def test_a_write_that_gets_a_login_page_with_200_is_uncertain_and_ends_as_one(
        self, write: WriteTrial
    ) -> None:
        write.gets_page(200)
        async with write.fails(errors.Uncertain):
            await write.once()
        assert await write.count() == 0

        assert await write.settled() == 1

    async def test_a_read_that_is_led_to_a_login_page_is_drifted(self, read: ReadTrial) -> None:
        read.gets("", status=302, Location="/login")
        async with read.fails(errors.Drifted):
            await read.call()

    async def test_a_write_that_is_led_to_a_login_page_is_drifted_and_ends_as_one(
        self, write: WriteTrial
    ) -> None:
        write.gets("", status=302, Location="/login")
        async with write.fails(errors.Drifted):
            await write.once()
        assert await write.count() == 0

        assert await write.settled() == 1

    async def test_a_server_error_leaves_a_read_worth_another_try(self, read: ReadTrial) -> None:
        for status in _SERVER_ERRORS:
            read.gets_page(status)
            async with read.fails(errors.Transient):
                await read.call()

    @pytest.mark.parametrize(
        "status", [502, *(pytest.param(each, marks=pytest.mark.prove) for each in (500, 503, 504))]
    )
    async def test_a_server_error_leaves_a_write_uncertain_and_it_ends_as_one(
        self, write: WriteTrial, status: int
    ) -> None:
        write.gets_page(status, when="after")
        async with write.fails(errors.Uncertain):
            await write.once()

        assert await write.settled() == 1

    @choice.slow
    async def test_a_read_that_answers_more_than_we_read_is_drifted(self, read: ReadTrial) -> None:
        read.meets(**_FLOOD)
        async with read.fails(errors.Drifted):
            await read.call()

    @choice.slow
    async def test_a_write_that_answers_more_than_we_read_is_uncertain_and_ends_as_one(
        self, write: WriteTrial
    ) -> None:
        write.meets(**_FLOOD)
        async with write.fails(errors.Uncertain):
            await write.once()

        assert await write.settled() == 1

    async def test_a_404_of_a_gateway_does_not_say_that_nothing_is_there(
        self, read: ReadTrial
    ) -> None:
        for media_type, text in _GATEWAY_404:
            read.gets(text, status=404, Content_Type=media_type)
            async with read.fails(errors.Drifted):
                await read.call()

    async def test_a_404_of_a_gateway_does_not_say_that_a_write_is_refused(
        self, write: WriteTrial
    ) -> None:
        for media_type, text in _GATEWAY_404:
            write.gets(text, status=404, Content_Type=media_type)
            async with write.fails(errors.Drifted):
                await write.subject.send(write.connector)

        assert await write.settled() == 1

    @choice.by_id
    async def test_what_the_vendor_says_is_not_there_is_missing(self, read: ReadTrial) -> None:
        async with read.fails(errors.Missing):
            await read.call_for_absent()

    @choice.searches
    async def test_a_search_that_finds_nothing_answers_nothing(self, read: ReadTrial) -> None:
        assert not await read.call_for_absent()
