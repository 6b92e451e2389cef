"""The first hour: the rule that a newcomer breaks is there, and so is the test that sees it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs import pages

_PAGE = pages.DOCS / "first-hour.md"
_RULE = "policies/billing/pricing.py"
_TESTS = "tests/unit/policies/test_pricing.py"


def _python() -> list[str]:
    return [block.text for block in pages.blocks(_PAGE) if block.language == "python"]


def _named() -> list[str]:
    return re.findall(r"^FAILED (\S+)$", pages.text(_PAGE), re.MULTILINE)


def test_the_rule_that_is_changed_stands_in_its_file_once() -> None:
    before, after = _python()
    policy = (pages.ROOT / _RULE).read_text()

    assert policy.count(before) == 1
    assert policy.count(after) == 0


def test_the_change_breaks_the_cases_that_are_named_and_no_other(tmp_path: Path) -> None:
    before, after = _python()
    for room in ("canonical", "policies"):
        shutil.copytree(pages.ROOT / room, tmp_path / room)
    for file in ("pyproject.toml", "tests/fakes.py", _TESTS):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pages.ROOT / file, tmp_path / file)
    rule = tmp_path / _RULE
    rule.write_text(rule.read_text().replace(before, after))

    command = [sys.executable, "-m", "pytest", "--quiet", _TESTS]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own tests

    failed = re.findall(r"^FAILED (\S+)", run.stdout, re.MULTILINE)
    assert sorted(failed) == sorted(_named())
