"""Every command that a page shows exists, with the options it is shown with."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

import starter
from tests.docs import pages
from world.tryton.__main__ import app as tryton

_SHELL = {"sh", "bash", "console"}
_TRYTON = ".venv/bin/python -m world.tryton "
_COMPOSE = re.compile(r"^docker compose (?:run --rm|exec gateway) (?=tiebeam )")
_STARTS = ("tiebeam ", "make ", _TRYTON)
_MAKEFILE = (pages.ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z]+):", _MAKEFILE, re.MULTILINE))
_PASSES_ON = re.findall(r"^([a-z]+):.*\n\t\$\(BIN\)/tiebeam ", _MAKEFILE, re.MULTILINE)
_APP = typer.main.get_command(starter.app)


def _shown(page: Path) -> Iterator[str]:
    found = pages.spans(pages.text(page))
    for block in pages.blocks(page):
        if block.language in _SHELL:
            found += block.text.splitlines()
    found = [_COMPOSE.sub("", each) for each in found]
    yield from (each.partition("#")[0].strip() for each in found if each.startswith(_STARTS))


COMMANDS = sorted({(pages.name(page), shown) for page in pages.PAGES for shown in _shown(page)})


def _wrong(shown: str) -> list[str]:
    if shown.startswith(_TRYTON):
        words = shlex.split(shown.removeprefix(_TRYTON))
        return list(_wrong_in(typer.main.get_command(tryton), words))
    program, *words = shlex.split(shown)
    return list(_wrong_in_make(words) if program == "make" else _wrong_in(_APP, words))


def _wrong_in_make(words: list[str]) -> Iterator[str]:
    targets = [word for word in words if "=" not in word]
    passed = [word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")]
    yield from (f"no target {target}" for target in targets if target not in TARGETS)
    yield from (f"no variable {word}" for word in words if "=" in word and word[:5] != "ARGS=")
    for target in set(targets) & set(_PASSES_ON):
        yield from _wrong_in(_APP, [target, *shlex.split(" ".join(passed))])


def _wrong_in(command: object, words: list[str]) -> Iterator[str]:
    while isinstance(command, TyperGroup):
        if not words or words == ["--help"]:
            return
        command, word, words = command.commands.get(words[0]), words[0], words[1:]
        if command is None:
            yield f"no command {word}"
    if isinstance(command, TyperCommand):
        yield from _wrong_arguments(command, words)


def _wrong_arguments(command: TyperCommand, words: list[str]) -> Iterator[str]:
    takes_value = {
        name: not option.is_flag
        for option in command.params
        if isinstance(option, TyperOption)
        for name in (*option.opts, *option.secondary_opts)
    }
    room = sum(isinstance(each, TyperArgument) for each in command.params)
    waiting = [word for word in words if word != "--help"]
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("--"):
            room -= 1
        elif word not in takes_value:
            yield f"no option {word}"
        elif takes_value[word] and not waiting:
            yield f"{word} has no value"
        elif takes_value[word]:
            waiting.pop(0)
    if room < 0:
        yield "too many arguments"


def test_there_are_commands_to_look_at() -> None:
    assert len(COMMANDS) > len(pages.PAGES)


@pytest.mark.parametrize(
    ("page", "shown"), COMMANDS, ids=[" in ".join(each[::-1]) for each in COMMANDS]
)
def test_a_command_exists_as_it_is_shown(page: str, shown: str) -> None:
    assert _wrong(shown) == [], f"{page} shows {shown!r}"


@pytest.mark.parametrize(
    "shown",
    [
        "tiebeam dance",
        "tiebeam status --loud",
        "tiebeam explain one two",
        "tiebeam invoice approve CT-00001/1/1 --by",
        "tiebeam start lunch",
        ".venv/bin/python -m world.tryton reset --loud",
        "make tea",
        "make demo ARGS=--loud",
        "make demo COLOR=red",
    ],
)
def test_a_command_that_does_not_exist_would_be_seen(shown: str) -> None:
    assert _wrong(shown)


def test_every_command_is_on_some_page() -> None:
    words = {word for _, shown in COMMANDS for word in shown.split()}
    assert isinstance(_APP, TyperGroup)
    starts = _APP.commands["start"]
    assert isinstance(starts, TyperGroup)

    assert {*_APP.commands, *starts.commands} - words == set()
