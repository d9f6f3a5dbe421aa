"""Answers as WARC records and back; what other tools wrote is decoded, and hostile records are named."""

import gzip
import io
import zlib
from datetime import UTC, datetime
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders

from crawler.archive.answers import Unreadable, encode, read_answers
from crawler.archive.writer import first_record
from crawler.items import Answer
from store.warc.read import check, read_records
from tests.crawler.imports.warcs import MemoryWriter
from tests.store.warc.test_warc import is_whole_for_warcio

AT = datetime(2026, 11, 29, 10, 16, 4, 123456, tzinfo=UTC)
URL = "https://bokete.jp/odai/1"
HTML = (("Content-Type", "text/html; charset=utf-8"),)


def written(path: Path, *answers: Answer) -> Path:
    path.write_bytes(first_record() + b"".join(map(encode, answers)))
    return path


@pytest.mark.parametrize(
    "answer",
    [
        Answer(URL, URL, AT, 200, HTML, "<p>犬</p>".encode()),
        Answer(URL, URL, AT, 404, HTML, b""),
        Answer("http://[x/", "http://a.example:port/犬", AT, 200, HTML, b"no address at all"),
        Answer(URL, URL, AT, 999, (), b"no such status"),
        Answer(URL, URL, AT, 7, (), b"of one digit"),
        Answer(URL, "https://www.bokete.jp/odai/1?x=2", AT, 200, HTML, b"at the end of a redirect"),
        Answer(
            "https://bokete.jp/boke/recent?q=a b",
            "https://bokete.jp/boke/recent?q=a b",
            AT,
            200,
            HTML,
            b"blank",
        ),
        Answer("https://ボケて.jp/お題/１", "https://ボケて.jp/お題/１", AT, 200, HTML, b"IDN"),
        Answer(URL, URL, AT, 200, (("X-Odd", "caf\xe9 \xff\x80"), ("Content-Type", "text/html")), b"latin-1"),
        Answer(URL, URL, AT, 200, (("Content-Encoding", "compress"),), b"a coding that nobody undoes"),
        Answer(URL, URL, AT, 200, HTML, bytes(range(256)) * 65536),  # 16 MiB
        Answer(URL, URL, AT, None, (("Content-Type", "text/html"),), b"<p>mended</p>"),
        Answer(URL, URL, AT, 304, (("Etag", '"a"'),), b"", (URL, datetime(2026, 11, 1, tzinfo=UTC))),
    ],
)
def test_an_answer_is_read_back_as_it_was(tmp_path: Path, answer: Answer) -> None:
    path = written(tmp_path / "a.warc.gz", answer, answer)
    check(path)
    assert is_whole_for_warcio(path)
    first, second = read_answers(path)
    assert isinstance(first, Answer)
    assert first == second
    assert (first.address, first.fetched_at, first.status) == (
        answer.address,
        answer.fetched_at,
        answer.status,
    )
    assert (first.body, first.same_as) == (answer.body, answer.same_as)
    assert set(answer.headers) <= set(first.headers)
    uri = next(record.uri for record in read_records(path) if record.kind != "warcinfo")
    assert uri.isascii()
    assert " " not in uri


def test_the_record_of_a_304_is_a_revisit_by_the_standard(tmp_path: Path) -> None:
    # WARC/1.1, section 6.7.3: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/
    answer = Answer(URL, URL, AT, 304, (("Etag", '"a"'),), b"", (URL, datetime(2026, 11, 1, tzinfo=UTC)))
    with written(tmp_path / "a.warc.gz", answer).open("rb") as file:
        _, record = list(ArchiveIterator(file))
    fields = record.rec_headers
    assert record.rec_type == "revisit"
    assert fields.get_header("WARC-Profile").endswith("/warc/1.1/revisit/server-not-modified")
    assert fields.get_header("WARC-Refers-To-Target-URI") == URL
    assert fields.get_header("WARC-Refers-To-Date") == "2026-11-01T00:00:00.000000Z"
    assert record.http_headers.get_statuscode() == "304"


