"""`scrapy fetch URL`: prints what a site answers."""

from scrapy.commands import fetch

from crawler.scrapy_project.command import PlainCommand


class Command(PlainCommand, fetch.Command):
    """Scrapy's own, in plain words; http://bokete.test/... is the embedded site."""
