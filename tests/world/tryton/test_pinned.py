"""What is installed is what is pinned: every module's package, by hash, from nowhere named."""

import re

import pytest

from world.tryton import house
from world.tryton.house import MODULES, ROOT

_PINNED = house.PINNED.read_text()
_ASKED = (ROOT / "requirements/tryton.in").read_text().split()
_MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_asked_for_and_pinned(module: str) -> None:
    package = f"trytond-{module.replace('_', '-')}"

    assert package in _ASKED
    assert f"\n{package}==" in _PINNED


def test_every_package_has_its_hashes_and_no_place_is_named() -> None:
    packages = re.findall(r"^[a-z].*?(?=^[a-z]|\Z)", _PINNED, re.MULTILINE | re.DOTALL)

    assert len(packages) > len(MODULES)
    assert [each for each in packages if "--hash=sha256:" not in each] == []
    assert "://" not in _PINNED
    assert "-url" not in _PINNED


def test_make_installs_it_by_hash_and_pins_it_again() -> None:
    (recipe,) = re.findall(r"^\$\(TRYTON\)/installed:.*?\n\n", _MAKEFILE, re.MULTILINE | re.DOTALL)

    assert "--require-hashes --requirement $<" in recipe
    assert "-m world.tryton prepare" in recipe
    assert "$(call compile,tryton,requirements/tryton.in)" in _MAKEFILE


def test_the_key_of_a_golden_copy_follows_the_pins_and_the_modules() -> None:
    here = house.House.here()

    assert here.key == house.House(here.home / "elsewhere").key
    assert here.key != house.House(here.home, MODULES[1:]).key
    assert re.fullmatch(r"\d+\.\d+\.\d+", house.version())
