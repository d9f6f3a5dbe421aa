"""`scrapy view URL`: shows in a browser what a site answers."""

from scrapy.commands import view

from crawler.scrapy_project.command import PlainCommand


class Command(PlainCommand, view.Command):
    """Scrapy's own, in plain words; http://bokete.test/... is the embedded site."""
