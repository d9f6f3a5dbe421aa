"""A page that is read again is asked for only if it has changed, and 304 is the row of the last time."""

from datetime import timedelta
from email.message import Message
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from crawler.options import CrawlOptions
from store.errors import SiteRefuses
from store.forget.forgotten import Forgotten
from tests.crawl_tables import photo, rows
from tests.crawler.ageing import age
from tests.crawler.answering import Answer, answering, odai_page, photo_path
from tests.crawler.stage import crawl

DATE = "Tue, 15 Nov 1994 12:45:26 GMT"
ODAI = odai_page(1, "ひとつ", "ふたつ")
VALIDATORS = {"ETag": 'W/"v1"', "Last-Modified": DATE}


class Site:
    """A site of one odai; `changed` lets its next answers be 200, `wrong` be 304 whatever is asked."""

    def __init__(self) -> None:
        self.validators, self.always_304, self.more = dict(VALIDATORS), False, dict[str, str]()

    def __call__(self, path: str, headers: Message) -> Answer | None:
        if path == photo_path(1):
            return Answer(photo(1), headers={"Content-Type": "image/jpeg"})
        if path != "/odai/1":
            return None
        if self.always_304 or (headers["If-None-Match"] == self.validators.get("ETag") is not None):
            return Answer(b"", 304, {**self.validators, **self.more})
        return Answer(ODAI.body, headers={**ODAI.headers, **self.validators})


OPTIONS = CrawlOptions(start=("/odai/1",), delay=0, max_errors=1.0)


def visit(address: str, directory: Path, days_later: float = 0) -> list[dict[str, object]]:
    """Crawl, so many days after the last time; return the rows of the odai's page, the oldest first."""
    age(directory, days_later)
    options = OPTIONS.model_copy(update={"site": address, "image_hosts": (address.removeprefix("http://"),)})
    crawl(options, directory, address=None, pipeline="demo")
    return sorted(rows(directory, "pages"), key=lambda row: str(row["fetched_at"]))


def test_a_page_that_has_not_changed_has_a_row_with_the_content_of_the_last(tmp_path: Path) -> None:
    with answering(Site()) as site:
        (first,) = visit(site.address, tmp_path)
        assert (first["etag"], first["last_modified"]) == ('W/"v1"', DATE)
        found = visit(site.address, tmp_path, 9)
        asked = [headers for path, headers in site.asked if path == "/odai/1"]
        assert len(visit(site.address, tmp_path, 90)) == 3, "a row of 304 has validators, too"
    assert (asked[0]["If-None-Match"], asked[0]["If-Modified-Since"]) == (None, None)
    assert (asked[1]["If-None-Match"], asked[1]["If-Modified-Since"]) == ('W/"v1"', DATE)
    old, new = found
    differing = {name for name in old if old[name] != new[name]}
    assert differing == {"status", "fetched_at"}
    assert (new["status"], new["outcome"], len(new["bokes"])) == (304, "ok", 2)  # type: ignore[arg-type]
    assert new["fetched_at"] - old["fetched_at"] > timedelta(days=8.9)  # type: ignore[operator]


@pytest.mark.long
def test_304_to_a_request_without_conditions_is_an_error_and_no_empty_page(tmp_path: Path) -> None:
    answers = Site()
    answers.validators = {}
    with answering(answers) as site:
        visit(site.address, tmp_path)
        answers.always_304 = True
        old, new = visit(site.address, tmp_path, 9)
    assert (old["outcome"], new["outcome"], new["status"]) == ("ok", "error", 304)
    assert "set no condition" in str(new["error"])


def test_an_opt_out_in_a_304_counts(tmp_path: Path) -> None:
    answers = Site()
    with answering(answers) as site:
        visit(site.address, tmp_path)
        answers.more = {"X-Robots-Tag": "noai"}
        with pytest.raises(SiteRefuses):  # its only page
            visit(site.address, tmp_path, 9)
    assert {row["status"]: row["outcome"] for row in rows(tmp_path, "pages")} == {200: "ok", 304: "denied"}


@pytest.mark.parametrize(
    "how",
    ["forgotten", *(pytest.param(how, marks=pytest.mark.long) for how in ("no validators", "shard lost"))],
)
def test_what_is_no_longer_there_is_not_copied(how: str, tmp_path: Path) -> None:
    directory = tmp_path / "crawl"
    with answering(Site()) as site:
        visit(site.address, directory)
        (shard,) = directory.glob("pages/*.parquet")
        if how == "forgotten":
            forgotten = Forgotten()
            forgotten.add("boke", [101])
            forgotten.save(tmp_path)
        if how == "no validators":
            table = pq.read_table(shard).drop_columns(["etag", "last_modified"])
            pq.write_table(table, shard)
        if how == "shard lost":
            shard.unlink()
        found = visit(site.address, directory, 9)
    texts = [boke["text"] for boke in found[-1]["bokes"]]  # type: ignore[attr-defined]
    assert texts == (["ふたつ"] if how == "forgotten" else ["ひとつ", "ふたつ"])
    assert found[-1]["status"] == (304 if how == "forgotten" else 200)
