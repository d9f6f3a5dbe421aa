"""`scrapy parse URL`: what the spider reads from an address, and where it would go from there."""

import argparse
import json
import warnings

from scrapy.commands import parse
from scrapy.exceptions import ScrapyDeprecationWarning
from scrapy.exporters import BaseItemExporter
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils import display

from crawler.scrapy_project.command import PlainCommand
from crawler.scrapy_project.given_settings import hint
from store.errors import UsageError


class Command(PlainCommand, parse.Command):
    """Scrapy's own, in plain words, with the one spider as the default; photos stand there by their names."""

    def check(self, args: list[str], opts: argparse.Namespace, settings: BaseSettings) -> None:
        """Refuse, beside what all commands do, callbacks and arguments that the spider does not have.

        Raises:
            UsageError: the first of these.
        """
        super().check(args, opts, settings)
        loader = get_spider_loader(settings)
        opts.spider = opts.spider or loader.list()[0]
        spider = loader.load(opts.spider)
        if opts.callback and not callable(getattr(spider, opts.callback, None)):
            callbacks = [name for name in dir(spider) if name.startswith("parse")]
            raise UsageError(f"{opts.spider} has no callback {opts.callback}{hint(opts.callback, callbacks)}")
        for option, text in (("-m", opts.meta), ("--cbkwargs", opts.cbkwargs)):
            if text and not _is_json_object(text):
                raise UsageError(f"{option} should be a JSON object, not {text}")
        if opts.spargs:
            raise UsageError(
                f"{opts.spider} takes no -a {opts.spargs[0]} here: scrapy parse needs no pipeline"
            )

    def run_own(self, args: list[str], opts: argparse.Namespace) -> None:
        """Fetch and parse; Scrapy's own wraps every callback in what it has since deprecated."""
        warnings.filterwarnings("ignore", ".* returned a Deferred", ScrapyDeprecationWarning)
        super().run_own(args, opts)

    def print_results(self, opts: argparse.Namespace) -> None:
        """Print what was read; nothing where there was no answer."""
        if self.first_response:
            super().print_results(opts)

    def print_items(self, lvl: int | None = None, colour: bool = True) -> None:
        """Print the items as a feed would have them."""
        levels = self.items.values() if lvl is None else [self.items.get(lvl, [])]
        exporter = _Plain()
        print("# Scraped Items ", "-" * 60)
        rows = [dict(exporter.get_serialized_fields(item)) for level in levels for item in level]
        display.pprint(rows, colorize=colour)


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


class _Plain(BaseItemExporter):
    def export_item(self, item: object) -> None:
        raise NotImplementedError
