"""`scrapy crawl bokete -a pipeline=NAME`: Scrapy's own command ends with 0 whatever became of the crawl."""

import argparse
import sys
from importlib.metadata import entry_points

from scrapy.commands import crawl
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import BaseSettings

from crawler.job import Job
from crawler.run import crawl as run_crawl
from crawler.scrapy_project.command import PlainCommand, check_spider
from crawler.scrapy_project.guarded_settings import check
from store.errors import UsageError
from store.place import CONFIG, invoked
from store.processes.ending import exit_status


class Command(PlainCommand, crawl.Command):
    """Crawls a pipeline in this process; ends with the message and the exit status of `bokeru crawl`."""

    wants_address = False

    def syntax(self) -> str:
        """Return what follows `scrapy crawl`."""
        return "[options] bokete -a pipeline=NAME"

    def short_desc(self) -> str:
        """Return the command's line in the list of commands."""
        return "Fetch what is still missing of a pipeline of pipelines.yaml"

    def check(self, args: list[str], opts: argparse.Namespace, settings: BaseSettings) -> None:
        """Refuse, beside what all commands do, what names no crawl.

        Raises:
            UsageError: no spider, no pipeline, or an argument that the spider does not take.
        """
        super().check(args, opts, settings)
        if len(args) != 1:
            raise UsageError(f"scrapy crawl takes one spider: scrapy crawl {self.syntax()}")
        check_spider(args[0], settings)
        given = [pair.partition("=")[0] for pair in opts.spargs]
        if unknown := next((name for name in given if name != "pipeline"), None):
            raise UsageError(f"{args[0]} takes no -a {unknown}; it takes -a pipeline=NAME")
        if opts.spargs[-1:] in ([], ["pipeline="]):
            raise UsageError(
                f"a crawl needs a pipeline of pipelines.yaml: scrapy crawl {args[0]} -a pipeline=NAME"
            )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl; `exitcode` is then what the process ends with."""
        pipeline = opts.spargs["pipeline"]
        with invoked(CONFIG, pipeline):
            self.exitcode = exit_status(lambda: self._crawl(pipeline))

    def _crawl(self, pipeline: str) -> None:
        # The crawler may not import what reads pipelines.yaml, so it finds that by its entry point.
        (entry,) = entry_points(group="bokeru.crawl", name="job")
        with entry.load()(pipeline) as (options, directory, address, notify):
            job = Job(options, directory, address, pipeline, notify=notify)
            assert isinstance(self.crawler_process, AsyncCrawlerProcess)
            settings = self.crawler_process.settings
            check(settings, job)
            # Whoever reads the feed from standard output wants nothing else there.
            is_fed = any(str(feed).startswith("stdout:") for feed in settings.getdict("FEEDS"))
            print(run_crawl(job, process=self.crawler_process), file=sys.stderr if is_fed else sys.stdout)
