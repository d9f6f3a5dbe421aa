"""Whole crawls of sites that cut what they send, or say no in a file, a header or a status."""

import gzip
import json
from contextlib import nullcontext
from dataclasses import replace
from email.message import Message
from pathlib import Path
from typing import Literal

import pytest

from crawler.options import CrawlOptions
from store.errors import SiteRefuses, Unexpected, UserError
from tests.crawl_tables import photo, rows
from tests.crawler.answering import Answer, answering, list_page, odai_page, photo_path
from tests.crawler.stage import crawl

JPEG = Answer(photo(1), headers={"Content-Type": "image/jpeg"})
ODAI = (1, 2)


def usual(path: str) -> Answer | None:
    if path == "/boke/recent":
        return list_page(*(f"/odai/{number}" for number in ODAI))
    if path.startswith("/odai/"):
        return odai_page(int(path.rpartition("/")[2]))
    return JPEG if path.startswith("/photo/") else None


def options(site: str, **values: object) -> CrawlOptions:
    return CrawlOptions.model_validate(
        {"site": site, "delay": 0, "pause": 0.05, "timeout": 10, "image_hosts": [], **values}, strict=False
    )


def outcomes(directory: Path) -> dict[str, tuple[str, str]]:
    found = rows(directory, "pages")
    return {
        row["url"].partition("/odai/")[2] or "list": (row["outcome"], row["error"] or "") for row in found
    }


@pytest.mark.parametrize(
    "how", ["gzip", *(pytest.param(how, marks=pytest.mark.long) for how in ("character", "end"))]
)
def test_a_page_without_its_end_is_asked_for_again_and_never_stored(how: str, tmp_path: Path) -> None:
    def answer(path: str, _: Message) -> Answer | None:
        found = usual(path)
        if found is None or path != "/odai/1":
            return found
        body = str(found.body).encode()
        if how == "gzip":
            coded = gzip.compress(body)
            return Answer(coded[: int(len(coded) * 0.7)], headers={"Content-Encoding": "gzip"})
        return Answer(body[: body.find("ボ".encode()) + (1 if how == "character" else 3)])

    with answering(answer) as site:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    found = outcomes(tmp_path)
    assert (found["1"][0], found["2"][0]) == ("error", "ok")
    assert "missing" in found["1"][1]
    assert site.paths.count("/odai/1") == 3


def test_a_page_that_is_cut_once_is_read_at_the_second_try(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(path: str, _: Message) -> Answer | None:
        asked.append(path)
        found = usual(path)
        if found and path == "/odai/1":
            body = gzip.compress(str(found.body).encode())
            return Answer(
                body[: -9 if asked.count(path) == 1 else None], headers={"Content-Encoding": "gzip"}
            )
        return found

    with answering(answer) as site:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    assert outcomes(tmp_path)["1"][0] == "ok"


@pytest.mark.parametrize(
    "robots",
    [
        "User-agent: Bokeru/0.1\nDisallow: /\n\nUser-agent: *\nDisallow:\n",
        "\ufeffUser-agent: *\nDisallow: /\n",
    ],
)
def test_a_robots_txt_that_closes_all_ends_the_crawl_with_status_4(robots: str, tmp_path: Path) -> None:
    with (
        answering(lambda path, _: Answer(robots) if path == "/robots.txt" else usual(path)) as site,
        pytest.raises(SiteRefuses, match=r"robots\.txt closes the whole site to bokeru \(Disallow: /\)"),
    ):
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    assert set(site.paths) == {"/robots.txt"}


def test_a_days_denial_takes_nothing_out_and_is_asked_again(tmp_path: Path) -> None:
    closed = ["User-agent: *\nDisallow: /odai/2\n"]
    answer = lambda path, _: Answer(closed[0]) if path == "/robots.txt" else usual(path)  # noqa: E731
    with answering(answer) as site:
        report = crawl(options(site.address), tmp_path, address=None, pipeline="p")
        assert report.left_out == {"pages": 1}
        (row,) = [row for row in rows(tmp_path, "left_out") if row["count"] is None]
        assert (row["url"], row["rule"]) == (f"{site.address}/odai/2", "Disallow: /odai/2")
        assert "2" not in outcomes(tmp_path)
        closed[0] = ""
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
        assert outcomes(tmp_path)["2"][0] == "ok"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("TDM-Reservation", "1"),
        pytest.param("Content-Signal", "ai-train=no", marks=pytest.mark.long),
        pytest.param("Content-Usage", "train-ai=n", marks=pytest.mark.long),
    ],
)
def test_an_opt_out_in_a_header_is_recorded_with_its_words(header: str, value: str, tmp_path: Path) -> None:
    def answer(path: str, _: Message) -> Answer | None:
        found = usual(path)
        return Answer(found.body, headers={header: value}) if found and path == "/odai/1" else found

    with answering(answer) as site:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    outcome, words = outcomes(tmp_path)["1"]
    assert (outcome, words.lower()) == ("denied", f"{header}: {value}".lower().replace("=", "="))


