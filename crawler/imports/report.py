"""What an import of WARC files read, and what it left out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crawler.items import LeftOutRow, PageRow, Row
from store.errors import Unexpected
from store.logs import printable

_SHOWN = 5


@dataclass
class WarcReport:
    """Counts of an import.

    Args:
        files: how many files were read.
        records: how many records they have.
        pages: new rows of pages by outcome.
        photos: new rows of photos by outcome.
        bokes: boke on the new pages.
        known: pages and photos that the tables had already, of the same address and time.
        left_out: what was left out, by reason.
        examples: for each reason the first address.
        others: what is on hosts that the settings do not name, by host and kind of content.
        kinds: the records by WARC-Type.
        damage: what could not be read of a file.
        has_photos: whether the crawl had photos before, whoever fetched them.
    """

    files: int = 0
    records: int = 0
    pages: Counter[str] = field(default_factory=Counter)
    photos: Counter[str] = field(default_factory=Counter)
    bokes: int = 0
    known: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    others: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    kinds: Counter[str] = field(default_factory=Counter)
    damage: dict[Path, list[str]] = field(default_factory=dict)
    has_photos: bool = False

    def leave_out(self, reason: str, address: str) -> None:
        """Count what is left out."""
        self.left_out[reason] += 1
        self.examples.setdefault(reason, address)

    def add(self, row: Row) -> None:
        """Count a row that was written."""
        if isinstance(row, LeftOutRow):
            self.leave_out(f"closed by {row['source']} ({row['rule']})", str(row["url"]))
        elif isinstance(row, PageRow):
            self.pages[str(row["outcome"])] += 1
            self.bokes += len(row["bokes"])  # type: ignore[arg-type]
        else:
            self.photos[str(row["outcome"])] += 1

    def __str__(self) -> str:
        new = f"{self._counted(self.pages, 'pages')} with {self.bokes:,} boke and "
        known = f"; {self.known['pages']:,} pages and {self.known['images']:,} photos were there already"
        lines = [
            f"{self.files:,} files with {self.records:,} records: {new}"
            f"{self._counted(self.photos, 'photos')} imported{known if self.known.total() else ''}",
            *self.notes(),
        ]
        return "\n  ".join(map(printable, lines))

    def notes(self) -> Iterator[str]:
        """Yield what was left out, the commonest first, and what is damaged."""
        for reason, count in self.left_out.most_common():
            yield f"left out, {reason}: {count:,}, such as {self.examples[reason][:200]}"
        if self.others:
            yield f"on hosts that the settings do not name: {self.hosts()}"
        for path, reasons in self.damage.items():
            more = f", and {len(reasons) - 1:,} more places" if len(reasons) > 1 else ""
            yield f"{path} is damaged: {reasons[0]}{more}. What else it has was read"

    def hosts(self) -> str:
        """Return the commonest other hosts with what they have."""
        by_count = sorted(self.others, key=lambda host: -self.others[host].total())
        shown = [f"{host} ({self._kinds(self.others[host])})" for host in by_count[:_SHOWN]]
        return ", ".join([*shown, *([f"{len(by_count) - _SHOWN:,} more"] if len(by_count) > _SHOWN else [])])

    def check(self, site: str, hosts: frozenset[str], command: str) -> None:
        """Do nothing where pages were read, and the crawl has photos.

        Args:
            site: the address that pages are taken from.
            hosts: those that photos are taken from.
            command: the one that fetches photos.

        Raises:
            Unexpected: no page could be read; or the crawl has not a single photo.
        """
        if not self.pages["ok"] and not self.known["pages"]:
            of_them = f", of {self._counted(self.pages, 'pages')}" if self.pages else ""
            found = [f"Found: {self._kinds(self.kinds) or 'no record'}", *self.notes()]
            raise Unexpected(f"no page of {site} could be read{of_them}. {'. '.join(found)}")
        if not self.has_photos and not self.photos["ok"]:
            raise Unexpected(
                f"{self}\nNone of the photos that these pages show was found: they are taken from "
                f"{', '.join(sorted(hosts))} (crawl.image_hosts). The pages are kept. Import the files that "
                f"have the photos, or fetch these: {command}"
            )

    @staticmethod
    def _counted(outcomes: Counter[str], what: str) -> str:
        others = ", ".join(f"{count:,} {name}" for name, count in outcomes.most_common())
        return f"{outcomes.total():,} {what}{f' ({others})' if set(outcomes) - {'ok'} else ''}"

    @staticmethod
    def _kinds(kinds: Counter[str]) -> str:
        shown = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common(3))
        return shown + (", …" if len(kinds) > 3 else "")
