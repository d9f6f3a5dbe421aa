"""The crawl stage's settings: what cannot be meant is refused, with the value."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from crawler.odai_file import odai_numbers
from crawler.options import CrawlOptions, EmbeddedSite
from store.errors import UsageError
from store.options import odai_range


@pytest.mark.parametrize(
    "site", ["bokete.jp", "ftp://bokete.jp", "http://", "http://[", "", "javascript:alert(1)"]
)
def test_a_site_that_is_no_address_is_refused(site: str) -> None:
    with pytest.raises(ValidationError, match="not a web address"):
        CrawlOptions(site=site)


@pytest.mark.parametrize("path", ["boke/hot", "ftp://bokete.jp/boke", ""])
def test_a_start_that_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="not a path on the site"):
        CrawlOptions(start=(path,))


@pytest.mark.parametrize(
    ("text", "ends"), [("17", (17, 17)), ("1-9000000", (1, 9_000_000)), (" 3 - 4 ", (3, 4))]
)
def test_ranges_of_odai(text: str, ends: tuple[int, int]) -> None:
    assert odai_range(text) == ends
    assert CrawlOptions(odai=(text,)).odai == (text,)


@pytest.mark.parametrize("text", ["", "x", "1-", "-5", "1-2-3", "9" * 16, "１"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="neither a number nor a range"):
        CrawlOptions(odai=(text,))


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(ValidationError, match="the range '5-4' is empty"):
        CrawlOptions(odai=("5-4",))


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("https://photo.example", "photo.example"), ("Photo.Example", "photo.example"),
        ("photo.example/", "photo.example"), (" photo.example\t", "photo.example"),
        ("//photo.example", "photo.example"), ("https://photo.example:443/", "photo.example"),
        ("photo.example:80", "photo.example"), ("photo.example:8080", "photo.example:8080"),
        ("photo.example.", "photo.example"), ("ボケて.jp", "xn--m9j4hye.jp"),
        ("127.0.0.1:99", "127.0.0.1:99"),
    ],
)  # fmt: skip
def test_a_host_is_read_however_people_write_it(written: str, host: str) -> None:
    assert CrawlOptions(image_hosts=(written,)).image_hosts == (host,)


@pytest.mark.parametrize(
    "written",
    ["*.x", "*", "", "  ", "photo.example/photos", "a.example, b.example", "https://", "user@photo.example",
     "photo.example?x", "photo example", "http://[", "photo.example:port"],
)  # fmt: skip
def test_a_host_that_can_match_nothing_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="is not the name of a host"):
        CrawlOptions(image_hosts=(written,))


def test_a_start_elsewhere_is_refused_and_blanks_do_not_matter() -> None:
    for path in (
        "https://elsewhere.example/boke/hot",
        "//elsewhere.example/",
        "https://bokete.jp.evil.test/",
    ):
        with pytest.raises(ValidationError, match="is not on"):
            CrawlOptions(site="https://bokete.jp", start=(path,))
    options = CrawlOptions(site=" https://bokete.jp\n", start=(" /boke/hot ", "http://www.bokete.jp/odai/5"))
    assert options.site == "https://bokete.jp"
    assert options.start == ("/boke/hot", "http://www.bokete.jp/odai/5")


def test_no_message_repeats_a_password() -> None:
    for values in ({"site": "https://me:geheim@"}, {"site": "https://me:geheim@b.jp", "start": ("//c.jp/",)}):
        with pytest.raises(ValidationError) as caught:
            CrawlOptions(**values)
        assert all("geheim" not in error["msg"] for error in caught.value.errors())


@pytest.mark.parametrize(
    "content",
    [
        b"5\n7\n", b"\xef\xbb\xbf5\r\n7\r\n", "5\n7".encode("utf-16"),
        b"\xfe\xff" + "5\n7\n".encode("utf-16-be"), "# 選んだもの\n5  # 犬\n\n7\n".encode(),
        b"https://bokete.jp/odai/5\nhttp://www.bokete.jp/odai/7/?ref=top",
        "５\n 7 \n".encode(), b"https://bokete.jp/odai/5#top\n7 #x",
    ],
)  # fmt: skip
def test_a_file_of_odai_is_read_however_people_write_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "ids").write_bytes(content)
    assert odai_numbers(tmp_path / "ids", "https://bokete.jp") == [5, 7]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"5\nsix", "line 2: 'six'"), (b"5,7", "line 1: '5,7'"), (b"\n\nhttps://x.jp/odai/5", "line 3"),
        (b"https://bokete.jp/boke/5", "line 1"), (b"1-5", "line 1"), (b"\x93\xfa", "cannot be read"),
        (b"\xff\xfe5", "cannot be read"), (b"9" * 16, "line 1"),
    ],
)  # fmt: skip
def test_what_names_no_odai_is_told_with_its_line(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "ids").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        odai_numbers(tmp_path / "ids", "https://bokete.jp")


def test_a_site_that_grows_has_no_photos_for_evaluation() -> None:
    with pytest.raises(ValidationError, match=r"\(day: 3\) has no photos for evaluation, and .* is 5"):
        EmbeddedSite(day=3, evaluation_photos=5)
    assert EmbeddedSite(evaluation_photos=5).evaluation_captions == 5


@pytest.mark.parametrize(
    ("given", "delay"),
    [
        ({}, 0.0),
        ({"site": "embedded"}, 0.0),
        ({"site": "embedded", "delay": 0.5}, 0.5),
        ({"site": "https://bokete.jp"}, 3.0),
        ({"site": "http://127.0.0.1:8080"}, 3.0),
    ],
)
def test_only_the_servers_of_others_are_waited_for(given: dict[str, object], delay: float) -> None:
    options = CrawlOptions.model_validate(given)
    assert options.delay == delay
    assert CrawlOptions.model_validate_json(options.model_dump_json()) == options
    assert CrawlOptions.model_validate_json(json.dumps(given)).delay == delay
