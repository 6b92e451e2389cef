"""The documentation as tests read it: pages, sections, code, links, tables."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "deploy/README.md", *sorted(DOCS.rglob("*.md")))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: its language, "" if it has none, and its text."""

    language: str
    text: str


def name(page: Path) -> str:
    """Return a page's name for a test's id."""
    return str(page.relative_to(ROOT))


def text(page: Path) -> str:
    """Return a page as it is written."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [Block(*found) for found in _FENCE.findall(text(page))]


def prose(page: Path) -> str:
    """Return a page without its fenced blocks."""
    return _FENCE.sub("", text(page))


def spans(markdown: str) -> list[str]:
    """Return what stands between backticks."""
    return _SPAN.findall(_FENCE.sub("", markdown))


def links(page: Path) -> list[str]:
    """Return the targets of a page's links."""
    return _LINK.findall(prose(page))


def headings(page: Path) -> list[str]:
    """Return the headings of a page, of every depth."""
    return _HEADING.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """Return where a link into a page can lead, as GitHub spells it."""
    return {_anchor(heading) for heading in headings(page)}


def sections(page: Path) -> dict[str, str]:
    """Return the parts of a page below its headings of the second depth, in their order."""
    parts = re.split(r"^## (.+)$", text(page), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(markdown: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables, but for their heads."""
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| ") and not set(cells[0]) <= set("-: "):
            yield cells


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")
