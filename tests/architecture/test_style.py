"""Rules of ours that no linter knows: sizes, steps, logs, and money that is never a float."""

import ast
from pathlib import Path

import pytest

from tests.architecture import trees
from tests.architecture.trees import OURS, ROOT, ROOTS

_LONGEST_FILE = 300
_LONGEST_TEST_FILE = 400
_LONGEST_FUNCTION = 40
_SELF_AND_ONE_RECORD = 2  # fields can be added to a record later, arguments cannot
_GENERATED = ROOT / "store/migrations/versions"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(path: Path) -> list[Function]:
    return [node for node in ast.walk(trees.tree(path)) if isinstance(node, Function)]


def _decorators(function: Function) -> list[str]:
    return [ast.unparse(decorator) for decorator in function.decorator_list]


def test_no_file_has_a_long_tail() -> None:
    long = {}
    for path in trees.everything():
        most = _LONGEST_TEST_FILE if "tests" in path.parts else _LONGEST_FILE
        lines = len(path.read_text().splitlines())
        if lines > most and _GENERATED not in path.parents:
            long[trees.name(path)] = lines

    assert long == {}


def test_no_function_is_long() -> None:
    long = {}
    for path in trees.everything():
        for function in _functions(path):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > _LONGEST_FUNCTION and _GENERATED not in path.parents:
                long[f"{trees.name(path)}:{function.name}"] = lines

    assert long == {}


@pytest.mark.parametrize("path", trees.sources("activities"), ids=trees.name)
def test_every_step_has_a_name_of_its_own_and_says_why_it_is_safe_to_repeat(path: Path) -> None:
    for function in _functions(path):
        steps = [text for text in _decorators(function) if text.startswith("activity.defn")]
        for step in steps:
            assert "name=" in step, function.name
            assert "Idempotent" in (ast.get_docstring(function) or ""), function.name
            assert len(function.args.args) == _SELF_AND_ONE_RECORD, function.name


@pytest.mark.parametrize("path", trees.sources("workflows"), ids=trees.name)
def test_every_process_and_message_has_a_name_that_never_changes(path: Path) -> None:
    for node in ast.walk(trees.tree(path)):
        if isinstance(node, ast.ClassDef | Function):
            for decorator in node.decorator_list:
                text = ast.unparse(decorator)
                if text.startswith(("workflow.defn", "workflow.signal", "workflow.update")):
                    assert "name=" in text, node.name


@pytest.mark.parametrize(
    "path",
    trees.sources("activities", "canonical", "policies", "store", "workflows"),
    ids=trees.name,
)
def test_no_float_comes_near_money(path: Path) -> None:
    floats = [
        node.lineno
        for node in ast.walk(trees.tree(path))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.arg | ast.AnnAssign) and _says_float(node.annotation))
        or (isinstance(node, ast.Call) and ast.unparse(node.func) == "float")
    ]

    assert floats == []


def _says_float(annotation: ast.expr | None) -> bool:
    return annotation is not None and "float" in ast.unparse(annotation)


@pytest.mark.parametrize(
    "path", [*trees.sources(*OURS), *map(ROOT.joinpath, ROOTS)], ids=trees.name
)
def test_a_log_event_is_a_name_and_its_facts_are_fields(path: Path) -> None:
    for node in ast.walk(trees.tree(path)):
        if isinstance(node, ast.Call) and ".logger()." in ast.unparse(node.func) + ".":
            assert not any(isinstance(argument, ast.JoinedStr) for argument in node.args)


def test_tests_use_fakes_through_the_front_door_and_never_patches() -> None:
    patching = [
        trees.name(path)
        for path in trees.sources("tests")
        if any(name.startswith(("unittest.mock", "mock")) for name in trees.imports(path))
        or "monkeypatch.setattr" in path.read_text().replace('"monkeypatch.setattr"', "")
    ]

    assert patching == []


def test_nothing_is_left_to_do_by_the_codes_own_words() -> None:
    words = [f"TO{'DO'}", f"FIX{'ME'}", "NotImplemented" + "Error"]
    left = [
        trees.name(path)
        for path in trees.everything()
        if any(word in path.read_text() for word in words) and path != Path(__file__)
    ]

    assert left == []
