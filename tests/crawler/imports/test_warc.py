"""`bokeru import warc`: what others have fetched becomes rows as if crawled, and nothing else does."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.forget.command import forget
from commands.verify import verify
from dataset import read
from dataset.build.stage import build
from dataset.options import DatasetOptions
from store.errors import TooLittleRoom, Unexpected, UserError
from store.forget.content import Request
from store.place import Place
from store.register.sources import read_sources
from tests import speaking_photos
from tests.crawl_tables import photo
from tests.crawler.answering import list_page
from tests.crawler.archive.crawled import check
from tests.crawler.imports.warcs import (
    HTML,
    PHOTO_HOST,
    SITE,
    Warc,
    outcomes,
    page,
    photo_url,
    rows,
    take,
    url,
)


def small(folder: Path, name: str = "a.warc.gz", *, gzip: bool = True, version: str = "1.1") -> Path:
    with Warc(folder / name, gzip=gzip, version=version) as warc:
        for number in (1, 2):
            warc.odai(number, f"犬{number}", f"猫{number}")
            warc.photo(number)
    return folder / name


@pytest.mark.parametrize("gzip", [True, False])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_pages_and_photos_become_a_dataset(tmp_path: Path, gzip: bool, version: str) -> None:
    report = take(tmp_path, small(tmp_path, gzip=gzip, version=version))
    assert (dict(report.pages), dict(report.photos), report.bokes) == ({"ok": 2}, {"ok": 2}, 4)
    assert not report.left_out
    crawl = tmp_path / "data" / "p" / "crawl"
    at = datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)
    assert {row["fetched_at"] for name in ("pages", "images") for row in rows(tmp_path, name)} == {at}
    assert [row["layout"] for row in rows(tmp_path, "pages")] == ["angular_2020"] * 2
    # 「3日くらい前」 counts back from the record's own time, by Japan's calendar.
    assert rows(tmp_path, "pages")[0]["bokes"][0]["posted"].date().isoformat() in ("2024-03-01", "2024-03-02")
    check(crawl)  # the archive has a record for each row, as of a crawl
    assert verify(crawl) == []
    assert [source["name"] for source in read_sources(crawl)] == ["warc"]
    build(DatasetOptions(), [crawl], crawl.with_name("dataset"), name="p")
    assert sorted(read.captions(crawl.with_name("dataset"))["text"].to_pylist()) == [
        "犬1",
        "犬2",
        "猫1",
        "猫2",
    ]


def test_the_same_again_adds_nothing(tmp_path: Path) -> None:
    source = small(tmp_path)
    take(tmp_path, source)
    before = sorted(tmp_path.rglob("data/p/**/*"))
    content = (tmp_path / "data/p/crawl/sources.json").read_bytes()
    report = take(tmp_path, source, source, tmp_path / "*.gz")
    assert (dict(report.pages), dict(report.photos), report.files) == ({}, {}, 1)
    assert report.known == {"pages": 2, "images": 2}
    assert "2 pages and 2 photos were there already" in str(report)
    assert sorted(tmp_path.rglob("data/p/**/*")) == before
    assert (tmp_path / "data/p/crawl/sources.json").read_bytes() == content  # datasets stay up to date


@pytest.mark.parametrize("named", ["*.warc.gz", "**/*.gz", "in/[ab].warc.gz", "in"])
def test_files_are_named_by_patterns_and_folders(
    tmp_path: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    small(tmp_path / "in" if "in" in named or "**" in named else tmp_path)
    monkeypatch.chdir(tmp_path)
    assert take(tmp_path, named).pages["ok"] == 2


@pytest.mark.parametrize("named", ["none.warc", "*.none", "a/**b", "", "\0", "empty"])
def test_names_that_stand_for_nothing_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    (tmp_path / "empty").mkdir()
    small(tmp_path)
    monkeypatch.chdir(tmp_path)  # where there is one, which none of them means
    with pytest.raises(UserError, match="no WARC file is found by it") as told:
        take(tmp_path, tmp_path / named if named == "empty" else named)
    assert told.value.exit_status == 1


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (f"{SITE}/user/someone", "a user's page"),
        (f"{SITE}/user/someone?page=2", "a user's page"),
        ("http://www.bokete.jp/%75ser/someone", "a user's page"),
        (f"{SITE}//user//someone", "a user's page"),
        (f"{SITE}/about", "no page of an odai, a boke or a list"),
    ],
)
def test_pages_that_a_crawl_never_asks_for_are_left_out(tmp_path: Path, address: str, reason: str) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.odai(1)
        warc.photo(1)
        body = (
            page(9, "秘密") if "ser" in address else "<html><body>このサイトについて</body></html>".encode()
        )
        warc.response(address, body)
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert report.left_out == {reason: 1}
    assert list(outcomes(tmp_path, "pages")) == [url(1)]
    assert "秘密" not in str(rows(tmp_path, "pages"))


def test_other_hosts_are_named_and_left_out(tmp_path: Path) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.odai(1)
        warc.photo(1)
        for host in ("https://bokete.jp.evil.example", "https://photo.example", "http://me:pw@bokete.jp"):
            warc.response(f"{host}/odai/7", page(7))
        warc.response("https://photo.example/1.jpg", photo(1), headers={"Content-Type": "image/jpeg"})
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert list(outcomes(tmp_path, "pages")) == [url(1)]
    assert report.others["photo.example"] == {"text/html": 1, "image/jpeg": 1}
    assert "photo.example (1 text/html, 1 image/jpeg)" in str(report)
    assert "pw" not in str(report)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Robots-Tag": "noai"},
        {"X-Robots-Tag": "bokeru: noindex"},
        {"TDM-Reservation": "1"},
        {"Content-Usage": "train-ai=n"},
        {"Content-Signal": "search=yes, ai-train=no"},
    ],
)
def test_headers_that_opt_out_count(tmp_path: Path, headers: dict[str, str]) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.odai(1)
        warc.odai(2, "やめて", headers=HTML | headers)
        warc.photo(1, headers={"Content-Type": "image/jpeg"} | headers)
        warc.photo(2)
        warc.odai(3)
        warc.photo(3)
    take(tmp_path, tmp_path / "a.warc.gz")
    assert outcomes(tmp_path, "pages") == {url(1): "ok", url(2): "denied", url(3): "ok"}
    # The photo of an odai that opts out is shown by no page; that of the first opts out by itself.
    assert outcomes(tmp_path, "images") == {photo_url(1): "denied", photo_url(3): "ok"}
    archive = b"".join(path.read_bytes() for path in tmp_path.rglob("archive/*"))
    assert "やめて" not in str(rows(tmp_path, "pages"))
    assert archive


def test_a_photo_that_forbids_training_is_denied(tmp_path: Path) -> None:
    packet = speaking_photos.xmp("DMI-PROHIBITED-GENAIMLTRAINING")
    with Warc(small(tmp_path)) as warc:
        for number, content in ((1, speaking_photos.jpeg(packet)), (2, speaking_photos.jpeg())):
            warc.odai(number)
            warc.response(photo_url(number), content, headers={"Content-Type": "image/jpeg"})
    take(tmp_path, tmp_path / "a.warc.gz")
    denied, taken = sorted(rows(tmp_path, "images"), key=lambda row: str(row["url"]))
    said = "plus:DataMining: DMI-PROHIBITED-GENAIMLTRAINING"
    assert (denied["outcome"], denied["error"], denied["bytes"], denied["sha256"]) == (
        "denied",
        said,
        None,
        None,
    )
    assert (taken["outcome"], taken["rights"]["credit"]) == ("ok", speaking_photos.CREDIT)


def test_a_meta_that_opts_out_counts(tmp_path: Path) -> None:
    with Warc(small(tmp_path)) as warc:
        body = page(2).replace(b"<body>", b'<head><meta name="robots" content="noai"></head><body>')
        warc.response(url(2), body)
        warc.odai(1)
        warc.photo(1)
    take(tmp_path, tmp_path / "a.warc.gz")
    assert outcomes(tmp_path, "pages") == {url(1): "ok", url(2): "denied"}


TEXT = {"Content-Type": "text/plain"}


def test_robots_txt_in_the_files_closes_what_it_closed_then(tmp_path: Path) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.odai(1, date="2024-01-01T00:00:00Z")  # before the first: that one holds
        warc.odai(2, date="2024-01-03T00:00:00Z")
        warc.odai(2, date="2024-02-03T00:00:00Z")  # the rule is gone
        for number in (1, 2):
            warc.photo(number)
        robots = b"User-agent: *\nDisallow: /odai/2\nContent-Signal: /odai/1 ai-train=no\n"
        warc.response(f"{SITE}/robots.txt", robots, headers=TEXT, date="2024-01-02T00:00:00Z")
        warc.response(f"{SITE}/robots.txt", b"", "404 Not Found", headers=TEXT, date="2024-02-01T00:00:00Z")
        warc.response(f"{SITE}/robots.txt", b"", "503 Busy", headers=TEXT, date="2024-02-02T00:00:00Z")
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert [(row["url"], row["fetched_at"].month) for row in rows(tmp_path, "pages")] == [(url(2), 2)]
    closed = rows(tmp_path, "left_out")
    assert [(row["url"], row["source"], row["rule"]) for row in closed] == [
        (url(1), f"{SITE}/robots.txt", "Content-Signal: /odai/1 ai-train=no"),
        (url(2), f"{SITE}/robots.txt", "Disallow: /odai/2"),
    ]
    assert report.left_out.total() >= 2
    take(tmp_path, tmp_path / "a.warc.gz")
    assert rows(tmp_path, "left_out") == closed


def test_tdmrep_and_the_photo_hosts_own_robots_txt_count(tmp_path: Path) -> None:
    with Warc(small(tmp_path)) as warc:
        for number in (1, 2):
            warc.odai(number)
            warc.photo(number)
        rules = b'[{"location": "/odai/2", "tdm-reservation": 1}]'
        warc.response(f"{SITE}/.well-known/tdmrep.json", rules, headers={"Content-Type": "application/json"})
        warc.response(f"{PHOTO_HOST}/robots.txt", b"User-agent: bokeru\nDisallow: /", headers=TEXT)
    with pytest.raises(Unexpected, match="None of the photos"):
        take(tmp_path, tmp_path / "a.warc.gz")
    assert list(outcomes(tmp_path, "pages")) == [url(1)]
    assert rows(tmp_path, "images") == []
    assert {row["table"] for row in rows(tmp_path, "left_out")} == {"pages", "images"}


def test_what_is_forgotten_does_not_come_back(tmp_path: Path) -> None:
    source = small(tmp_path)
    take(tmp_path, source)
    place = Place(tmp_path / "data", "p")
    crawl = place.crawl
    build(DatasetOptions(), [crawl], place.dataset, name="p")
    forget(place, Request(odai=2))
    for path in [*crawl.glob("pages/*.parquet"), *crawl.glob("images/*"), *crawl.glob("archive/*")]:
        path.unlink()
    take(tmp_path, source)
    assert "犬2" not in str(rows(tmp_path, "pages"))
    assert [row["url"] for row in rows(tmp_path, "images") if row["bytes"]] == [photo_url(1)]
    assert len(list(crawl.glob("archive/*.gz"))) == 1
    assert verify(crawl) == []


def test_the_newest_of_import_and_crawl_counts(tmp_path: Path) -> None:
    for year, text in ((2025, "新しい"), (2023, "古い")):
        with Warc(tmp_path / "b.warc.gz") as warc:
            warc.odai(1, text, date=f"{year}-01-01T00:00:00Z")
            warc.photo(1, date=f"{year}-01-01T00:00:00Z")
        take(tmp_path, tmp_path / "b.warc.gz")
    crawl = tmp_path / "data/p/crawl"
    build(DatasetOptions(), [crawl], crawl.with_name("dataset"), name="p")
    assert read.captions(crawl.with_name("dataset"))["text"].to_pylist() == ["新しい"]


def test_one_page_of_many_spellings_is_one(tmp_path: Path) -> None:
    spelled = ["/odai/1", "/odai/1/", "/odai/1?ref=top", "/odai/%31"]
    with Warc(tmp_path / "b.warc.gz") as warc:
        for number, path in enumerate(spelled):
            warc.response(f"http://www.bokete.jp{path}", page(1), date=f"2024-01-0{number + 1}T00:00:00Z")
        warc.photo(1)
    take(tmp_path, tmp_path / "b.warc.gz")
    assert {row["url"] for row in rows(tmp_path, "pages")} == {url(1)}


@pytest.mark.parametrize("widths", [(600, 240), (240, 400, 600)])
def test_the_widest_copy_is_taken(tmp_path: Path, widths: tuple[int, ...]) -> None:
    with Warc(tmp_path / "b.warc.gz") as warc:
        for day, width in enumerate(widths, 1):
            warc.photo(1, width, photo(1, width // 10), date=f"2024-01-0{day}T00:00:00Z")
        warc.odai(1)
    report = take(tmp_path, tmp_path / "b.warc.gz")
    assert list(outcomes(tmp_path, "images")) == [photo_url(1, max(widths))]
    assert report.photos == {"ok": 1}


@pytest.mark.parametrize("broken", [b"<html>login</html>", photo(1)[:200]])
def test_a_narrower_copy_is_taken_where_the_wider_is_broken(tmp_path: Path, broken: bytes) -> None:
    with Warc(tmp_path / "b.warc.gz") as warc:
        warc.odai(1)
        warc.photo(1, 240, photo(1, 24))
        warc.photo(1, 600, broken)
        warc.photo(1, 400, photo(1, 40))
    take(tmp_path, tmp_path / "b.warc.gz")
    assert outcomes(tmp_path, "images") == {photo_url(1, 400): "ok"}


def test_missing_photos_are_rows_as_of_a_crawl(tmp_path: Path) -> None:
    with Warc(tmp_path / "b.warc.gz") as warc:
        for number in (1, 2):
            warc.odai(number)
        warc.photo(1, 600, b"gone", status="404 Not Found", headers=HTML)
        warc.photo(1, 400)
        warc.photo(2, 600, b"no", status="403 Forbidden", headers=HTML)
        warc.photo(2, 240)
    report = take(tmp_path, tmp_path / "b.warc.gz")
    assert outcomes(tmp_path, "images") == {
        photo_url(1, 600): "missing",
        photo_url(1, 400): "ok",
        photo_url(2, 240): "ok",
    }
    assert take(tmp_path, tmp_path / "b.warc.gz").photos == {}
    assert report.photos == {"missing": 1, "ok": 2}


def test_pictures_that_no_page_shows_are_left_out(tmp_path: Path) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.odai(1)
        warc.photo(1)
        for path in ("/user/icon/1.jpg", "/logo.png"):
            warc.response(PHOTO_HOST + path, photo(5), headers={"Content-Type": "image/jpeg"})
        warc.response(f"{SITE}/icon.jpg", photo(6), headers={"Content-Type": "image/jpeg"})
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert list(outcomes(tmp_path, "images")) == [photo_url(1)]
    assert report.left_out == {"a picture that no page shows as its photo": 3}


@pytest.mark.parametrize("status", ["302 Found", "403 Forbidden", "503 Busy"])
def test_what_tells_nothing_of_the_page_gets_no_row(tmp_path: Path, status: str) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.response(url(5), b"<html>x</html>", status)
        warc.odai(1)
        warc.photo(1)
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert list(outcomes(tmp_path, "pages")) == [url(1)]
    assert report.left_out == {f"HTTP status {status[:3]}": 1}


def test_outcomes_are_those_of_a_crawl(tmp_path: Path) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.odai(1)
        warc.photo(1)
        warc.response(url(4), b"<html><body>gone</body></html>", "404 Not Found")
        warc.response(url(5), b"", "451 Unavailable For Legal Reasons")
        warc.response(url(6), b"<html><body>markup of tomorrow</body></html>")
        warc.response(url(7), page(7)[:-40])  # cut
        warc.response(url(8), b"")
        warc.response(f"{SITE}/boke/recent", str(list_page("/odai/1").body).encode())
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert outcomes(tmp_path, "pages") == {
        url(1): "ok",
        url(4): "missing",
        url(5): "denied",
        url(6): "drift",
        f"{SITE}/boke/recent": "ok",
    }
    assert sum(count for reason, count in report.left_out.items() if "not the page" in reason) == 2


def test_dates_that_cannot_be_right_are_left_out(tmp_path: Path) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.odai(1)
        warc.photo(1)
        for date in ("2999-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"):
            warc.odai(2, date=date)
            warc.photo(1, date=date)
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert (len(rows(tmp_path, "pages")), len(rows(tmp_path, "images"))) == (1, 1)
    assert sum(count for reason, count in report.left_out.items() if "impossible time" in reason) == 6


def test_revisits_say_that_a_page_is_as_it_was(tmp_path: Path) -> None:
    with Warc(small(tmp_path)) as warc:
        warc.odai(1, "犬")
        warc.photo(1)
        warc.revisit(url(1), url(1), DATE, "2024-04-01T00:00:00Z")
        warc.revisit(url(1), "http://www.bokete.jp/odai/1/", DATE, "2024-05-01T00:00:00Z", "304 Not Modified")
        warc.revisit(url(1), url(9), DATE, "2024-06-01T00:00:00Z")
        warc.revisit(url(3), url(3), DATE, "2024-06-01T00:00:00Z")
        warc.revisit(photo_url(1), photo_url(1), DATE, "2024-06-01T00:00:00Z")
    report = take(tmp_path, tmp_path / "a.warc.gz")
    found = rows(tmp_path, "pages")
    assert [(row["fetched_at"].month, row["status"]) for row in found] == [(3, 200), (4, 304), (5, 304)]
    assert [row["bokes"][0]["text"] for row in found] == ["犬"] * 3
    assert report.left_out == {
        "the same as another page": 1,
        "unchanged since a time whose page is not here": 1,
    }
    check(tmp_path / "data/p/crawl")
    # What came in an earlier import counts, too.
    with Warc(tmp_path / "b.warc.gz") as warc:
        warc.revisit(url(1), url(1), DATE, "2024-07-01T00:00:00Z")
    assert take(tmp_path, tmp_path / "b.warc.gz").pages == {"ok": 1}


DATE = "2024-03-05T06:07:08Z"


def test_no_page_of_the_site_ends_with_5_and_what_there_is(tmp_path: Path) -> None:
    with Warc(tmp_path / "b.warc.gz") as warc:
        warc.response("https://other.example/odai/1", page(1))
        warc.record("request", "https://other.example/odai/1", b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(Unexpected) as told:
        take(tmp_path, tmp_path / "b.warc.gz")
    assert told.value.exit_status == 5
    for words in ("no page of https://bokete.jp", "1 response, 1 request", "other.example (1 text/html)"):
        assert words in str(told.value)
    assert not list(tmp_path.rglob("*.parquet"))


def test_pages_without_a_single_photo_end_with_5_and_are_kept(tmp_path: Path) -> None:
    with Warc(tmp_path / "b.warc.gz") as warc:
        warc.odai(1)
        warc.response(
            "https://cdn.example/photo/odai/600/x.jpg", photo(1), headers={"Content-Type": "image/jpeg"}
        )
    with pytest.raises(
        Unexpected, match=r"(?s)cdn\.example \(1 image/jpeg\).*None of the photos.*bokeru crawl"
    ):
        take(tmp_path, tmp_path / "b.warc.gz")
    assert list(outcomes(tmp_path, "pages")) == [url(1)]
    with Warc(tmp_path / "c.warc.gz") as warc:  # another file has them
        warc.photo(1)
    assert take(tmp_path, tmp_path / "b.warc.gz", tmp_path / "c.warc.gz").photos == {"ok": 1}


def test_too_little_room_stops_before_anything(tmp_path: Path) -> None:
    with pytest.raises(TooLittleRoom, match="bokeru import warc") as told:
        take(tmp_path, small(tmp_path), min_free_gb=10**6)
    assert told.value.exit_status == 3
    assert not list(tmp_path.rglob("*.parquet"))
