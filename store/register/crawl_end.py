"""Whether a crawl is complete, for whoever reads its tables: its report tells how the last run ended."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from store.errors import DamagedFile
from store.place import Place
from store.whole_file import read_object

REPORT = "report.json"
STOPPED = "a signal stopped it"
RUNNING = "it is running, or was killed"


@dataclass(frozen=True)
class Incomplete:
    """A crawl that has not all that it was asked for.

    Args:
        crawl: its directory.
        why: the message that it ended with, or what became of it.
        waiting: addresses that were known and still to be fetched.
    """

    crawl: Path
    why: str
    waiting: int

    def __str__(self) -> str:
        left = f", and {self.waiting:,} known addresses wait" if self.waiting else ""
        command = Place.of(self.crawl).command("crawl")
        return f"{self.crawl} is not complete: {self.why.rstrip('.')}{left}. Go on with: {command}"


def incomplete(crawl: Path) -> Incomplete | None:
    """Return why a crawl is not complete.

    None where it is, and where nothing tells: an import has no report, one of 0.1 does not say how it ended.
    What a limit on size (`max_pages`, `max_photos`) left is not asked for.
    """
    with suppress(FileNotFoundError, DamagedFile, OSError):
        report = read_object(crawl / REPORT)
        whys = {"running": RUNNING, "stopped": STOPPED, "failed": str(report.get("failure") or "it failed")}
        if why := whys.get(str(report.get("state"))):
            waiting = report.get("waiting")
            return Incomplete(crawl, why, waiting if isinstance(waiting, int) else 0)
    return None
