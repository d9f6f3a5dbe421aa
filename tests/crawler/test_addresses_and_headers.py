"""One address, one page; hosts and passwords; and the headers that a reader's client sends."""

from base64 import b64encode
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from crawler.job import Job
from crawler.memory.tables import Tables
from crawler.options import CrawlOptions
from store.errors import Unexpected
from tests.crawl_tables import photo, rows, write
from tests.crawler.answering import Answer, answering, list_page, odai_page, photo_path
from tests.crawler.stage import crawl, is_complete

JPEG = Answer(photo(1), headers={"Content-Type": "image/jpeg"})
SPELLINGS = ("/odai/5", "/odai/5/", "/odai/5?ref=top", "/odai/5?utm_source=x", "/odai/5?page=1", "/odai/%35")


def options(site: str, **values: Any) -> CrawlOptions:
    given = {"start": ("/boke/recent",), "delay": 0.0, "pause": 0.05, "patience": 2, "timeout": 10.0}
    return CrawlOptions(site=site, **{"image_hosts": (), **given, **values})


def usual(path: str, headers: Message) -> Answer | None:
    if path == "/boke/recent":
        return list_page("/odai/5")
    return odai_page(5) if path.startswith("/odai/") else JPEG if path.startswith("/photo/") else None


def test_seven_spellings_of_an_odai_are_one_page(tmp_path: Path) -> None:
    def answer(path: str, headers: Message) -> Answer | None:
        if path == "/boke/recent":
            secure = "https://" + headers["Host"] + "/odai/5"
            return list_page(*SPELLINGS, "http://" + headers["Host"] + "/odai/5#top", secure)
        return usual(path, headers)

    with answering(answer) as site:
        start = ("/boke/recent", "/boke/recent/?utm_medium=mail")
        crawl(options(site.address, start=start), tmp_path, address=None, pipeline="p")
        assert [path for path in site.paths if "/odai/" in path and "photo" not in path] == ["/odai/5"]
        assert site.paths.count("/boke/recent") == 1
        found = rows(tmp_path, "pages")
        assert {row["url"] for row in found} == {
            f"{site.address}{path}" for path in ("/odai/5", "/boke/recent")
        }
        assert all(link == f"{site.address}/odai/5" for row in found for link in row["links"])


def test_a_crawl_that_spelled_pages_otherwise_does_not_fetch_them_again(tmp_path: Path) -> None:
    site = "http://bokete.test"
    links = [f"{site}{path}" for path in (*SPELLINGS, "/odai/7/?ref=top")]
    kept: list[dict[str, Any]] = [
        {"url": f"{site}/boke/recent", "outcome": "ok", "links": links, "bokes": []}
    ]
    kept += [{"url": f"{site}{path}", "outcome": "ok", "links": [], "bokes": []} for path in SPELLINGS[1:]]
    at = {"fetched_at": Job(CrawlOptions(), tmp_path).started}
    write(tmp_path, [{**at, **row} for row in kept], [])
    job = Job(CrawlOptions(start=("/boke/recent/",), odai=("5",)), tmp_path)
    with Tables(job) as tables:
        assert list(tables.due("pages", 9)) == [f"{site}/odai/7"]
        assert tables.outcomes("pages") == {"ok": 2}, "the list, and an odai in five spellings"


def test_a_password_reaches_the_site_and_no_row_and_no_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    expected = "Basic " + b64encode("me:geheim@ö".encode()).decode()

    def answer(path: str, headers: Message) -> Answer | None:
        return usual(path, headers) if headers["Authorization"] == expected else Answer("", 401)

    with answering(answer) as site:
        address = site.address.replace("//", "//me:geheim%40%C3%B6@")
        crawl(options(address), tmp_path, address=None, pipeline="p")
        assert is_complete(options(site.address), tmp_path), "with or without the password it is one site"
    assert [row["outcome"] for row in rows(tmp_path, "images")] == ["ok"]
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    said = "".join(capfd.readouterr())
    for secret in ("geheim", "me:"):
        assert secret.encode() not in everything
        assert secret not in said


