"""The log: lines with time and level on standard error, safe to look at whatever a site sent.

Nothing is written to a file and nothing rotates: whoever runs a command in the background has a place for its
standard error (systemd's journal, a file with logrotate).
"""

import logging
import re
import sys
from typing import TextIO

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
"""What is shown without -v, with -v, and with -vv."""
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_TIME = "%Y-%m-%dT%H:%M:%S%z"
_OURS = ("commands", "crawler", "dataset", "featurize", "scrapy", "store", "train", "web")
"""Loggers whose notes are shown with -v; those of other libraries show warnings only."""
_SETUP = ("scrapy.addons", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log")
"""Loggers that list versions, settings and components over dozens of lines: with -vv."""
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, ESC and CR among them; tab and line feed stay
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # line separators, and what turns the direction of text
    "\ud800-\udfff]"  # halves of pairs, which no stream can write
)
"""Characters that a terminal is not shown as they are."""


def printable(text: str) -> str:
    """Return text that is safe on a terminal: what moves a cursor or hides a text is escaped, as `\\x1b` is.

    Messages quote what sites send: titles, rules, addresses. Line feeds stay; see `Formatter`.
    """
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


class Formatter(logging.Formatter):
    """Formats as another formatter does, then escapes, and indents every line after the first.

    So a line feed in what a site sent cannot begin a line that looks like one of ours.
    """

    def __init__(self, inner: logging.Formatter | None = None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter(_FORMAT, _TIME)

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a record."""
        return printable(self._inner.format(record)).replace("\n", "\n    ")


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what is standard error at the moment: while it runs, a progress bar puts itself there."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _is_shown(record: logging.LogRecord) -> bool:
    is_setup = record.name in _SETUP and not logging.root.isEnabledFor(logging.DEBUG)
    return record.levelno >= logging.WARNING or (record.name.partition(".")[0] in _OURS and not is_setup)


def level(verbosity: int) -> int:
    """Return the level that is shown for so many -v."""
    return LEVELS[min(verbosity, len(LEVELS) - 1)]


def start_log(verbosity: int) -> None:
    """Show the log of this process on standard error.

    Args:
        verbosity: how many -v were given: 0 shows warnings, 1 also what is done, 2 also each request.
    """
    for handler in [one for one in logging.root.handlers if isinstance(one, _StandardError)]:
        logging.root.removeHandler(handler)
    handler = _StandardError()
    handler.setFormatter(Formatter())
    handler.setLevel(level(verbosity))
    handler.addFilter(_is_shown)
    logging.root.addHandler(handler)
    logging.root.setLevel(level(verbosity))


def escape_all() -> None:
    """Escape in the lines of handlers that others installed, such as those of `scrapy crawl`."""
    for handler in logging.root.handlers:
        if not isinstance(handler.formatter, Formatter):
            handler.setFormatter(Formatter(handler.formatter))
