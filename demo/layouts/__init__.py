"""The markups that the embedded site can serve, one module per era of the real site."""

from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import Protocol

from demo.content import Boke, Odai


@dataclass(frozen=True)
class Listing:
    """One page of a list of boke, whose photos' names come with them.

    Args:
        name: the list's name.
        address: the list's path, escaped.
        bokes: the entries, each with its photo's file name.
        page: the page's number, from 1.
        has_next: whether another page follows.
    """

    name: str
    address: str
    bokes: list[tuple[Boke, str]]
    page: int
    has_next: bool


@dataclass(frozen=True)
class OdaiPage:
    """One page of an odai."""

    odai: Odai
    bokes: list[Boke]
    page: int
    has_next: bool


class Layout(Protocol):
    """What a layout's module offers. `photos` is the scheme-relative start of every photo's address.

    Some layouts have a `panel` besides, which takes what `listing` takes, and next_2024 has a `SCRIPT`.
    """

    def odai(self, shown: OdaiPage, photos: str) -> str:
        """Return an odai page."""

    def listing(self, shown: Listing, photos: str) -> str:
        """Return a page of a list."""

    def user(self, shown: Listing, photos: str) -> str:
        """Return a page of a user's boke."""

    def boke(self, boke: Boke, odai: Odai, photos: str) -> str:
        """Return the page of one boke."""

    def missing(self) -> str:
        """Return the page that says that there is no such page."""


def ago(age: timedelta) -> str:
    """Return a relative date as the site writes it."""
    minutes = int(age.total_seconds() // 60)
    for size, unit in ((525_600, "年"), (43_800, "ヶ月"), (1440, "日"), (60, "時間"), (1, "分")):
        if minutes >= size:
            return f"{minutes // size}{unit}くらい前"
    return "たった今"


def lines(text: str) -> str:
    """Return a caption as HTML, with its line breaks."""
    return escape(text).replace("\n", "<br>")


def photo_address(photos: str, name: str, width: int = 600) -> str:
    """Return the scheme-relative address of a photo."""
    return f"{photos}/photo/odai/{width}/{name}_{width}.jpg"
