"""What goes wrong is one sentence, whatever it quotes, and a code."""

import asyncio

import pytest
import typer
from temporalio.service import RPCError, RPCStatusCode

from console import problems
from console.problems import NothingRunsError
from runtime import stopping


class _WrongInputError(Exception):
    pass


class _WorseInputError(_WrongInputError):
    pass


async def _fail(error: BaseException) -> None:
    raise error


def _run(error: BaseException) -> int:
    with pytest.raises(typer.Exit) as caught:
        problems.run(_fail(error), {_WrongInputError: problems.WRONG_INPUT})
    return caught.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (_WrongInputError("no such deal"), 2),
        (_WorseInputError("no such deal"), 2),
        (NothingRunsError("no such deal"), 3),
        (RPCError("no such deal", RPCStatusCode.UNAVAILABLE, b""), 3),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_was_expected_is_a_sentence_and_a_code(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(error) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("tiebeam: ")
    assert told.err.endswith("no such deal\n")
    assert told.err.count("\n") == 1


def test_what_was_not_expected_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        problems.run(_fail(ZeroDivisionError()), {})


def test_ctrl_c_is_an_orderly_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(KeyboardInterrupt()) == 1
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "quoted", ["[disk] full", "[/]", "[red]", "[link=http://x]y", "entry [101] of \\[a]"]
)
def test_a_sentence_is_told_as_it_is(quoted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(_WrongInputError(quoted)) == 2
    assert capsys.readouterr().err == f"tiebeam: {quoted}\n"


async def test_waits_until_it_is_told_to_stop() -> None:
    waiting = asyncio.create_task(stopping.told_to_stop())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