def test_neither_cookies_nor_passwords_nor_what_the_connection_did_are_kept(tmp_path: Path) -> None:
    headers = (
        ("Set-Cookie", "session=SECRET"),
        ("set-cookie2", "SECRET"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Encoding", "gzip"),
        ("Content-Length", "9999"),
        ("X-Two\r\nInjected", "lines\r\nInjected: yes"),
    )
    path = written(
        tmp_path / "a.warc.gz", Answer(URL, "https://me:SECRET@bokete.jp/odai/1", AT, 200, headers, b"hi")
    )
    content = gzip.decompress(path.read_bytes())
    assert b"SECRET" not in content
    assert b"\nInjected" not in content
    (answer,) = read_answers(path)
    assert isinstance(answer, Answer)
    assert answer.body == b"hi"
    assert answer.header("content-length") == "2"
    assert answer.header("transfer-encoding") is None


def chunked(body: bytes) -> bytes:
    return (
        b"5;name=value\r\n"
        + body[:5]
        + b"\r\n"
        + b"%X\r\n" % len(body[5:])
        + body[5:]
        + b"\r\n0\r\nTrailer: x\r\n\r\n"
    )


BODY = "<html>写真と一言</html>".encode() * 50
ODD_DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        ({}, BODY),
        ({"Transfer-Encoding": "chunked"}, chunked(BODY)),
        ({"Transfer-Encoding": "chunked"}, BODY),  # undone by the tool, which left the header
        ({"Content-Encoding": "gzip"}, gzip.compress(BODY)),
        ({"Content-Encoding": "br"}, brotli.compress(BODY)),
        ({"Content-Encoding": "deflate"}, ODD_DEFLATE.compress(BODY) + ODD_DEFLATE.flush()),
        ({"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}, chunked(gzip.compress(BODY))),
    ],
    # Not by the bytes: those of gzip hold the time.
    ids=["plain", "chunked", "chunked before", "gzip", "brotli", "deflate", "gzip in chunks"],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_the_answers_of_another_tool_are_decoded(
    tmp_path: Path, headers: dict[str, str], sent: bytes, compressed: bool
) -> None:
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as file:
        writer = MemoryWriter(file, gzip=compressed)
        http = StatusAndHeaders("200 OK", list(headers.items()), protocol="HTTP/1.0")
        date = {"WARC-Date": "2024-03-05T06:07:08Z"}
        writer.write_record(
            writer.create_warc_record(
                URL, "response", io.BytesIO(sent), http_headers=http, warc_headers_dict=date
            )
        )
        writer.write_record(
            writer.create_warc_record("dns:bokete.jp", "response", io.BytesIO(b"20240305 1.2.3.4"))
        )
        writer.write_record(writer.create_warc_record(URL, "metadata", io.BytesIO(b"fetchTimeMs: 3")))
    answer, *_ = read_answers(path)
    assert isinstance(answer, Answer)
    assert (answer.url, answer.status, answer.body) == (URL, 200, BODY)
    assert answer.fetched_at == datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)


def raw(block: bytes, fields: bytes = b"WARC-Date: 2024-03-05T06:07:08Z\r\n") -> bytes:
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\n"
        + fields
        + b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n" % len(block)
        + block
        + b"\r\n\r\n"
    )


BOMB = gzip.compress(bytes(30 * 2**20))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (raw(b"GET / HTTP/1.1\r\n\r\n"), "status line"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort"), "within a chunk"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(BODY)[:-9]), "not whole"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + BOMB), "more than"),
        (raw(b"HTTP/1.1 200 OK\r\n\r\nhi", b"WARC-Date: yesterday\r\n"), "no date"),
        (
            raw(
                b"HTTP/1.1 200 OK\r\n\r\nhi", b"WARC-Date: 2024-03-05T06:07:08Z\r\nWARC-Truncated: length\r\n"
            ),
            "part",
        ),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000 + b"\r\n\r\nhi"), "headers"),
        (raw(b"HTTP/1.1 200 OK\r\n\r\n" + bytes(11 * 2**20)), "more than"),
    ],
)
def test_a_record_that_cannot_be_read_is_named_and_the_next_one_read(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(content + raw(b"HTTP/1.1 200\r\nA: b\r\n\r\nhi"))
    bad, good = read_answers(path, most=10 * 2**20)
    assert isinstance(bad, Unreadable)
    assert reason in bad.reason
    assert isinstance(good, Answer)
    assert (good.status, good.body) == (200, b"hi")


@pytest.mark.parametrize(
    "date",
    ["2024-03-05", "2024-03-05T06:07:08.5Z", "2024-03-05T06:07:08.123456789Z", "2024-03-05T15:07:08+09:00"],
)
def test_dates_of_any_precision_are_utc(tmp_path: Path, date: str) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(raw(b"HTTP/1.1 200 OK\r\n\r\nhi", f"WARC-Date: {date}\r\n".encode()))
    (answer,) = read_answers(path)
    assert isinstance(answer, Answer)
    assert answer.fetched_at.utcoffset() == AT.utcoffset()
    assert answer.fetched_at.strftime("%F") == "2024-03-05"
