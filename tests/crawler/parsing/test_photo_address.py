"""The photo's own address in an `img`: lazy loading, `<base>`, srcset, image proxies, other pictures.

What is right follows from the HTML standard (srcset, base), from Next.js's documentation of its image proxy,
and from what readers of the site attest about its hosts and widths.
"""

from datetime import UTC, datetime

import pytest

from crawler.parsing.markup import Document, first
from crawler.parsing.photo_address import photo_address

PAGE = "https://bokete.jp/odai/5"
NEW, OLD = "https://d2dcan0armyq93.cloudfront.net", "https://d13n9ry8xcpemi.cloudfront.net"
MD5 = "0123456789abcdef" * 2
GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def copy(host: str, width: int) -> str:
    return f"{host}/photo/odai/{width}/{MD5}_{width}.jpg"


REAL = copy(NEW, 600)
PROXIED = "%2F%2Fd2dcan0armyq93.cloudfront.net%2Fphoto%2Fodai%2F600%2F" + MD5 + "_600.jpg"


@pytest.mark.parametrize(
    "image",
    [
        {"src": REAL},
        {"src": REAL.removeprefix("https:")},
        {"src": f" \n{REAL}\t"},
        {"src": copy(NEW, 240)},
        {"src": GIF, "data-src": REAL},
        {"src": "/img/loading.gif", "data-original": copy(NEW, 400)},
        {"src": "/img/blank.png", "data-lazy-src": REAL},
        {"src": REAL, "data-src": "/img/now_loading.gif"},
        {"src": "", "data-srcset": f"{copy(NEW, 240)} 240w, {REAL} 600w"},
        {"srcset": f"{copy(NEW, 240)} 1x, {REAL} 2x"},
        {"srcset": f"{REAL}, {copy(NEW, 240)}"},
        {"src": f"/_next/image?url={PROXIED}&w=640&q=75"},
        {"src": f"https://bokete.jp/_next/image?w=640&q=75&url={PROXIED}"},
        {"src": GIF, "srcset": f"/_next/image?url={PROXIED}&w=384 1x, /_next/image?url={PROXIED}&w=828 2x"},
    ],
)  # fmt: skip
def test_the_photos_own_address(image: dict[str, str]) -> None:
    assert photo_address(image, PAGE) == REAL


@pytest.mark.parametrize(
    ("written", "asked"),
    [(400, 400), (240, 400), (600, 600)],
)
def test_no_width_is_asked_for_that_nobody_has_seen_on_the_old_host(written: int, asked: int) -> None:
    assert photo_address({"src": copy(OLD, written)}, PAGE) == copy(OLD, asked)


@pytest.mark.parametrize(
    "src",
    [
        "", "#", GIF, "javascript:void(0)", "about:blank", "http://[", "mailto:a@b",
        "https://ss.bokete.jp/123.jpg", "//stamp.bokete.jp/123.png",
        "https://bokete-photo-gamma.s3.amazonaws.com/banner.jpg",
        "/_next/image?url=https%3A%2F%2Fss.bokete.jp%2F1.jpg&w=640",
        "/_next/image?url=data%3Aimage%2Fgif%3Bbase64%2CR0lG&w=640",
    ],
)  # fmt: skip
def test_what_is_no_photo(src: str) -> None:
    assert photo_address({"src": src}, PAGE) is None


def test_a_picture_that_stands_for_a_photo_is_told_apart_where_nothing_else_is_there() -> None:
    assert photo_address({"src": "/img/removed.jpg"}, PAGE) == "https://bokete.jp/img/removed.jpg"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("/images/", "https://bokete.jp/images/a.jpg"),
        ("https://photo.example/x/", "https://photo.example/x/a.jpg"),
        ("//photo.example/", "https://photo.example/a.jpg"),
        ("", "https://bokete.jp/odai/a.jpg"),
        ("http://[", "https://bokete.jp/odai/a.jpg"),
        ("javascript:1", "https://bokete.jp/odai/a.jpg"),
    ],
)
def test_addresses_are_relative_to_the_pages_base(base: str, expected: str) -> None:
    html = f'<head><base target="_blank"><base href="{base}"><base href="/second/"></head><img src="a.jpg">'
    document = Document(html.encode(), PAGE, datetime(2026, 1, 1, tzinfo=UTC))
    assert document.photo(first(document.root.css("img"))) == expected
    assert document.link("a.jpg") == expected
