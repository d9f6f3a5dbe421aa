"""A page that shows what is forgotten is not kept, however it is written; one that links to an odai is."""

from datetime import UTC, datetime

import pytest

from crawler.archive.shown import shows_forgotten
from crawler.items import Answer
from store.forget.forgotten import Forgotten
from tests.crawler.answering import odai_page

MD5 = "0123456789abcdef0123456789abcdef"
PHOTO = f"https://d2dcan0armyq93.cloudfront.net/photo/odai/600/{MD5}_600.jpg"
OTHER = "https://elsewhere.example/Pictures/One.JPG?size=L"


def forgotten() -> Forgotten:
    found = Forgotten()
    found.add("boke", [4711])
    found.add("odai", [123])
    found.add("url", [PHOTO, OTHER])
    return found


def answer(body: str | bytes, url: str = "https://bokete.jp/boke/recent", encoding: str = "utf-8") -> Answer:
    content = body if isinstance(body, bytes) else body.encode(encoding)
    return Answer(url, url, datetime(2026, 1, 1, tzinfo=UTC), 200, (("Content-Type", "text/html"),), content)


@pytest.mark.parametrize(
    "text",
    [
        '<a href="/boke/4711">',
        '<a href="https://bokete.jp/boke/4711?x=1">',
        '<div class="boke-entry" id="boke-entry-4711">',
        '<div data-boke-id="4711">',
        '<script>{"id":4711,"text":"…"}</script>',
        '<script>"{\\"id\\": 4711}"</script>',
        '<script>"\\u002Fboke\\u002F4711"</script>',
        '<script>"\\/boke\\/4711"</script>',
        '<img src="/_next/image?url=%2F%2Fd2dcan0armyq93.cloudfront.net%2Fphoto%2Fodai%2F400%2F'
        f'{MD5}_400.jpg&w=640">',
        f'<img src="//other.example/photo/odai/240/{MD5}_240.jpg">',
        f'<img src="/photo/odai/240/{MD5}_240.jpg">',
        f'<img src="{OTHER}">',
        f'<img src="{OTHER.replace("https:", "")}">',
        '<a href="/odai/123">',  # no layout reads this page: what it shows of the odai, nobody knows
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_page_that_names_it_anywhere_goes(text: str, encoding: str) -> None:
    page = answer(f"<html><body>{text}</body></html>", encoding=encoding)
    assert shows_forgotten(page, forgotten().filter())
    assert not shows_forgotten(page, Forgotten().filter())


@pytest.mark.parametrize(
    "text",
    ['<a href="/boke/47110">', '<a href="/boke/14711">', "4711 stars", '<a href="/odai/1234">',
     f'<img src="//other.example/photo/odai/240/{MD5[::-1]}_240.jpg">'],
)  # fmt: skip
def test_other_numbers_and_photos_are_others(text: str) -> None:
    assert not shows_forgotten(answer(f"<html><body>{text}</body></html>"), forgotten().filter())


def test_a_page_that_was_read_and_only_links_to_an_odai_stays() -> None:
    page = odai_page(5, "ひとつ", "ふたつ").body
    text = page if isinstance(page, str) else page.decode()
    linking = answer(
        text.replace("</body>", '<a href="/odai/123">次のお題</a></body>'), "https://bokete.jp/odai/5"
    )
    assert "/odai/123" in linking.body.decode()
    assert not shows_forgotten(linking, forgotten().filter())


@pytest.mark.parametrize("url", ["https://bokete.jp/odai/123?page=2", "https://www.bokete.jp/boke/4711"])
def test_the_page_itself_goes_whatever_it_says(url: str) -> None:
    assert shows_forgotten(answer(b"", url), forgotten().filter())
