"""What import-linter cannot see: root modules, and words (R-040, R-108)."""

from pathlib import Path

import pytest

from tests.architecture import trees
from tests.architecture.trees import OURS, ROOT, ROOTS, VENDORS

BLIND = [room for room in OURS if room != "connectors"]


@pytest.mark.parametrize("name", ROOTS)
def test_a_root_names_no_vendor(name: str) -> None:
    vendors = tuple(f"connectors.{vendor}" for vendor in VENDORS)

    assert not [found for found in trees.imports(ROOT / name) if found.startswith(vendors)]


def test_of_the_roots_only_the_starter_sees_the_world_and_only_its_stage() -> None:
    seen = {
        name: {found for found in trees.imports(ROOT / name) if found.split(".")[0] == "world"}
        for name in ROOTS
    }

    assert not seen["settings.py"] | seen["worker.py"]
    assert all(found.startswith("world.stage") for found in seen["starter.py"])


@pytest.mark.parametrize("path", trees.sources(*OURS, "world"), ids=trees.name)
def test_only_roots_and_the_bench_import_a_root(path: Path) -> None:
    roots = {Path(name).stem for name in ROOTS}

    assert not [found for found in trees.imports(path) if found.split(".")[0] in roots]


@pytest.mark.parametrize("path", trees.sources(*BLIND), ids=trees.name)
def test_no_vendor_word_outside_its_package(path: Path) -> None:
    text = path.read_text().lower()

    assert not [vendor for vendor in VENDORS if vendor in text]


def test_every_vendor_has_its_system_its_page_and_its_registry_line() -> None:
    registry = (ROOT / "connectors/registry.py").read_text()

    assert VENDORS
    for vendor in VENDORS:
        played = (ROOT / "world/sandboxes" / vendor, ROOT / "world" / vendor)  # or the real thing
        assert any((folder / "__init__.py").exists() for folder in played)
        assert (ROOT / "docs/connectors" / f"{vendor}.md").exists()
        assert f'"{vendor}"' in registry


@pytest.mark.parametrize("path", trees.sources(*OURS, "bench", "world"), ids=trees.name)
def test_the_real_erp_is_never_imported(path: Path) -> None:
    theirs = {"proteus", "trytond"}  # another licence: it stays in a process of its own

    assert not [found for found in trees.imports(path) if found.split(".")[0] in theirs]


def test_the_environment_is_read_only_in_the_settings() -> None:
    reading = [
        trees.name(path)
        for path in trees.sources(*OURS)
        if "os.environ" in path.read_text() and path.name != "stack.py"  # it hands it to children
    ]

    assert reading == []
