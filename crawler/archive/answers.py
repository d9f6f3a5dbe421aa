"""Answers as WARC records, and records, of our own or of another tool, as answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from w3lib.url import safe_url_string

from crawler.archive.http import UnreadableBlock, http_head, parse_http
from crawler.items import Answer
from store.warc.read import MOST, Record, read_records
from store.warc.write import Field, member, warc_date

ADDRESS = "Bokeru-Address"
"""The named field with the address that was asked for, where it is not the WARC-Target-URI: after redirects,
and where it has characters that a URI does not."""
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

_HTTP = "application/http;msgtype=response"
KINDS = ("response", "revisit", "resource", "conversion")
"""The records that tell of a page."""


@dataclass(frozen=True)
class Unreadable:
    """A record that tells of a page and cannot be read; `reason` says why."""

    uri: str
    reason: str
    offset: int


def encode(answer: Answer) -> bytes:
    """Return the record of an answer, as a gzip member.

    A 304 (an answer with `same_as`) is a `revisit` record; a page that somebody saved or mended (one without
    a status) is a `conversion` of what the site sent; anything else is a `response`.
    """
    fields = _addresses(answer)
    if answer.status is None:
        kind = answer.header("Content-Type") or "text/html"
        block = answer.body
        return member("conversion", answer.fetched_at, [*fields, ("Content-Type", kind)], block)
    fields.append(("Content-Type", _HTTP))
    if answer.same_as:
        address, at = answer.same_as
        fields += [
            ("WARC-Profile", NOT_MODIFIED),
            ("WARC-Refers-To-Target-URI", _uri(address)),
            ("WARC-Refers-To-Date", warc_date(at)),
        ]
        head = http_head(answer.status, answer.headers, 0)
        return member("revisit", answer.fetched_at, fields, head)
    head = http_head(answer.status, answer.headers, len(answer.body))
    return member("response", answer.fetched_at, fields, head + answer.body, head=len(head))


def read_answers(path: Path, *, most: int = MOST) -> Iterator[Answer | Unreadable]:
    """Yield what a WARC file tells of pages: (url, date, status, headers, body) of each, decoded.

    What is no answer (requests, metadata, DNS) is passed over.

    Args:
        most: the most bytes of a page.

    Raises:
        DamagedArchive: the file cannot be read any further; what came before was yielded.
    """
    for record in read_records(path, KINDS, most=most):
        if record.kind in KINDS:
            yield decode(record, most=most)


def decode(record: Record, *, most: int = MOST) -> Answer | Unreadable:
    """Return the answer in a record of one of the kinds that have one."""
    address, date = address_and_date(record)
    if record.block is None:
        return Unreadable(record.uri, f"it has more than {most:,} bytes", record.offset)
    if date is None or not record.uri:
        return Unreadable(record.uri, "it has no date or no address", record.offset)
    if cut := record.fields.get("warc-truncated"):
        return Unreadable(record.uri, f"only a part of it was kept ({cut})", record.offset)
    kind = record.fields.get("content-type", "")
    answer = Answer(address, record.uri, date, None, (("Content-Type", kind),), record.block)
    if record.kind == "conversion" or not kind.lower().startswith("application/http"):
        return answer
    try:
        status, headers, body = parse_http(record.block, most)
    except UnreadableBlock as error:
        return Unreadable(record.uri, str(error), record.offset)
    answer = replace(answer, status=status, headers=headers, body=body)
    if record.kind == "revisit":
        return replace(answer, same_as=_same_as(record))
    if status == 200 and (missing := _missing_bytes(answer)):
        return Unreadable(record.uri, f"its body is not whole: {missing:,} bytes are missing", record.offset)
    return answer


def address_and_date(record: Record) -> tuple[str, datetime | None]:
    """Return the address and the time by which a row's record is found; None where it has no time."""
    return record.fields.get(ADDRESS.lower(), record.uri), _date(record.fields.get("warc-date", ""))


def _missing_bytes(answer: Answer) -> int:
    """Return how many bytes of a body that was sent as it is are not in the record, by its Content-Length."""
    stated = answer.header("Content-Length") or ""
    is_as_sent = not answer.header("Content-Encoding") and not answer.header("Transfer-Encoding")
    if not is_as_sent or not (stated.isascii() and stated.isdigit() and len(stated) < 16):
        return 0
    return max(int(stated) - len(answer.body), 0)


def _same_as(record: Record) -> tuple[str, datetime] | None:
    date = _date(record.fields.get("warc-refers-to-date", ""))
    uri = record.fields.get("warc-refers-to-target-uri", record.uri)
    if record.fields.get("warc-profile") == NOT_MODIFIED:
        uri = address_and_date(record)[0]  # a 304 confirms an answer from the same address
    return (uri.removeprefix("<").removesuffix(">"), date) if date else None


def _addresses(answer: Answer) -> list[Field]:
    uri = _uri(answer.url)
    fields = [("WARC-Target-URI", uri)]
    return fields if uri == answer.address else [*fields, (ADDRESS, answer.address)]


def _uri(url: str) -> str:
    """Return an address as a URI: in ASCII, without blanks, user and password."""
    try:
        uri = safe_url_string(url.replace(" ", "%20"))
    except ValueError:  # a port that is none, say: whatever it is, the record says it
        uri = quote(url, safe=":/?#[]@!$&'()*+,;=%")
    return re.sub(r"(?<=//)[^/?#@]*@", "", uri, count=1)


def _date(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
