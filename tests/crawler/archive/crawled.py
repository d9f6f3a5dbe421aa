"""What the tests of the archive ask of a crawl's folder."""

from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.archive.answers import read_answers
from crawler.items import Answer
from tests.crawl_tables import rows
from tests.store.warc.test_warc import is_whole_for_warcio

Key = tuple[str, datetime]


def pages(directory: Path) -> list[dict[str, Any]]:
    """Return the rows of the pages, in an order that does not hang on files."""
    return sorted(rows(directory, "pages"), key=lambda row: (row["url"], row["fetched_at"]))


def archive(directory: Path) -> list[Path]:
    return sorted(directory.glob("archive/[!.]*.warc.gz"))


def answers(directory: Path) -> dict[Key, Answer]:
    """Return what is in the archive, by address and time; each once."""
    found = [answer for path in archive(directory) for answer in read_answers(path)]
    assert all(isinstance(answer, Answer) for answer in found)
    by_key = {(answer.address, answer.fetched_at): answer for answer in found if isinstance(answer, Answer)}
    assert len(by_key) == len(found)
    return by_key


def keys(directory: Path) -> set[Key]:
    """Return address and time of the rows that were made from an answer which is kept."""
    return {
        (row["url"], row["fetched_at"])
        for row in pages(directory)
        if row["status"] is not None and row["outcome"] != "denied"
    }


def check(directory: Path) -> None:
    """Assert that each row has its record and each record its row, and that other tools take the files."""
    assert set(answers(directory)) == keys(directory)
    assert all(map(is_whole_for_warcio, archive(directory)))
