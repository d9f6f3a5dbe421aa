"""WARC files of other tools, with their habits, and files that are damaged: what is whole is read."""

import gzip
import random
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest

from demo.site import running
from store.errors import Unexpected
from tests.crawl_tables import photo
from tests.crawler.imports.warcs import (
    HTML,
    SITE,
    Warc,
    outcomes,
    page,
    photo_url,
    rows,
    take,
    url,
)


def several(path: Path, *, gzip: bool = True, count: int = 8) -> Path:
    with Warc(path, gzip=gzip) as warc:
        for number in range(1, count + 1):
            warc.odai(number)
            warc.photo(number)
    return path


def cut(content: bytes) -> bytes:
    return content[:-20]


def one_bit_in_the_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :]


def zeros_in_the_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(3000) + content[middle + 3000 :]


def something_before(content: bytes) -> bytes:
    return b"no record at all\r\n" + content


@pytest.mark.parametrize(
    ("packed", "damage"),
    [
        (True, cut),
        (True, zeros_in_the_middle),
        (True, one_bit_in_the_middle),
        (False, cut),
        (False, zeros_in_the_middle),
        (False, something_before),
    ],
)
def test_what_is_whole_of_a_damaged_file_is_read(
    tmp_path: Path, packed: bool, damage: Callable[[bytes], bytes]
) -> None:
    path = several(tmp_path / "a.warc", gzip=packed)
    path.write_bytes(damage(path.read_bytes()))
    report = take(tmp_path, path)
    found = {*outcomes(tmp_path, "pages"), *outcomes(tmp_path, "images")}
    assert len(found) >= 13  # of 16; zeros within a plain block damage that block alone
    if packed or damage is not zeros_in_the_middle:
        assert url(1) in found
        assert list(report.damage) == [path]
        assert "a.warc is damaged: " in str(report)


def test_a_length_that_is_wrong_costs_the_records_that_it_covers(tmp_path: Path) -> None:
    path = several(tmp_path / "a.warc", gzip=False)
    content = path.read_bytes()
    place = content.index(b"Content-Length: ", len(content) // 2)
    end = content.index(b"\r\n", place)
    path.write_bytes(content[:place] + b"Content-Length: 999999999" + content[end:])
    report = take(tmp_path, path)
    assert len(rows(tmp_path, "pages")) >= 7
    assert list(report.damage) == [path]


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b", b"no WARC", b"PK\x03\x04", b"\0" * 5000, b"WARC/1.0\r\n"]
)
def test_a_file_that_is_none_does_not_end_the_others(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "0.warc").write_bytes(content)
    report = take(tmp_path, tmp_path / "0.warc", several(tmp_path / "a.warc", count=1))
    assert report.pages == {"ok": 1}
    assert len(report.damage) == (content != b"")
    with pytest.raises(Unexpected):
        take(tmp_path / "alone", tmp_path / "0.warc")


def test_one_stream_for_all_records(tmp_path: Path) -> None:
    path = several(tmp_path / "a.warc", gzip=False, count=2)
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert take(tmp_path, path).photos == {"ok": 2}


BODY = page(1)


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress(BODY)),
        ({"Content-Encoding": "br"}, brotli.compress(BODY)),
        ({"Content-Encoding": "deflate"}, zlib.compress(BODY)),
        ({"Transfer-Encoding": "chunked"}, b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)),
        # Tools that record a browser undo these, and some leave the headers.
        ({"Content-Encoding": "gzip"}, BODY),
        ({"Content-Encoding": "br", "Content-Length": "99"}, BODY),
        ({"Content-Encoding": "zstd"}, BODY),
        ({"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}, BODY),
        ({"X-Orig-Content-Encoding": "br", "X-Orig-Content-Length": "99"}, BODY),
    ],
    ids=["gzip", "br", "deflate", "chunks", "no gzip", "no br", "no zstd", "neither", "renamed"],
)
def test_payloads_are_decoded_as_they_are(tmp_path: Path, headers: dict[str, str], sent: bytes) -> None:
    with Warc(tmp_path / "a.warc.gz") as warc:
        warc.response(url(1), sent, headers=HTML | headers, protocol="HTTP/2")
        warc.photo(1, protocol="HTTP/1.0", headers={})
    assert take(tmp_path, tmp_path / "a.warc.gz").pages == {"ok": 1}


