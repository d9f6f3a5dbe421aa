"""Bodies that arrive without their end: every coding says so, and so do pages, photos and robots.txt."""

import gzip
import io
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
from backports import zstd
from PIL import Image

from crawler.parsing.wholeness import (
    CutError,
    TooLargeError,
    decoded,
    page_is_cut,
    photo_is_cut,
    robots_txt_is_cut,
)

PAGE = (
    "<html><body>" + "".join(f"<p>ボケ{number}</p>" for number in range(3000)) + "</body></html>"
).encode()


def raw_deflate(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


CODED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress), "x-gzip": ("x-gzip", gzip.compress), "zlib": ("deflate", zlib.compress),
    "deflate": ("deflate", raw_deflate), "br": ("br", brotli.compress), "zstd": ("zstd", zstd.compress),
}  # fmt: skip


@pytest.mark.parametrize("name", CODED)
@pytest.mark.parametrize("missing", [1, 5, 0.3])
def test_a_coded_body_without_its_end_is_no_body(name: str, missing: float) -> None:
    coding, encode = CODED[name]
    body = encode(PAGE)
    assert decoded(body, [coding], 0) == PAGE
    with pytest.raises(CutError):
        decoded(body[: -int(missing if missing >= 1 else missing * len(body))], [coding], 0)
    with pytest.raises(TooLargeError):
        decoded(body, [coding], 1000)


def test_codings_one_over_the_other_members_in_a_row_and_a_wrong_checksum() -> None:
    twice = gzip.compress(brotli.compress(PAGE))
    assert decoded(twice, ["br", "gzip"], 0) == PAGE
    assert decoded(gzip.compress(PAGE) * 2, ["gzip"], 0) == PAGE * 2
    assert decoded(zstd.compress(PAGE) * 2, ["zstd"], 0) == PAGE * 2
    assert decoded(gzip.compress(PAGE) + b"\0\0", ["gzip"], 0) == PAGE
    with pytest.raises(CutError):
        decoded(gzip.compress(brotli.compress(PAGE)[:-3]), ["br", "gzip"], 0)
    with pytest.raises(CutError):
        decoded(gzip.compress(PAGE)[:-8] + b"\0" * 8, ["gzip"], 0)


def test_a_page_needs_its_end() -> None:
    assert page_is_cut(PAGE) is None
    assert page_is_cut(PAGE.upper() + b"\n<!-- 3 ms -->") is None
    assert page_is_cut(PAGE.decode().encode("utf-16")) is None
    assert "within a character" in str(page_is_cut(PAGE[: PAGE.rfind("ケ".encode()) + 1]))
    assert "no end" in str(page_is_cut(PAGE[: PAGE.rfind(b"<p>")]))
    assert page_is_cut("<div class='boke'>一言</div>".encode()) is None, "a panel has no end to lack"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_photo_needs_its_end(kind: str) -> None:
    file = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(file, kind)
    assert not photo_is_cut(file.getvalue())
    assert photo_is_cut(file.getvalue()[:-300])


@pytest.mark.parametrize(
    ("body", "partial", "cut"),
    [
        (b"User-agent: *\nDisallow: /", False, False),
        (b"User-agent: *\nDisallow: /", True, True),
        (b"User-agent: *\nDisallow: /\n", True, False),
        ("Disallow: /犬".encode()[:-1], False, True),
        (b"", True, False),
    ],
)
def test_a_robots_txt_needs_its_last_line(body: bytes, partial: bool, cut: bool) -> None:
    assert robots_txt_is_cut(body, may_be_partial=partial) == cut
