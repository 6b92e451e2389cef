"""Progress goes to standard error, a line an event, whatever the event quotes."""

import pytest

from console.progress import Progress

HOSTILE = "Field [City] is empty [/] [red]"


def test_tells_what_happened_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()

    progress.up("worker")
    progress.passed("time.posted", "erp-main/USMF/0/1")
    progress.stopped("E05", "Customer is on hold", "finance")

    told = capsys.readouterr()
    assert told.out == ""
    assert [line.split(" s  ")[1] for line in told.err.splitlines()] == [
        "worker is up",
        "        ✓ time.posted erp-main/USMF/0/1",
        "        ■ E05 Customer is on hold (finance)",
    ]


def test_tells_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()

    progress.note(HOSTILE)
    progress.passed(HOSTILE, HOSTILE)
    progress.stopped("E05", HOSTILE, "finance")

    told = capsys.readouterr().err
    assert told.count(HOSTILE) == 4