def test_a_photo_host_is_not_sent_the_sites_password(tmp_path: Path) -> None:
    with answering(lambda path, headers: JPEG) as photos:
        host = photos.address.removeprefix("http://")

        def answer(path: str, headers: Message) -> Answer | None:
            shown = odai_page(5, photo=f"//{host}{photo_path(5)}")
            return shown if path.startswith("/odai/") else usual(path, headers)

        with answering(answer) as site:
            address = site.address.replace("//", "//me:geheim@")
            crawl(options(address, image_hosts=(host,)), tmp_path, address=None, pipeline="p")
            assert site.headers("/odai/5")["Authorization"]
            assert photos.headers("/photo")["Authorization"] is None
            assert photos.headers("/photo")["Referer"] == f"{site.address}/odai/5"


def test_a_site_by_its_name_in_japanese_is_its_name_in_ascii(tmp_path: Path) -> None:
    job = Job(
        CrawlOptions(site="https://me:x@ボケて.jp/", start=("/boke/hot", "https://www.ボケて.jp/odai/5/")),
        tmp_path,
    )
    assert job.site == "https://xn--m9j4hye.jp/"
    assert "xn--m9j4hye.jp" in job.hosts
    assert job.start_urls() == ["https://xn--m9j4hye.jp/boke/hot", "https://xn--m9j4hye.jp/odai/5"]
    assert job.odai_prefix == "https://xn--m9j4hye.jp/odai/"


def test_a_photo_is_asked_for_as_a_photo_and_a_page_as_a_page(tmp_path: Path) -> None:
    with answering(usual) as site:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
        page, image = site.headers("/odai/5"), site.headers("/photo/")
    assert page["Accept"].startswith("text/html,")
    assert page["Referer"] is None
    assert image["Accept"].startswith("image/")
    assert "html" not in image["Accept"]
    assert image["Referer"] == f"{site.address}/odai/5"
    for headers in (page, image, site.headers("/robots.txt")):
        assert headers["Accept-Language"].startswith("ja")


def test_photos_of_a_host_that_sends_pages_to_browsers_and_nothing_to_other_sites(tmp_path: Path) -> None:
    def answer(path: str, headers: Message) -> Answer | None:
        if path.startswith("/photo/odai/600"):
            return Answer("", 302, {"Location": path.replace("/600/", "/real/")})
        if path.startswith("/photo/") and "text/html" in headers["Accept"]:
            return Answer('<html><img src="x"></html>')
        if path.startswith("/photo/") and "/odai/5" not in (headers["Referer"] or ""):
            return Answer("", 403)
        return usual(path, headers)

    with answering(answer) as site:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    assert [(row["outcome"], row["error"]) for row in rows(tmp_path, "images")] == [("ok", None)]


def test_a_photo_that_was_left_for_a_later_run_is_asked_for_with_its_page(tmp_path: Path) -> None:
    with answering(usual) as site:
        shown = f"{site.address}/odai/5"
        at = {"fetched_at": Job(CrawlOptions(), tmp_path).started}
        wide = f"{site.address}{photo_path(5)}"
        page = {"url": shown, "outcome": "ok", "odai_id": 5, "image_url": wide, "links": [], "bokes": []}
        write(tmp_path, [{**at, **page}], [{**at, "url": wide, "outcome": "missing"}])
        crawl(options(site.address, start=()), tmp_path, address=None, pipeline="p")
        assert site.headers(photo_path(5, 400))["Referer"] == shown


@pytest.mark.long
def test_a_photo_whose_host_was_not_allowed_is_asked_for_once_it_is(tmp_path: Path) -> None:
    with answering(lambda path, headers: JPEG) as photos:
        host = photos.address.removeprefix("http://")

        def answer(path: str, headers: Message) -> Answer | None:
            shown = odai_page(5, photo=f"//{host}{photo_path(5)}")
            return shown if path.startswith("/odai/") else usual(path, headers)

        with answering(answer) as site:
            with pytest.raises(Unexpected, match=rf"a host that crawl\.image_hosts lacks: {host}"):
                crawl(options(site.address), tmp_path, address=None, pipeline="p")
            assert rows(tmp_path, "images") == []
            allowed = options(site.address, image_hosts=(f"http://{host}/",))
            assert not is_complete(allowed, tmp_path)
            crawl(allowed, tmp_path, address=None, pipeline="p")
        assert [row["outcome"] for row in rows(tmp_path, "images")] == ["ok"]
