"""Runs the suite and keeps its table: `python -m tests.connectors.conformance`."""

import sys
from pathlib import Path

import pytest

from tests.connectors.conformance import table


class _Keeper:
    """Writes the page when every case of every connector has passed or does not apply."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        results = getattr(session.config, "conformance", None)
        if isinstance(results, table.Results) and set(results.cells().values()).isdisjoint(
            table.BAD
        ):
            table.PAGE.write_text(table.rendered(results.cells()), encoding="utf-8")


def main() -> int:
    """Run the folder, without the test that compares, which would see the old page."""
    folder = str(Path(__file__).parent)
    old = "--deselect=tests/connectors/conformance/test_table.py::test_the_kept_table_is_what_ran"
    return int(pytest.main([folder, "-q", old, *sys.argv[1:]], plugins=[_Keeper()]))


if __name__ == "__main__":
    sys.exit(main())
