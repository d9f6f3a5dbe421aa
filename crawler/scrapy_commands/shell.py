"""`scrapy shell URL`: a Python console with a site's answer."""

import argparse
import sys
from typing import Any

from scrapy.commands import shell

from crawler.network.transport import in_words
from crawler.scrapy_project.command import PlainCommand
from store.errors import UserError


class Command(PlainCommand, shell.Command):
    """Scrapy's own, in plain words; it may also start without an address, or with a file."""

    wants_address = False

    def run_own(self, args: list[str], opts: argparse.Namespace) -> None:
        """Open the console, or evaluate the code that was given.

        Raises:
            UserError: there is no answer, or the code does not run.
        """
        try:
            super().run_own(args, opts)
        except Exception as error:
            raise UserError(f"{' '.join(args) or opts.code}: {in_words(error)}") from error

    def update_vars(self, vars: dict[str, Any]) -> None:
        """Say what the console would only show as a response that is None."""
        request = vars.get("request")
        if request is not None and vars.get("response") is None:
            print(f"bokeru: {request.url} was not fetched, so there is no response", file=sys.stderr)
