"""`scrapy check`: the spider's contracts, on the embedded site."""

import argparse

from scrapy.commands import check
from scrapy.settings import BaseSettings

from crawler.options import EMBEDDED_SITE
from crawler.scrapy_project.command import PlainCommand, check_spider


class Command(PlainCommand, check.Command):
    """Scrapy's own, in plain words; the embedded site is served meanwhile."""

    wants_address = False

    def check(self, args: list[str], opts: argparse.Namespace, settings: BaseSettings) -> None:
        """Refuse, beside what all commands do, spiders that do not exist.

        Raises:
            UsageError: the first of these.
        """
        super().check(args, opts, settings)
        for name in args:
            check_spider(name, settings)

    def address(self, args: list[str]) -> str:
        """Return the embedded site's address: contracts are about its pages."""
        return EMBEDDED_SITE
