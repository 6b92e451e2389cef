"""A row that is read to be written is read for update: else one of two writers loses."""

import ast
from pathlib import Path

import pytest

from tests.architecture import trees

_READS = {"get", "get_one"}


def _lost(tree: ast.Module) -> list[str]:
    return [
        f"{function.name}: {name}"
        for function in ast.walk(tree)
        if isinstance(function, ast.AsyncFunctionDef)
        for name in sorted(_unlocked(function) & _written(function))
    ]


def _unlocked(function: ast.AsyncFunctionDef) -> set[str]:
    """Return the names of rows that a function reads by key, and not for update."""
    return {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Await)
        for call in [node.value.value]
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _READS
        and "with_for_update" not in {word.arg for word in call.keywords}
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _written(function: ast.AsyncFunctionDef) -> set[str]:
    """Return the names of what a function gives attributes to."""
    return {
        node.value.id
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
    }


@pytest.mark.parametrize("path", trees.sources("store"), ids=trees.name)
def test_a_row_that_is_written_was_read_for_update(path: Path) -> None:
    assert _lost(trees.tree(path)) == []


@pytest.mark.parametrize(
    ("lock", "lost"), [("", ["move: row"]), (", with_for_update=True", [])], ids=["not", "locked"]
)
def test_what_is_not_locked_would_be_seen(lock: str, lost: list[str]) -> None:
    source = f"""
async def move(tx, key):
    row = await tx.get_one(Row, key{lock})
    row.state, row.reason = 1, None
"""

    assert _lost(ast.parse(source)) == lost
