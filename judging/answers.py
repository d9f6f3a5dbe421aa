"""What the command `contest` answers beside a report and a plan."""

from dataclasses import dataclass

from judging.contest import Task


@dataclass(frozen=True)
class Listed:
    """A contest: what is compared, on how many pairs of photos of which split, and when they were drawn."""

    name: str
    task: Task
    systems: list[str]
    photos: str
    pairs: int
    left_out: dict[str, int]
    created: str


@dataclass(frozen=True)
class Opened:
    """Where people judge: a page of the web app, and links to it with new keys, to be put behind its host."""

    contest: Listed
    page: str
    links: list[str]


@dataclass(frozen=True)
class Published:
    """The folder with the votes as one Parquet file, and its card."""

    directory: str
