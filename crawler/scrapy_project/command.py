"""What the project's Scrapy commands share: a line says what is missing or wrong, never a traceback."""

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from urllib.parse import urlsplit

import scrapy.exceptions
from scrapy import Request
from scrapy.commands import ScrapyCommand
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader
from w3lib.url import is_url

from crawler.network.transport import in_words
from crawler.options import EMBEDDED_SITE
from crawler.scrapy_project.given_settings import check_given
from store.errors import SiteRefuses, UsageError, UserError, first_by_status
from store.processes.ending import exit_status

_LOGGERS = ("scrapy.core.scraper", "scrapy.downloadermiddlewares.robotstxt", "scrapy.commands.parse")


class PlainCommand(ScrapyCommand):
    """A command of Scrapy's with the exit statuses of `bokeru`: 2 wrong use, 1 no answer, 4 not permitted.

    An address of the embedded site, http://bokete.test/..., is served for as long as the command runs.
    """

    wants_address = True

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the command line, and hand it to Scrapy's own; ends with 2 and a line where it is wrong."""
        assert self.settings is not None
        settings = self.settings
        if status := exit_status(lambda: self._process_options(args, opts, settings)):
            sys.exit(status)

    def _process_options(self, args: list[str], opts: argparse.Namespace, settings: BaseSettings) -> None:
        self.check(args, opts, settings)
        try:
            super().process_options(args, opts)
        except scrapy.exceptions.UsageError as error:  # which Scrapy shows below its own help
            raise UsageError(str(error)) from None

    def check(self, args: list[str], opts: argparse.Namespace, settings: BaseSettings) -> None:
        """Refuse what Scrapy would take in silence, or end with a traceback for.

        Raises:
            UsageError: a setting, spider, address or option that does not exist.
        """
        check_given(opts.set, opts.loglevel, settings)
        name = type(self).__module__.rpartition(".")[2]
        if unknown := next((arg for arg in args if arg.startswith("-")), None):
            raise UsageError(f"scrapy {name} has no option {unknown.partition('=')[0]}: see scrapy {name} -h")
        if self.wants_address and (len(args) != 1 or not is_url(args[0])):
            given = f", not {' '.join(args)}" if args else ""
            raise UsageError(f"scrapy {name} takes one address, as http://…{given}")
        if spider := getattr(opts, "spider", None):
            check_spider(spider, settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what Scrapy's own command does; `exitcode` is then what the process ends with."""
        self.exitcode = exit_status(lambda: self._run(args, opts)) or self.exitcode

    def _run(self, args: list[str], opts: argparse.Namespace) -> None:
        with _served(self.address(args), self.settings), _troubles() as troubles:
            self.run_own(args, opts)
        # Of a host that does not answer at all, its robots.txt was asked first, and says less.
        of_pages = [trouble for url, trouble in troubles.items() if not url.endswith("/robots.txt")]
        if trouble := first_by_status(of_pages or troubles.values()):
            raise trouble

    def address(self, args: list[str]) -> str:
        """Return the address that is asked for first; the embedded site is served where it is its own."""
        return args[0] if args else ""

    def run_own(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run Scrapy's own command."""
        super().run(args, opts)  # type: ignore[safe-super]


def check_spider(name: str, settings: BaseSettings) -> None:
    """Refuse a spider that does not exist.

    Raises:
        UsageError: it does not; the message names those that do.
    """
    names = get_spider_loader(settings).list()
    if name not in names:
        raise UsageError(f"there is no spider {name!r}; there is: {', '.join(names)}")


@contextmanager
def _served(url: str, settings: BaseSettings | None) -> Iterator[None]:
    """Serve the embedded site where an address is its own; it is reached as a proxy, by its fixed name."""
    if not f".{urlsplit(url).hostname}".endswith(f".{urlsplit(EMBEDDED_SITE).hostname}"):
        yield
        return
    # The crawler may not import the site, so it finds that by its entry point.
    (entry,) = entry_points(group="bokeru.crawl", name="job")
    with entry.load()(None) as (_options, _directory, address, _notify):
        assert settings is not None
        os.environ.update(http_proxy=address, no_proxy="")
        settings.set("HTTPPROXY_ENABLED", True, priority="cmdline")
        yield


@contextmanager
def _troubles() -> Iterator[dict[str, UserError]]:
    """Yield what comes to hold why addresses got no answer, and keep that from the log.

    Scrapy logs each with a traceback, and tells a command nothing.
    """
    found: dict[str, UserError] = {}

    def keep(record: logging.LogRecord) -> bool:
        if record.msg.startswith("No response downloaded"):
            return False
        request = record.args.get("request") if isinstance(record.args, dict) else None
        if not isinstance(request, Request):
            return True
        if "Forbidden by robots.txt" in record.msg:
            reason = f"robots.txt of {urlsplit(request.url).netloc} closes {request.url} to us"
            found[request.url] = SiteRefuses(f"{reason}. Ask the site's owner")
        elif record.exc_info and record.exc_info[1] and "downloading" in record.msg:
            found[request.url] = UserError(f"{request.url} gives no answer: {in_words(record.exc_info[1])}")
        else:
            return True
        return False

    for name in _LOGGERS:
        logging.getLogger(name).addFilter(keep)
    try:
        yield found
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(keep)
