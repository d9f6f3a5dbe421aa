"""The history's file, and the run that is added to it: its figures by stretch, compared while it runs."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from crawler.history.deviation import LEAST_PAGES, deviations
from crawler.history.figures import Tally, values
from crawler.items import PageRow
from crawler.job import Job
from crawler.parsing.outside import versions
from crawler.reports.run_report import CrawlReport
from store.errors import Unexpected
from store.manifest import fingerprint
from store.place import bokeru
from store.register.crawl_runs import crawl_runs
from store.schema import HISTORY

Row = dict[str, Any]

_STRETCH = 100
"""Pages of the first stretch. The second has as many, the third 200, then 400, 800, and so on: a run has few
stretches however long it is, and what goes wrong is noticed within a few times the pages before it."""
_LEAST_OF_THE_LAST = 50
"""Pages that the last stretch has at least, for it to count: a run may end anywhere in it."""
_JUDGED = (0, 1, 3, 6, 129, 130, 143)
"""Exit statuses of runs whose pages count as usual ones."""


class History:
    """The runs before this one, and this one as far as it is.

    The order of a crawl is no accident: the newest odai come first, and have fewest boke. So a stretch of a
    run is compared with the same stretch of earlier runs, and never with all of them.

    Raises:
        DamagedFile: the file of earlier runs is not whole.
    """

    def __init__(self, job: Job) -> None:
        self._job, self.scope = job, scope(job)
        usual = usual_runs(load_history(job), self.scope)
        self._earlier: list[list[Row]] = [run["stretches"] or [] for run in usual]
        self._all, self._stretch = Tally(), Tally()
        self._stretches: list[Row] = []
        self.alarm: str | None = None

    def add(self, row: PageRow) -> Unexpected | None:
        """Add a page; return what ends the crawl, where it completes a stretch that is not like others."""
        self._stretch.add(row)
        if self._stretch.pages >= _STRETCH * 2 ** max(len(self._stretches) - 1, 0):
            return self._end_stretch()
        return None

    def end(self) -> Unexpected | None:
        """End the last stretch, which may be short."""
        if self._stretch.pages >= _LEAST_OF_THE_LAST:
            return self._end_stretch()
        self._all.join(self._stretch)
        self._stretch = Tally()
        return None

    def _end_stretch(self) -> Unexpected | None:
        place, tally = len(self._stretches), self._stretch
        self._stretch = Tally()
        self._all.join(tally)
        figures = tally.figures(LEAST_PAGES)
        self._stretches.append({"pages": tally.pages, **values(figures)})
        earlier = [stretches[place] for stretches in self._earlier if len(stretches) > place]
        found = deviations(figures, earlier)
        if not found or self.alarm:
            return None
        self.alarm = "; ".join(map(str, found))
        look, accept = bokeru("parse", "FILE", "--url", "URL"), self._job.place.command("history", "--accept")
        return Unexpected(
            f"this crawl is not like the ones before it ({self.alarm}), though each page can be read. Look "
            f"at some in a browser. If they show more than the rows have, the layout has changed (`{look}` "
            f"shows what a saved page yields); if all is right, make it the new normal: {accept}. "
            f"Then: {self._job.command}"
        )

    def rows(self, report: CrawlReport) -> list[Row]:
        """Return all rows of the file, the last one of them this run's as the report tells it."""
        run = self._row(report)
        return [*(row for row in load_history(self._job) if row["started"] != run["started"]), run]

    def _row(self, report: CrawlReport) -> Row:
        answers = report.answers
        seconds = answers.get("pages", {}).get("seconds", {})
        # The report tells whole seconds: a crawl of less than one would have ended before it started.
        ended = (
            max(datetime.fromisoformat(report.finished_at), self._job.started) if report.finished_at else None
        )
        return {
            **dict.fromkeys(HISTORY.names),
            **values(self._all.figures()),
            "started": self._job.started,
            "ended": ended,
            "status": report.exit_status,
            "failure": report.failure,
            "scope": self.scope,
            "pages": report.new_pages,
            "photos": report.new_photos,
            "bokes": report.new_bokes,
            "bytes": sum(answer["bytes"] for answer in answers.values()),
            **{f"latency_{name}": seconds.get(name) for name in ("p50", "p90", "p99")},
            "responses": dict(_responses(answers)),
            "left_out": report.left_out,
            "stretches": self._stretches,
            "alarm": self.alarm,
            "accepted": False,
        }


def _responses(answers: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    for kind, answer in answers.items():
        for status, count in answer["statuses"].items():
            yield f"{kind}/{status}", count


def load_history(job: Job) -> list[Row]:
    """Return the rows of the runs so far, the oldest first; none where there is no file yet.

    Raises:
        DamagedFile: it is not whole.
    """
    return crawl_runs(job.directory)


def scope(job: Job) -> str:
    """Return 8 digits that change with the settings that say what is fetched: others find other pages."""
    options = job.options.model_dump(mode="json")
    names = ("site", "start", "odai", "odai_file", "order", "min_stars", "max_page_number", "render")
    # Only where there are any: the runs of before are still of one scope.
    others = [versions(job.options.layouts)] if job.options.layouts else []
    return fingerprint(*(options[name] for name in names), *others)[:8]


def usual_runs(runs: list[Row], of_scope: str) -> list[Row]:
    """Return the runs that tell what is usual: of the same scope, from the last accepted one on."""
    same = [run for run in runs if run["scope"] == of_scope]
    accepted = max((place for place, run in enumerate(same) if run["accepted"]), default=0)
    return [run for run in same[accepted:] if run["accepted"] or run["status"] in _JUDGED]
