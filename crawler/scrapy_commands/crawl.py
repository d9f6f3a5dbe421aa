"""`scrapy crawl bokete -a pipeline=NAME`: Scrapy's own command ends with 0 whatever became of the crawl."""

import argparse
from importlib.metadata import entry_points

from scrapy.commands import crawl
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError

from crawler.guarded_settings import check
from crawler.job import Job
from crawler.run import crawl as run_crawl
from store.place import CONFIG, invoked
from store.processes.ending import exit_status


class Command(crawl.Command):
    """Crawls a pipeline in this process; ends with the message and the exit status of `bokeru crawl`."""

    def syntax(self) -> str:
        """Return what follows `scrapy crawl`."""
        return "[options] bokete -a pipeline=NAME"

    def short_desc(self) -> str:
        """Return the command's line in the list of commands."""
        return "Fetch what is still missing of a pipeline of pipelines.yaml"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl; `exitcode` is then what the process ends with."""
        if args != ["bokete"] or set(opts.spargs) != {"pipeline"}:
            raise UsageError(f"wanted: scrapy crawl {self.syntax()}")
        pipeline = opts.spargs["pipeline"]
        with invoked(CONFIG, pipeline):
            self.exitcode = exit_status(lambda: self._crawl(pipeline))

    def _crawl(self, pipeline: str) -> None:
        # The crawler may not import what reads pipelines.yaml, so it finds that by its entry point.
        (entry,) = entry_points(group="bokeru.crawl", name="job")
        with entry.load()(pipeline) as (options, directory, address, notify):
            job = Job(options, directory, address, pipeline, notify=notify)
            assert isinstance(self.crawler_process, AsyncCrawlerProcess)
            check(self.crawler_process.settings, job)
            print(run_crawl(job, process=self.crawler_process))
