"""The commands that each workflow can issue, in order, as text to compare and to read.

`make fingerprints` writes one file per workflow. A line is a command (activity, child, signal,
timer, wait, search attributes, patch, continue-as-new) or a branch around some. A workflow's own
helpers are followed where they are called; those of other modules stand once, in the end, and
`by Parking.step` leads there. Names of variables and of its own helpers do not count.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from temporalio import activity, workflow

from worker import WORKFLOWS

FOLDER = Path(__file__).parent / "fingerprints"
_CALLS = {  # what the engine is asked for, by the function of the SDK
    "execute_activity": "activity",
    "execute_activity_method": "activity",
    "start_activity": "activity",
    "start_activity_method": "activity",
    "execute_local_activity_method": "local activity",
    "execute_child_workflow": "child",
    "start_child_workflow": "child",
    "continue_as_new": "continue as new",
    "sleep": "timer",
    "wait_condition": "wait",
    "upsert_search_attributes": "search attributes",
    "upsert_memo": "memo",
    "patched": "patch",
    "deprecate_patch": "patch is over",
}
_MESSAGES = {"signal": "signal", "cancel": "cancel"}  # of a handle
_TOGETHER = {"gather": "side by side", "create_task": "beside the rest", "wait": "side by side"}
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Scope:
    """Where names are looked up: a function's module, its class, what it was called with."""

    names: Mapping[str, Any]
    owner: type | None = None
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    within: tuple[Any, ...] = ()
    shared: dict[str, tuple[Callable[..., Any], type | None]] = field(default_factory=dict)


def of(process: type) -> str:
    """Return the fingerprint of a workflow's class."""
    definition = workflow._Definition.must_from_class(process)  # noqa: SLF001 - what the SDK knows
    handlers: dict[str, Callable[..., Any]] = {"run": definition.run_fn}
    handlers |= {f"signal {name}": each.fn for name, each in definition.signals.items()}
    handlers |= {f"update {name}": each.fn for name, each in definition.updates.items()}
    shared: dict[str, tuple[Callable[..., Any], type | None]] = {}
    lines = [f"workflow {definition.name}"]
    for name, function in handlers.items():
        lines += ["", str(name), *_listed(function, process, shared)]
    told = set[str]()
    while waiting := sorted(shared.keys() - told):
        told.add(waiting[0])
        lines += ["", f"by {waiting[0]}", *_listed(*shared[waiting[0]], shared)]
    return "\n".join(lines) + "\n"


def write(folder: Path = FOLDER) -> None:
    """Write every fingerprint."""
    folder.mkdir(exist_ok=True)
    for process in WORKFLOWS:
        (folder / file_name(process)).write_text(of(process))


def file_name(process: type) -> str:
    """Return the name of a workflow's file."""
    return f"{process.__module__.rpartition('.')[2]}.txt"


def _listed(
    function: Callable[..., Any],
    owner: type | None,
    shared: dict[str, tuple[Callable[..., Any], type | None]],
) -> list[str]:
    return [f"  {line}" for line in _function(function, Scope({}, owner, shared=shared))]


def _function(function: Callable[..., Any], caller: Scope) -> Iterator[str]:
    """Return the lines of a function that `caller` calls: its class, and what it is given."""
    function = inspect.unwrap(function)
    if function in caller.within:
        yield "again"
        return
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    scope = replace(caller, names=function.__globals__, within=(*caller.within, function))
    yield from _block(tree.body, scope)


def _block(body: list[ast.stmt], scope: Scope) -> Iterator[str]:
    for statement in body:
        yield from _statement(statement, scope)


def _statement(node: ast.stmt, scope: Scope) -> Iterator[str]:
    match node:
        case ast.If():
            yield from _expression(node.test, scope)
            yield from _branch("if", node.body, scope)
            yield from _branch("else", node.orelse, scope)
        case ast.While():
            yield from _indented(
                "while", [*_expression(node.test, scope), *_block(node.body, scope)]
            )
        case ast.For() | ast.AsyncFor():
            yield from _expression(node.iter, scope)
            yield from _branch("for each", node.body, scope)
        case ast.Try():
            yield from _branch("try", node.body, scope)
            for handler in node.handlers:
                kind = ast.unparse(handler.type) if handler.type else "anything"
                yield from _branch(f"except {kind}", handler.body, scope)
            yield from _branch("else", node.orelse, scope)
            yield from _branch("finally", node.finalbody, scope)
        case ast.Match():
            yield from _expression(node.subject, scope)
            for case in node.cases:
                yield from _branch(f"case {ast.unparse(case.pattern)}", case.body, scope)
        case _:
            yield from _children(node, scope)


def _branch(word: str, body: list[ast.stmt], scope: Scope) -> Iterator[str]:
    yield from _indented(word, list(_block(body, scope)))