def test_451_is_a_no_and_tdmrep_keeps_a_page_from_being_fetched(tmp_path: Path) -> None:
    reserved = json.dumps([{"location": "/odai/2", "tdm-reservation": 1}])

    def answer(path: str, _: Message) -> Answer | None:
        if path == "/.well-known/tdmrep.json":
            return Answer(reserved)
        return Answer("", 451) if path == "/odai/1" else usual(path)

    with answering(answer) as site:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    assert outcomes(tmp_path)["1"] == ("denied", "HTTP status 451")
    (row,) = [row for row in rows(tmp_path, "left_out") if row["count"] is None]
    assert row["rule"] == "tdm-reservation: 1 for /odai/2"
    assert "/odai/2" not in site.paths


@pytest.mark.parametrize("end", ["chunk", pytest.param("early", marks=pytest.mark.long)])
def test_a_body_that_ends_before_its_end_is_asked_for_again_and_never_stored(
    end: Literal["chunk", "early"], tmp_path: Path
) -> None:
    def answer(path: str, _: Message) -> Answer | None:
        found = usual(path)
        return replace(found, end=end) if found and (path == "/odai/1" or found is JPEG) else found

    with (
        answering(answer) as site,
        pytest.raises(UserError, match=r"of the last 1 photos \(image_url\) failed"),
    ):
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    found = outcomes(tmp_path)
    assert (found["1"][0], found["2"][0]) == ("error", "ok")
    assert site.paths.count("/odai/1") > 1
    assert {row["outcome"] for row in rows(tmp_path, "images")} == {"error"}


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_photo_whose_length_nobody_tells_is_taken_where_its_own_end_is_there(
    is_whole: bool, tmp_path: Path
) -> None:
    content = photo(1) if is_whole else photo(1)[:-40]

    def answer(path: str, _: Message) -> Answer | None:
        return replace(JPEG, body=content, end="close") if path.startswith("/photo/") else usual(path)

    fails = nullcontext() if is_whole else pytest.raises(Unexpected, match="the photo's end is missing")
    with answering(answer) as site, fails:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    found = rows(tmp_path, "images")
    assert {row["outcome"] for row in found} == {"ok" if is_whole else "error"}
    if not is_whole:
        assert {row["error"] for row in found} == {"the photo's end is missing"}


@pytest.mark.parametrize("cut", ["text", pytest.param("gzip", marks=pytest.mark.long)])
def test_a_cut_tdmrep_ends_the_crawl_since_a_lost_rule_is_a_lost_no(cut: str, tmp_path: Path) -> None:
    whole = json.dumps(
        [{"location": "/a", "tdm-reservation": 0}, {"location": "/odai", "tdm-reservation": 1}]
    )
    text = Answer(whole[:60])
    coded = Answer(gzip.compress(whole.encode())[:-9], headers={"Content-Encoding": "gzip"})

    def answer(path: str, _: Message) -> Answer | None:
        return (text if cut == "text" else coded) if path == "/.well-known/tdmrep.json" else usual(path)

    with answering(answer) as site, pytest.raises(UserError, match=r"tdmrep\.json cannot be read") as error:
        crawl(options(site.address), tmp_path, address=None, pipeline="p")
    assert error.value.exit_status == 1
    assert not any(path.startswith(("/odai", "/boke")) for path in site.paths)
    assert site.paths.count("/.well-known/tdmrep.json") == 3


def test_a_host_of_photos_that_closes_all_ends_the_crawl_with_status_4(tmp_path: Path) -> None:
    closed = lambda path, _: Answer("User-agent: *\nDisallow: /\n") if path == "/robots.txt" else JPEG  # noqa: E731
    with answering(closed) as photos:

        def answer(path: str, _: Message) -> Answer | None:
            number = path.removeprefix("/odai/")
            if number.isdecimal():
                return odai_page(int(number), photo=photos.address + photo_path(int(number)))
            return (
                list_page("/odai/1", photo=photos.address + photo_path(1)) if path == "/boke/recent" else None
            )

        with answering(answer) as site, pytest.raises(SiteRefuses, match="hosts of the photos refuse all"):
            hosts = [photos.address.removeprefix("http://")]
            crawl(options(site.address, image_hosts=hosts), tmp_path, address=None, pipeline="p")
    assert photos.paths == ["/robots.txt"]
    assert {row["table"] for row in rows(tmp_path, "left_out")} == {"images"}
    assert outcomes(tmp_path)["1"][0] == "ok", "the pages are kept"
