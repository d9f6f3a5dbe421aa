"""Photos of every kind, whole and broken: each ends as a row with an outcome, and nothing raises."""

import asyncio
import io
import re
import struct
import threading
import time
import zlib
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scrapy import Request
from scrapy.http import Response

from crawler.items import PhotoRow
from crawler.parsing.images import decodes_quickly, photo_row
from crawler.spiders.bokete import BoketeSpider
from store.schema import IMAGES
from tests import speaking_photos

NOW = datetime(2026, 3, 4, tzinfo=UTC)
PHOTO = Image.linear_gradient("L").resize((60, 45))


def look(content: bytes) -> PhotoRow:
    row = photo_row(content, "http://photo.bokete.test/a.jpg", NOW, 200)
    assert set(row) == set(IMAGES.names)
    return row


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


ANIMATED = saved(PHOTO, "GIF", save_all=True, append_images=[PHOTO.rotate(90), PHOTO.rotate(180)])
EXIF = Image.Exif()
EXIF[0x0112] = 6
TURNED = saved(PHOTO, "JPEG", exif=EXIF)
ABSURD = Image.Exif()
ABSURD[0x0112] = 77
ABSURD[0x010E] = "嘘" * 9000


@pytest.mark.parametrize("kind", speaking_photos.FORMATS)
def test_a_photo_that_forbids_training_is_denied_with_its_words(kind: str) -> None:
    packet = speaking_photos.xmp("http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING")
    row = look(speaking_photos.FORMATS[kind](packet))
    said = "plus:DataMining: DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING"
    assert (row["outcome"], row["error"], row.next_copy, row.is_whole) == ("denied", said, None, True)
    assert [row[name] for name in ("sha256", "bytes", "width", "height", "format", "phash")] == [None] * 6
    allowed = speaking_photos.FORMATS[kind](speaking_photos.xmp("DMI-ALLOWED"))
    assert look(allowed)["bytes"] == allowed


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(saved(PHOTO, "JPEG"), "jpeg", id="grey"),
        pytest.param(saved(PHOTO.convert("RGB"), "JPEG", progressive=True), "jpeg", id="progressive"),
        pytest.param(saved(PHOTO.convert("CMYK"), "JPEG"), "jpeg", id="CMYK"),
        pytest.param(saved(PHOTO.convert("P"), "PNG"), "png", id="palette"),
        pytest.param(saved(PHOTO.convert("I;16"), "PNG"), "png", id="16-bit"),
        pytest.param(saved(PHOTO.convert("RGBA"), "WEBP"), "webp", id="with alpha"),
        pytest.param(ANIMATED, "gif", id="animated"),
        pytest.param(TURNED, "jpeg", id="rotated by EXIF"),
        pytest.param(saved(PHOTO, "JPEG", exif=ABSURD), "jpeg", id="absurd EXIF"),
        pytest.param(saved(PHOTO, "JPEG") + b"<html>more</html>", "jpeg", id="with a tail"),
    ],
)
def test_a_whole_photo_is_kept_as_it_was_fetched(content: bytes, kind: str) -> None:
    row = look(content)
    assert (row["outcome"], row["error"], row["format"]) == ("ok", None, kind)
    turned = content == TURNED
    assert (row["width"], row["height"]) == ((45, 60) if turned else (60, 45))
    assert row["bytes"] == content
    assert row["sha256"] == sha256(content).hexdigest()
    assert len(str(row["phash"])) == 16


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(saved(PHOTO, "JPEG")[:-200], "truncated", id="truncated"),
        pytest.param(
            saved(Image.effect_noise((60, 45), 50), "PNG")[:999], "truncated|broken", id="truncated PNG"
        ),
        pytest.param(b"<!DOCTYPE html><p>not found", "a web page, and no photo", id="HTML"),
        pytest.param(b"", "not a photo in a known format", id="nothing"),
        pytest.param(
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
            "not a photo in a known format",
            id="a program",
        ),
        pytest.param(png(13000, 13000, zlib.compress(b"")), "more than 25 megapixels", id="bomb"),
        pytest.param(png(8000, 8000, b""), "8000x8000 pixels, more than 25 megapixels", id="large"),
        pytest.param(png(0, 0, b""), ".", id="empty"),
        pytest.param(png(10, 10, b"nonsense"), ".", id="nonsense"),
    ],
)
def test_a_broken_photo_is_a_row_with_its_reason_and_without_bytes(content: bytes, reason: str) -> None:
    row = look(content)
    assert (row["outcome"], row["bytes"], row["phash"]) == ("error", None, None)
    assert row["sha256"] == sha256(content).hexdigest()
    assert re.search(reason, str(row["error"]))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"]), st.data())
def test_no_damage_makes_it_raise(kind: str, data: st.DataObject) -> None:
    content = bytearray(saved(PHOTO, kind))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    assert look(bytes(content))["outcome"] in ("ok", "error")


@settings(max_examples=40, deadline=None)
@given(st.binary())
def test_no_bytes_make_it_raise(content: bytes) -> None:
    assert look(content)["outcome"] == "error"


NOISE = Image.effect_noise((700, 700), 90)
QUICK = saved(NOISE.resize((350, 350)), "JPEG")


@pytest.mark.parametrize(
    ("content", "beside"),
    [
        pytest.param(QUICK, False, id="small JPEG"),
        pytest.param(saved(NOISE, "JPEG", quality=95), True, id="large JPEG"),
        pytest.param(saved(PHOTO, "JPEG", progressive=True), True, id="JPEG of several scans"),
        pytest.param(saved(PHOTO, "PNG"), True, id="PNG"),
    ],
)
def test_what_may_take_long_is_decoded_beside_the_crawl(
    content: bytes, beside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = Response("http://photo.bokete.test/a.jpg", body=content)
    response.request = Request(response.url, meta={"address": response.url})
    threads = []

    def watched(*arguments: Any) -> PhotoRow:
        threads.append(threading.current_thread())
        return photo_row(*arguments)

    monkeypatch.setattr("crawler.parsing.images.photo_row", watched)
    row = asyncio.run(BoketeSpider().parse_photo(response))
    assert isinstance(row, PhotoRow)
    assert (row["outcome"], row["bytes"]) == ("ok", content)
    assert [thread is not threading.main_thread() for thread in threads] == [beside]


def test_a_quick_photo_that_claims_to_be_huge_is_still_quick() -> None:
    size = QUICK.index(b"\xff\xc0") + 5
    content = QUICK[:size] + struct.pack(">HH", 7000, 7000) + QUICK[size + 4 :]
    assert decodes_quickly(content)
    started = time.process_time()
    assert look(content)["width"] in (7000, None)
    assert time.process_time() - started < 0.5
