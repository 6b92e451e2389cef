"""The document that a run prints. Every ratio is of figures of the same run."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Self

from pydantic import BaseModel, ConfigDict

Seconds = tuple[float, ...]


class Figures(BaseModel):
    """Immutable figures."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(Figures):
    """Where and with what it was measured; load and changes as they were at the start."""

    at: datetime
    cores: int
    processor: str
    memory_gib: float
    system: str
    python: str
    packages: dict[str, str]
    commit: str
    changed_files: int
    load_average: tuple[float, ...]


class Held(Figures):
    """A figure, the most that it may be, and whether it is within that."""

    figure: float
    bar: float
    holds: bool

    @classmethod
    def within(cls, bar: float, figure: float) -> Self:
        """Return a figure held against its bar."""
        return cls(figure=round(figure, 3), bar=bar, holds=figure <= bar)


class PostingCpu(Figures):
    """CPU seconds per 1,000 entries: medians of the platform's runs, or of the bare loop's.

    Those of a system are also its CPU milliseconds an entry.
    """

    worker: float
    temporal_under_platform: float
    systems_under_platform: dict[str, float]
    systems_under_bare_loop: dict[str, float]
    bare_loop: float


class Posting(Figures):
    """Approved time to posted hour journals. `ratio` is of the medians.

    `sandbox_milliseconds_per_entry` is the CPU time of the systems' sandboxes, both together,
    under the platform: what the platform is measured with must not be what is measured.
    """

    entries: int
    timesheets: int
    entries_per_batch: int
    platform_seconds: Seconds
    bare_loop_seconds: Seconds
    platform_median_seconds: float
    bare_loop_median_seconds: float
    ratio: Held
    sandbox_milliseconds_per_entry: Held | None = None
    cpu_seconds_per_1000_entries: PostingCpu


class History(Figures):
    """Events in the histories of every run that took part; polls that found nothing apart."""

    entries: int
    events_by_process: dict[str, int]
    events_per_1000_entries: Held
    events_of_an_idle_poll: int


class Profile(Figures):
    """Where the worker's CPU seconds go: one run more, with a sampler inside the worker.

    `store` is the store's own code, SQLAlchemy and SQLite's threads; `engine_core` the threads
    of Temporal's SDK outside Python. Samples of the main thread are shared out by the room of
    the innermost frame that belongs to one.
    """

    entries: int
    samples: int
    worker_cpu_seconds_per_1000_entries: float
    by_room: dict[str, float]


class Activation(Figures):
    """Closed-won to an active project, every vendor answering after `latency_seconds`."""

    latency_seconds: float
    seconds: Seconds
    median_seconds: float
    calls_by_system: dict[str, int]
    critical_path: tuple[str, ...]
    critical_path_seconds: float
    ratio: Held


class Engagements(Figures):
    """Deals won in a stream until their projects are active; the rate is of the middle half."""

    deals: int
    seconds_until_all_are_won: float
    seconds_until_all_are_active: float
    per_minute: float
    cpu_seconds_each: dict[str, float]


class Memory(Figures):
    """What a process has in memory: all of it, and its share of what others have too."""

    rss_mib: float
    pss_mib: float


class Peak(Figures):
    """The highest RSS of a process while a part was measured, and what it has afterwards."""

    of: str
    rss_mib: float
    after: Memory


class WorkerMemory(Figures):
    """The memory of the one worker: up and with nothing to do, and at most in each part."""

    at_rest: Memory
    peaks: tuple[Peak, ...]


class Document(Figures):
    """All that was asked for; None stands for a part that was not."""

    machine: Machine
    posting: Posting | None = None
    tryton: Posting | None = None
    history: History | None = None
    profile: Profile | None = None
    activation: Activation | None = None
    engagements: Engagements | None = None
    worker_memory: WorkerMemory | None = None


def rounded(values: Sequence[float]) -> Seconds:
    """Return seconds as they are printed."""
    return tuple(round(value, 3) for value in values)


def middle(values: Sequence[float]) -> float:
    """Return the median as it is printed."""
    return round(median(values), 3)
