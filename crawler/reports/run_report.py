"""The report of one run, `crawl/report.json`: renewed while it runs, and written at its end."""

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from crawler.job import Job
from crawler.reports.traffic import Traffic
from store.errors import UserError
from store.logs import printable

if TYPE_CHECKING:
    from crawler.memory.tables import Tables
    from crawler.reports.counts import Counts

_OF_RULE = ("table", "source", "rule", "count", "url")
_PROBLEMS = ("missing", "drift", "denied", "error")


@dataclass(frozen=True)
class CrawlReport:
    """What is in the tables, by outcome, and what the run added (`new_…`); as in report.json."""

    pages: dict[str, int]
    photos: dict[str, int]
    bokes: int | None
    """Distinct boke in the tables; null while it runs, since counting them reads all pages."""
    new_pages: dict[str, int]
    new_photos: dict[str, int]
    new_left_out: int
    new_impossible_dates: int
    seconds: float
    finished_at: str | None
    """When it ended, in UTC as all times here; null while it runs."""
    failure: str | None
    """The message that it ended with, if that was no success."""
    stand_ins: dict[str, int] = field(default_factory=dict)
    """Pictures that stand for photos that are not there, by sha256: for how many addresses each answers."""
    left_out: dict[str, int] = field(default_factory=dict)
    """What robots.txt and tdmrep.json closed in this run, by table."""
    left_out_by_rule: list[dict[str, object]] = field(default_factory=list)
    """What settings and opt-outs leave out by now: table, source, rule, count, and an example's address."""
    warnings: list[str] = field(default_factory=list)
    pauses: int = 0
    """How often a host was left alone in this run, for `paused_seconds` in all; the newest are listed."""
    paused_seconds: float = 0.0
    last_pauses: list[dict[str, object]] = field(default_factory=list)
    state: Literal["running", "done", "failed", "stopped"] = "done"
    """`stopped`: a signal came, or the command that started it has ended."""
    complete: bool = False
    """Whether all is fetched that it was asked for, within `max_pages` and `max_photos`."""
    exit_status: int | None = None
    started_at: str | None = None
    renewed_at: str | None = None
    """When this was written: if that is long ago and `state` is `running`, the crawl was killed."""
    new_bokes: int = 0
    waiting: int = 0
    """Addresses that are known and still to be fetched, as far as they fit in memory."""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of requests for pages, photos and rules (robots.txt, tdmrep.json): how often each HTTP status came,
    bytes of the bodies as they were sent, seconds to the answer's head (p50, p90, p99, max)."""
    retries: dict[str, int] = field(default_factory=dict)
    """Answers to requests that were made again, at once or after others, by kind of request."""
    retry_reasons: dict[str, int] = field(default_factory=dict)
    """How often an address was asked for again, by reason: a status, a fault, or an exception's name."""
    exceptions: dict[str, int] = field(default_factory=dict)
    """Requests without an answer, by the exception's name."""
    log_messages: dict[str, int] = field(default_factory=dict)
    """Lines of the log by level."""

    @classmethod
    def running(cls, job: Job, counts: "Counts", traffic: Traffic, seconds: float, waiting: int) -> Self:
        """Return the report of a crawl that runs, from what is in memory."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(
            pages=dict(+counts.pages),
            photos=dict(+counts.photos),
            bokes=None,
            new_pages=dict(counts.new_pages),
            new_photos=dict(counts.new_photos),
            new_left_out=counts.new_left_out,
            new_impossible_dates=counts.new_impossible_dates,
            seconds=round(seconds, 3),
            finished_at=None,
            failure=None,
            left_out=dict(counts.left_out),
            warnings=counts.warnings,
            pauses=counts.pauses,
            paused_seconds=round(counts.paused_seconds, 3),
            last_pauses=[dict(vars(pause)) for pause in counts.last_pauses],
            state="running",
            started_at=job.started.isoformat(timespec="seconds"),
            renewed_at=now,
            new_bokes=counts.new_bokes,
            waiting=waiting,
            answers=traffic.answers(),
            retries=traffic.below("bokeru/retries/"),
            retry_reasons=traffic.below("retry/reason_count/"),
            exceptions=traffic.below("downloader/exception_type_count/"),
            log_messages=traffic.below("log_count/"),
        )

    def with_tables(self, tables: "Tables") -> Self:
        """Return the report with what is in the tables, counted there."""
        return replace(
            self,
            pages=tables.outcomes("pages"),
            photos=tables.outcomes("images"),
            bokes=tables.bokes(),
            stand_ins=tables.stand_ins(),
            left_out_by_rule=[
                {name: row[name] for name in _OF_RULE}
                for row in tables.left_out_by_rule(sum(self.new_pages.values()))
            ],
        )

    def ended(self, failure: UserError | None, *, status: int | None = None) -> Self:
        """Return the report of a crawl that has ended so.

        Args:
            failure: what was wrong; None if nothing was.
            status: the exit status where a signal ended it.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return replace(
            self,
            state="stopped" if status else "failed" if failure else "done",
            complete=not (status or failure),
            exit_status=status or (failure.exit_status if failure else 0),
            failure=str(failure) if failure else None,
            finished_at=now,
            renewed_at=now,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the content of report.json."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"crawl: {self._in_the_tables()}; {self._in_this_run()}"]
        lines += [
            f"crawl: one picture stands for {count:,} photos, and no dataset takes it ({sha256}). "
            "If it is a photo, name it in crawl.not_stand_ins"
            for sha256, count in self.stand_ins.items()
        ]
        lines += [
            f"crawl: left out by {printable(str(rule['rule'])[:200])}: {rule['count']:,} {rule['table']}, "
            f"such as {rule['url']}"
            for rule in self.left_out_by_rule
            if rule["source"] != "crawl.lists_after"  # that is every list, every time
        ]
        if self.pauses:
            last = self.last_pauses[-1]
            lines.append(
                f"crawl: left hosts alone ({self.pauses:,} pauses, {self.paused_seconds:,.0f} s in all); "
                f"last {last['host']}: {last['reason']}"
            )
        return printable("\n".join(lines))

    def _in_the_tables(self) -> str:
        both = {name: self.pages.get(name, 0) + self.photos.get(name, 0) for name in _PROBLEMS}
        problems = "".join(f", {count:,} {name}" for name, count in both.items() if count)
        if self.new_left_out:
            problems += f", {self.new_left_out:,} entries left out that are no boke"
        if closed := sum(self.left_out.values()):
            problems += f", {closed:,} left out by robots.txt or tdmrep.json"
        pages, photos = self.pages.get("ok", 0), self.photos.get("ok", 0)
        return f"{pages:,} pages, {photos:,} photos, {self.bokes or 0:,} boke{problems}"

    def _in_this_run(self) -> str:
        pages, photos = sum(self.new_pages.values()), sum(self.new_photos.values())
        rate = pages * 60 / max(self.seconds, 1e-3)
        megabytes = sum(answer["bytes"] for answer in self.answers.values()) / 1e6
        return (
            f"{pages + photos:,} fetched in {self.seconds:,.0f} s "
            f"({rate:,.{int(rate < 10)}f} pages a minute, {megabytes:,.1f} MB)"
        )
