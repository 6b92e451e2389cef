"""The decisions: one page each, in one form, and each is enforced by something that exists."""

import re
from pathlib import Path

import pytest

from tests.docs import pages

HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]
_ONE_PAGE = 60
_MOST_SENTENCES = 4
_FOLDER = pages.DOCS / "decisions"
DECISIONS = sorted(_FOLDER.glob("[0-9]*.md"))
_FILE = re.compile(r"^\.?[\w/.-]+(?:\.\w+|/|\.importlinter)$")


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=pages.name)
def test_a_decision_has_the_fixed_headings_on_one_page(page: Path) -> None:
    assert list(pages.sections(page)) == HEADINGS
    assert len(pages.text(page).splitlines()) <= _ONE_PAGE
    assert pages.headings(page)[0].startswith(page.name[:4])


@pytest.mark.parametrize("page", DECISIONS, ids=pages.name)
def test_the_context_takes_at_most_four_sentences(page: Path) -> None:
    context = pages.sections(page)["Context"].strip()

    assert 1 <= len(re.findall(r"[.?!](?=\s|$)", context)) <= _MOST_SENTENCES


@pytest.mark.parametrize("page", DECISIONS, ids=pages.name)
def test_the_decision_begins_with_a_line_to_quote(page: Path) -> None:
    assert pages.sections(page)["Decision"].strip().startswith("**")


@pytest.mark.parametrize("page", DECISIONS, ids=pages.name)
def test_what_enforces_a_decision_exists(page: Path) -> None:
    named = pages.spans(pages.sections(page)["Enforced by"])
    files = [span for span in named if _FILE.match(span)]

    assert files
    assert [file for file in files if not (pages.ROOT / file).exists()] == []


def test_the_index_has_every_decision_under_its_own_title() -> None:
    index = pages.text(_FOLDER / "README.md")
    listed = re.findall(r"\[([^\]]+)\]\(([^)]+)\)", index)

    assert listed == [(pages.headings(page)[0], page.name) for page in DECISIONS]
