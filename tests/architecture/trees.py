"""The project's own sources, for tests that read them."""

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = (
    "activities",
    "canonical",
    "connectors",
    "console",
    "gateway",
    "policies",
    "runtime",
    "store",
    "telemetry",
    "workflows",
)
ROOTS = ("settings.py", "starter.py", "worker.py")
_SHARED = {"ports"}  # by all connectors
VENDORS = sorted({path.parent.name for path in ROOT.glob("connectors/*/__init__.py")} - _SHARED)


def sources(*rooms: str) -> list[Path]:
    """Return every Python file of some rooms."""
    return [path for room in rooms for path in sorted((ROOT / room).rglob("*.py"))]


def everything() -> list[Path]:
    """Return every Python file that is or will be tracked."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - fixed words
    return [ROOT / name for name in found.stdout.split() if (ROOT / name).exists()]


def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text())


def name(path: Path) -> str:
    """Return a file's name for a test's id."""
    return str(path.relative_to(ROOT))


def imports(path: Path) -> set[str]:
    """Return the dotted names that a file imports."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names