def test_a_body_that_is_shorter_than_its_length_is_not_taken(tmp_path: Path) -> None:
    with Warc(tmp_path / "a.warc.gz") as warc:
        warc.odai(1)
        warc.photo(1)
        warc.response(url(2), page(2), headers=HTML | {"Content-Length": "999999"})
        warc.response(url(3), b"", headers=HTML | {"Content-Length": "5000"})  # the answer to a HEAD
        warc.odai(4, WARC_Truncated="length")
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert list(outcomes(tmp_path, "pages")) == [url(1)]
    assert sum(report.left_out.values()) == 3


def test_records_of_browsertrix_and_warcit(tmp_path: Path) -> None:
    with Warc(tmp_path / "a.warc.gz") as warc:
        for kind in ("text", "pageinfo", "view", "thumbnail"):
            warc.record("resource", f"urn:{kind}:{url(1)}", b"{}", content_type="application/json")
        warc.record("metadata", url(1), b"fetchTimeMs: 3")
        warc.record(
            "request",
            url(1),
            b"GET /odai/1 HTTP/1.1\r\n\r\n",
            content_type="application/http; msgtype=request",
        )
        warc.record("conversion", url(9), b"the text of a page", content_type="text/plain")
        warc.record("resource", url(1), page(1), content_type="text/html")
        warc.record("resource", photo_url(1), photo(1), content_type="image/jpeg")
        warc.response(f"{SITE}/_next/data/x/odai/1.json", b"{}", headers={"Content-Type": "application/json"})
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert (report.pages, report.photos) == ({"ok": 1}, {"ok": 1})
    assert [row["status"] for row in rows(tmp_path, "pages")] == [None]
    assert report.left_out == {"text/plain, which is no page": 1, "application/json, which is no page": 1}


HOSTILE = [
    "http://[x/odai/1",
    "https://bokete.jp:99999/odai/1",
    "https://bokete.jp/odai/1\x1b[31m",
    "https://bokete.jp/odai/" + "9" * 500,
    "https://bokete.jp/" + "%" * 3000,
    "https://ボケて.jp/odai/1",
    "HTTPS://BOKETE.JP./odai/1",
    "https://bokete.jp/odai/1?page=" + "9" * 400,
    "http://",
    "https:///odai/1",
]


def test_no_address_ends_an_import(tmp_path: Path) -> None:
    with Warc(tmp_path / "a.warc.gz") as warc:
        for address in HOSTILE:
            for body in (page(1), photo(1), b"\0", b"<" * 3000):
                warc.response(address, body)
        warc.odai(2)
        warc.photo(2)
    report = take(tmp_path, tmp_path / "a.warc.gz")
    assert outcomes(tmp_path, "pages")[url(2)] == "ok"
    assert "\x1b" not in str(report)


def test_damage_anywhere_leaves_no_traceback(tmp_path: Path) -> None:
    chance = random.Random(4)
    content = several(tmp_path / "a.warc", count=2, gzip=False).read_bytes()
    for number in range(6):
        spoilt = bytearray(content)
        for _ in range(40):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        path = tmp_path / f"{number}.warc"
        path.write_bytes(spoilt)
    take(tmp_path, tmp_path / "a.warc", *(tmp_path / f"{number}.warc" for number in range(6)))


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("wget"), reason="wget is not installed")
def test_what_wget_recorded_is_the_site(tmp_path: Path) -> None:
    with running(6, 3, 5) as address:
        arguments = ["-q", "-r", "-l", "2", "-p", "-H", "-D", "bokete.test,photo.bokete.test"]
        where = ["--warc-file", str(tmp_path / "wget"), "-P", str(tmp_path / "files")]
        command = ["wget", *arguments, *where, "http://bokete.test/boke/recent"]
        subprocess.run(command, env={"http_proxy": address, "PATH": "/usr/bin:/bin"}, check=False, timeout=60)
    report = take(tmp_path, tmp_path / "wget.warc.gz", site="embedded")
    assert report.photos == {"ok": 6}
    assert not report.damage
    assert {row["outcome"] for row in rows(tmp_path, "pages")} == {"ok"}
    assert not [row for row in rows(tmp_path, "pages") if "/user/" in row["url"]]
