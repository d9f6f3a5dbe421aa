"""WARC files as other programs write them: by warcio, or byte by byte."""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.imports.report import WarcReport
from crawler.imports.warc import import_warc
from crawler.job import Job
from crawler.options import CrawlOptions
from tests.crawl_tables import photo
from tests.crawler.answering import odai_page, photo_path

SITE = "https://bokete.jp"
PHOTO_HOST = "https://d2dcan0armyq93.cloudfront.net"
HTML = {"Content-Type": "text/html; charset=utf-8"}
DATE = "2024-03-05T06:07:08Z"


def url(odai: int) -> str:
    return f"{SITE}/odai/{odai}"


def photo_url(number: int, width: int = 600) -> str:
    return PHOTO_HOST + photo_path(number, width)


def page(odai: int, *texts: str) -> bytes:
    """Return an odai's page whose photo is on the host of photos."""
    body = odai_page(odai, *texts, photo=photo_url(odai)).body
    return (body if isinstance(body, bytes) else body.encode()) + b"</html>"


class MemoryWriter(WARCWriter):  # type: ignore[misc]  # warcio has no types
    """warcio's writer, without the temporary files that it leaves to the garbage collector."""

    @staticmethod
    def _create_temp_file() -> io.BytesIO:
        return io.BytesIO()


class Warc:
    """A WARC file that warcio writes, record by record; use it as a context manager."""

    def __init__(self, path: Path, *, gzip: bool = True, version: str = "1.1") -> None:
        self.path, self._file = path, path.open("wb")
        self._writer = MemoryWriter(self._file, gzip=gzip, warc_version=version)

    def __enter__(self) -> "Warc":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def response(
        self,
        uri: str,
        body: bytes = b"",
        status: str = "200 OK",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = HTML.items(),
        date: str = DATE,
        protocol: str = "HTTP/1.1",
        **fields: str,
    ) -> None:
        lines = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        http = StatusAndHeaders(status, lines, protocol=protocol)
        self.record("response", uri, body, date, http, **fields)

    def photo(self, number: int, width: int = 600, content: bytes | None = None, **values: Any) -> None:
        body = photo(number) if content is None else content
        values = {"headers": {"Content-Type": "image/jpeg"}, **values}
        self.response(photo_url(number, width), body, **values)

    def odai(self, number: int, *texts: str, **values: Any) -> None:
        self.response(url(number), page(number, *texts), **values)

    def revisit(self, uri: str, of: str, of_date: str, date: str, status: str = "200 OK") -> None:
        http = StatusAndHeaders(status, list(HTML.items()), protocol="HTTP/1.1")
        record = self._writer.create_revisit_record(
            uri, "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", of, of_date, http, {"WARC-Date": date}
        )
        self._writer.write_record(record)

    def record(
        self, kind: str, uri: str, body: bytes, date: str = DATE, http: Any = None, **fields: str
    ) -> None:
        named = {"WARC-Date": date, **{name.replace("_", "-"): value for name, value in fields.items()}}
        kept = fields.pop("content_type", "application/octet-stream")
        named.pop("content-type", None)
        record = self._writer.create_warc_record(
            uri, kind, io.BytesIO(body), http_headers=http, warc_headers_dict=named,
            warc_content_type="" if http else kept,
        )  # fmt: skip
        self._writer.write_record(record)


def job(folder: Path, **options: object) -> Job:
    settings = {"site": SITE, "min_free_gb": 0, **options}
    return Job(CrawlOptions.model_validate(settings, strict=False), folder / "data" / "p" / "crawl")


def take(folder: Path, *paths: Path | str, **options: object) -> WarcReport:
    """Import files into the crawl below a folder."""
    return import_warc(job(folder, **options), [str(path) for path in paths], "bokeru import warc")


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found = [
        row
        for path in sorted((folder / "data" / "p" / "crawl" / table).glob("*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    return sorted(found, key=lambda row: (row["url"], str(row.get("fetched_at"))))


def outcomes(folder: Path, table: str) -> dict[str, str]:
    return {row["url"]: row["outcome"] for row in rows(folder, table)}
