"""A YAML file as text values that remember their lines.

A plain value is its text: `0123` keeps its zero, `NO` is Norway, `7.50` is never a float.
Only an unquoted `true`, `false` and `null` (or nothing at all) are more than text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import yaml

from world.stage.problems import Location, Problem, ScenarioError

_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_DEEPEST = 20
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}


class _Mark(Protocol):
    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """One file: its values, and where each stands."""

    file: str
    root: yaml.Node

    def value(self) -> object:
        """Return everything in it.

        Raises:
            ScenarioError: a key stands twice, or is no text.
        """
        return self._value(self.root)

    def problem(self, location: Location, text: str, *, key: str | None = None) -> Problem:
        """Return a problem at a value, or at one of its keys."""
        node = self.root
        for step in location:
            node = _child(node, step) or node  # what is missing is told where it should be
        if key is not None and isinstance(node, yaml.MappingNode):
            node = next((name for name, _ in node.value if name.value == key), node)
        return self._at(node, text)

    def _at(self, node: yaml.Node, text: str) -> Problem:
        return Problem(self.file, *_position(node.start_mark), text)

    def _value(self, node: yaml.Node) -> object:
        if node.tag not in _PLAIN_TAGS:
            raise ScenarioError([self._at(node, f"take the tag {node.tag} away")])
        match node:
            case yaml.MappingNode():
                return {key: self._value(child) for key, child in self._members(node)}
            case yaml.SequenceNode():
                return [self._value(child) for child in node.value]
            case yaml.ScalarNode(style=None):
                return _CONSTANTS.get(node.value, node.value)
            case _:
                return node.value

    def _members(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
        seen: set[str] = set()
        for name, child in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise ScenarioError([self._at(name, "a key is one word")])
            if name.value in seen:
                text = f"{name.value!r} stands here twice: keep one of them"
                raise ScenarioError([self._at(name, text)])
            seen.add(name.value)
            yield name.value, child


def read(path: Path) -> Source:
    """Return a file's values.

    Raises:
        ScenarioError: it is not there, no UTF-8 text, no YAML, or empty.
    """
    file = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ScenarioError([Problem(file, 1, 1, message)]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ScenarioError([Problem(file, line, 1, "is no UTF-8: save it as UTF-8")]) from error
    root = _composed(file, text)
    if root is None:
        raise ScenarioError([Problem(file, 1, 1, "the file is empty: docs/scenarios.md shows one")])
    return Source(file, root)


def _position(mark: _Mark | None) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _composed(file: str, text: str) -> yaml.Node | None:
    try:
        _refuse_traps(file, text)
        return yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        what = "; ".join(part for part in (error.context, error.problem) if part)
        text = f"is no YAML: {what}; check indentation and quotes"
        problem = Problem(file, *_position(error.problem_mark or error.context_mark), text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = Problem(file, line, 1, "holds a control character: remove it")
    raise ScenarioError([problem])


def _refuse_traps(file: str, text: str) -> None:
    # A few aliases of aliases grow into gigabytes, and so do the frames of a deep nesting.
    depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            message = f"*{event.anchor}: repeat the value instead of pointing at it"
            raise ScenarioError([Problem(file, *_position(event.start_mark), message)])
        if depth > _DEEPEST:
            raise ScenarioError([Problem(file, *_position(event.start_mark), "is nested too deep")])


def _child(node: yaml.Node, step: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((child for name, child in node.value if name.value == step), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: yaml.Node = node.value[step]
        return found
    return None
