"""The interface of a layout, and what all layouts share: the pages to render, dates, captions, addresses."""

from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import Protocol

from demo.content import Boke, Odai


@dataclass(frozen=True)
class ListPage:
    """One page of a list of boke.

    Args:
        name: the list's name.
        address: the list's path, escaped.
        bokes: the entries, each with its photo's file name.
        page: the page's number, from 1.
        has_next: whether another page follows.
        panel: whether the list, where its layout has panels, goes on by a panel and not by a page.
    """

    name: str
    address: str
    bokes: list[tuple[Boke, str]]
    page: int
    has_next: bool
    panel: bool = False


@dataclass(frozen=True)
class OdaiPage:
    """One page of an odai; `page` counts from 1."""

    odai: Odai
    bokes: list[Boke]
    page: int
    has_next: bool


class Layout(Protocol):
    """The functions of a layout's module. Each returns HTML.

    `photo_base` is the start of every photo's address without a scheme: `//photo.bokete.test`. Some layouts
    also have a `panel`, which takes what `list_page` takes; angular_2020 has an `odai_list`, next_2024 a
    `SCRIPT` and an `error`. Each module's docstring says which public readers its markup is known from: it
    is drawn from them, never from our own parser, so that the two can disagree.
    """

    def odai_page(self, page: OdaiPage, photo_base: str) -> str:
        """Return an odai page."""

    def list_page(self, page: ListPage, photo_base: str) -> str:
        """Return a page of a list."""

    def user_page(self, page: ListPage, photo_base: str) -> str:
        """Return a page of a user's boke."""

    def boke_page(self, boke: Boke, odai: Odai, photo_base: str) -> str:
        """Return the page of one boke."""

    def not_found(self) -> str:
        """Return the page of status 404."""


def relative_date(age: timedelta) -> str:
    """Return an age in the words of the site: 「3日くらい前」 for three days."""
    minutes = int(age.total_seconds() // 60)
    for size, unit in ((525_600, "年"), (43_800, "ヶ月"), (1440, "日"), (60, "時間"), (1, "分")):
        if minutes >= size:
            return f"{minutes // size}{unit}くらい前"
    return "たった今"


def with_odd_block(entries: list[str], block: str) -> str:
    """Return the entries with a block that is none after the third, as a page of the site has its adverts."""
    return "".join([*entries[:3], block, *entries[3:]] if len(entries) >= 3 else entries)


def caption_html(text: str) -> str:
    """Return a caption as HTML, with its line breaks."""
    return escape(text).replace("\n", "<br>")


def photo_address(photo_base: str, name: str, width: int = 600) -> str:
    """Return a photo's address without a scheme; `width` is in pixels."""
    return f"{photo_base}/photo/odai/{width}/{name}_{width}.jpg"
