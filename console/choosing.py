"""Which platform a command speaks with: the stack in its state, else the one of the settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from rich.console import Console
from rich.text import Text

from console.attached import HERE
from console.problems import NothingRunsError
from store import address

_FIELDS = ("store_url", "temporal_address")  # what makes a platform


class Settings(Protocol):
    """What the settings say of a platform, and which of their fields somebody set."""

    @property
    def store_url(self) -> str:
        """Return where the store is."""
        ...

    @property
    def temporal_address(self) -> str:
        """Return where Temporal is."""
        ...

    @property
    def model_fields_set(self) -> set[str]:
        """Return the names of the fields that have no default's value."""
        ...


S = TypeVar("S", bound=Settings)


def chosen(state: Path, around: S, of_stack: Callable[[Path], S]) -> S:
    """Return the settings of the stack in a state; without one there, those of the environment.

    Raises:
        NothingRunsError: there is nothing to speak with.
    """
    refuse_none(state, around)
    if not is_stack(state):
        return around
    stack = of_stack(state)
    _tell_passed_over(state, stack, around)
    return stack


def is_stack(state: Path) -> bool:
    """Say whether a stack of `tiebeam up` was ever started in a state."""
    return (state / "env").exists()


def refuse_none(state: Path, around: Settings | None = None) -> None:
    """Refuse a state without a stack, unless it is the default and `around` names a platform.

    Raises:
        NothingRunsError: there is nothing to speak with.
    """
    if is_stack(state):
        return
    msg = f"nothing was ever started in {state}: `tiebeam up` starts a stack there"
    if around is not None and state == HERE:
        lacking = [_variable(name) for name in _FIELDS if name not in around.model_fields_set]
        if not lacking:
            return
        too = " too" if len(lacking) < len(_FIELDS) else ""
        msg += f"; for one that runs elsewhere set {' and '.join(lacking)}{too}"
    raise NothingRunsError(msg)


def _tell_passed_over(state: Path, stack: Settings, around: Settings) -> None:
    """Say on standard error that a stack is spoken with, where the settings name another one."""
    values = [(name, getattr(stack, name), getattr(around, name)) for name in _FIELDS]
    passed_over = [
        _variable(name)
        for name, here, there in values
        if name in around.model_fields_set and here != there
    ]
    if not passed_over:
        return
    store = address.shown(address.parse(stack.store_url))
    sentence = (
        f"this is the stack in {state} (store {store}, Temporal {stack.temporal_address}), not "
        f"what {' and '.join(passed_over)} name{'' if len(passed_over) > 1 else 's'}; that is "
        f"reached from a folder without {HERE}"
    )
    told = Text.assemble(("tiebeam:", "yellow"), f" {sentence}")
    Console(stderr=True, soft_wrap=True).print(told)


def _variable(name: str) -> str:
    return f"TIEBEAM_{name.upper()}"
