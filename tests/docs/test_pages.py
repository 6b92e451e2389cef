"""Every page: its links lead somewhere, it is short, and it names no machine."""

import re
from pathlib import Path

import pytest

from tests.docs import pages

_LONGEST_PAGE = 400
_LONGEST_README = 100
_MACHINE = re.compile(r"(?<![\w.])/(work|root|home|tmp|Users|mnt)/|[A-Z]:\\\\")
_REGISTRY = re.compile(
    r"pypi|pythonhosted|npmjs|index-url|artifactory|registry\.\w+\.\w+", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://[^\s`)|<]+")
_LOOPBACK = "http://127.0.0.1"
_PLACEHOLDER = "https://GATEWAY/"


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_every_link_leads_to_a_file_and_a_heading_of_it(page: Path) -> None:
    lost = []
    for link in pages.links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in pages.anchors(target)):
            lost.append(link)

    assert lost == []


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_a_page_is_short_enough_to_be_read(page: Path) -> None:
    assert len(pages.text(page).splitlines()) <= _LONGEST_PAGE


def test_the_readme_is_read_in_two_minutes() -> None:
    readme = pages.text(pages.ROOT / "README.md")

    assert len(readme.splitlines()) <= _LONGEST_README


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_a_page_names_no_folder_of_a_machine_and_no_registry(page: Path) -> None:
    assert _MACHINE.findall(pages.text(page)) == []
    assert _REGISTRY.findall(pages.text(page)) == []


@pytest.mark.parametrize("page", pages.PAGES, ids=pages.name)
def test_an_address_is_on_loopback_or_says_that_it_is_an_example(page: Path) -> None:
    found = _ADDRESS.findall(pages.text(page))

    assert [each for each in found if not each.startswith((_LOOPBACK, _PLACEHOLDER))] == []


def test_every_page_can_be_found_from_the_readme() -> None:
    reached, waiting = set[Path](), [pages.ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page not in pages.PAGES:
            continue
        reached.add(page)
        targets = [link.partition("#")[0] for link in pages.links(page)]
        waiting += [(page.parent / target).resolve() for target in targets if target]

    assert sorted(map(pages.name, reached)) == sorted(map(pages.name, pages.PAGES))
