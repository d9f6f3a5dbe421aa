"""The log: what is shown at which level, and that no text of a site's poses as a line or moves the cursor."""

import logging
import re
from collections.abc import Iterator

import pytest

from store import logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    # A test before this one, in the same process, may have started a log of its own.
    logging.root.handlers[:] = [one for one in handlers if not isinstance(one.formatter, logs.Formatter)]
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str], verbosity: int) -> list[str]:
    logs.start_log(verbosity)
    for name in ("crawler.run", "scrapy.core.engine", "numba.core"):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            logging.getLogger(name).log(level, "%s of %s", logging.getLevelName(level), name)
    return capsys.readouterr().err.splitlines()


def test_warnings_alone_are_shown_unless_more_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert [line.split()[1] for line in lines(capsys, 0)] == ["WARNING"] * 3
    assert [line.split()[1] for line in lines(capsys, 1)] == ["INFO", "WARNING"] * 2 + ["WARNING"]
    assert len(lines(capsys, 2)) == len(lines(capsys, 9)) == 7


def test_each_line_has_its_time_with_the_zone(capsys: pytest.CaptureFixture[str]) -> None:
    line = lines(capsys, 0)[0]
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} WARNING crawler\.run: WARNING of crawler\.run", line
    )


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("a\rb\x00\x7f", r"a\rb\x00\x7f"),
        ("\x9b31m", r"\x9b31m"),  # the control sequence introducer in one character
        ("odai\u202egpj.exe", r"odai\u202egpj.exe"),
        ("a\u2028b", r"a\u2028b"),
        ("ボケて\t👨‍👩‍👧 100%", "ボケて\t👨‍👩‍👧 100%"),
    ],
)
def test_what_moves_the_cursor_or_hides_text_is_escaped(
    sent: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.start_log(0)
    logging.getLogger("crawler").warning("title: %s", sent)
    assert capsys.readouterr().err.endswith(f"title: {shown}\n")


def test_a_line_feed_begins_no_line_that_looks_like_one_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start_log(0)
    logging.getLogger("crawler").warning("x\n2026-01-01T00:00:00+0000 ERROR crawler: all is lost")
    assert capsys.readouterr().err.splitlines()[1].startswith("    2026")


def test_lines_of_handlers_that_others_installed_keep_their_form(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("<%(message)s>"))
    logging.root.addHandler(handler)
    logs.escape_all()
    logs.escape_all()
    logging.getLogger("scrapy").warning("\x1b")
    assert capsys.readouterr().err == "<\\x1b>\n"


def test_half_a_character_is_escaped() -> None:
    # Not by a log: pytest keeps what is logged, and sends it to its parent as UTF-8, which cannot hold it.
    assert logs.printable("half \ud83d") == r"half \ud83d"