def _indented(word: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield word
        yield from (f"  {line}" for line in lines)


def _children(node: ast.AST, scope: Scope) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _statement(child, scope)
        elif isinstance(child, ast.expr):
            yield from _expression(child, scope)
        else:
            yield from _children(child, scope)


def _expression(node: ast.expr, scope: Scope) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _expression(node.test, scope)
        yield from _indented("if", list(_expression(node.body, scope)))
        yield from _indented("else", list(_expression(node.orelse, scope)))
        return
    yield from _children(node, scope)
    if isinstance(node, ast.Call):
        yield from _call(node, scope)


def _call(node: ast.Call, scope: Scope) -> Iterator[str]:
    called = _object(node.func, scope)
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    module = getattr(called, "__module__", None) or ""
    if module.startswith("temporalio.workflow") and name in _CALLS:
        yield _command(name, node, scope)
    elif module.startswith("asyncio") and name in {*_TOGETHER, "sleep"}:
        yield _TOGETHER.get(name, "timer")
    elif inspect.isfunction(called) and module.startswith("workflows"):
        owner = _owner(node.func, scope)
        if scope.within and called.__module__ != scope.within[0].__module__:
            yield from _elsewhere(called, owner, scope, _steps(node, scope))
        else:
            given = _bound(called, node, scope)
            yield from _function(called, replace(scope, owner=owner, given=given))
    elif called is None and name in _MESSAGES:
        yield f"{_MESSAGES[name]} {_told(node, scope)}".strip()


def _elsewhere(
    called: Callable[..., Any], owner: type | None, scope: Scope, steps: str
) -> Iterator[str]:
    """Refer to a helper that several workflows share, if it issues any command."""
    alone = Scope({}, owner, shared=dict(scope.shared))
    if any(True for _ in _function(called, alone)):
        scope.shared[called.__qualname__] = (called, owner)
        yield f"{steps} by {called.__qualname__}".strip()


def _steps(node: ast.Call, scope: Scope) -> str:
    found = [_object(argument, scope) for argument in node.args]
    names = [step.name for each in found if (step := _step(each))]
    return " ".join(["activity", *map(str, names)]) if names else ""


def _step(found: Any) -> Any:  # noqa: ANN401 - what a name stands for, and what the SDK knows of it
    return activity._Definition.from_callable(found) if callable(found) else None  # noqa: SLF001


def _command(name: str, node: ast.Call, scope: Scope) -> str:
    said = _told(node, scope) if name not in {"sleep", "upsert_search_attributes"} else ""
    options = {word.arg or ast.unparse(word.value).partition("(")[0] for word in node.keywords}
    timed = " at most for a time" if name == "wait_condition" and "timeout" in options else ""
    return f"{_CALLS[name]} {said}".strip() + timed


def _told(node: ast.Call, scope: Scope) -> str:
    """Return by which name the engine knows the first argument: of a step, child or signal."""
    if not node.args:
        return ""
    first = node.args[0]
    if isinstance(first, ast.Constant):
        return str(first.value)
    found = _object(first, scope)
    if step := _step(found):
        return str(step.name)
    message = getattr(found, "__temporal_signal_definition", None)
    if message is not None:
        return str(message.name)
    owner = _object(first.value, scope) if isinstance(first, ast.Attribute) else None
    return owner.__name__ if isinstance(owner, type) else ""


def _bound(function: Callable[..., Any], node: ast.Call, scope: Scope) -> dict[str, Any]:
    """Return what a helper is given of things that have a name of their own."""
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    given = dict(zip(names, node.args, strict=False))
    given |= {word.arg: word.value for word in node.keywords if word.arg}
    return {name: found for name, node in given.items() if (found := _object(node, scope))}


def _object(node: ast.expr, scope: Scope) -> Any:  # noqa: ANN401 - whatever a name stands for
    """Return what an expression stands for in the module, or None where only a run could say."""
    if isinstance(node, ast.Name):
        return scope.given.get(node.id, scope.names.get(node.id))
    if isinstance(node, ast.Attribute):
        owner = _owner(node, scope) or _object(node.value, scope)
        return getattr(owner, node.attr, None)
    return None


def _owner(node: ast.expr, scope: Scope) -> type | None:
    """Return the class whose method `self.method` or `self._part.method` is."""
    if not isinstance(node, ast.Attribute) or scope.owner is None:
        return None
    match node.value:
        case ast.Name(id="self"):
            return scope.owner
        case ast.Attribute(value=ast.Name(id="self"), attr=part):
            return _part(scope.owner, part)
        case _:
            return None


def _part(owner: type, name: str) -> type | None:
    """Return the class of what `__init__` keeps under a name."""
    function = inspect.unwrap(vars(owner)["__init__"])
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            kept = [ast.unparse(target) for target in node.targets]
            found = _object(node.value.func, Scope(function.__globals__))
            if f"self.{name}" in kept and isinstance(found, type):
                return found
    return None


if __name__ == "__main__":
    write()
