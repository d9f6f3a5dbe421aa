"""The embedded site's responses: pure functions from an address to a response."""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

from demo.content import CATEGORIES, LISTS, PAGE_SIZE, Boke, EmbeddedSite
from demo.layouts import assets, next_2024
from demo.layouts.layout import Layout, ListPage, OdaiPage, photo_address
from demo.scenes import jpeg
from demo.serving.feed import feed
from demo.serving.responses import Response

HOST = "bokete.test"
PHOTO_HOST = "photo.bokete.test"
ROBOTS = b"User-agent: *\nDisallow: /label/\nDisallow: /rating\n"


class Routes:
    """The addresses of one site in one layout.

    Args:
        site: the site's content.
        layout: one of `demo.variants.LAYOUTS`.
    """

    def __init__(self, site: EmbeddedSite, layout: str) -> None:
        self.site = site
        self._layout = cast(Layout, import_module(f"demo.layouts.{layout}"))
        # Drawing a photo is slow; a request that is repeated gets the same bytes from the cache.
        self._photo: Callable[[int, int], bytes] = lru_cache(256)(
            lambda photo, width: jpeg(site.scene(photo), width)
        )

    def respond(self, target: str, host: str) -> Response:
        """Return the response to GET `target` (a path with its query) at `host` (with its port)."""
        address = urlsplit(target)
        parts = [unquote(part) for part in address.path.split("/") if part]
        page = max(1, query_number(address.query, "page", 1))
        photo_host = f"//{PHOTO_HOST}" if host == HOST else f"//{host}"
        match parts:
            case ["robots.txt"]:
                return Response(200, ROBOTS, "text/plain; charset=utf-8")
            case ["odai", "popular"]:
                return self._odai_list(page, photo_host)
            case ["odai", number] if _is_id(number):
                return self._odai(int(number), page, photo_host)
            case ["boke", number] if _is_id(number):
                return self._boke(int(number), photo_host)
            case ["boke", "category", name] if name in CATEGORIES:
                return self._list(name, address.path, page, photo_host)
            case ["boke", name, "rss"] if name in LISTS:
                return self._feed(name, host, photo_host)
            case ["boke", "daily", day] if _is_id(day) and len(day) == 8:
                return self._list("recent", address.path, page, photo_host)
            case ["boke", name] if name in LISTS:
                return self._list(name, address.path, page, photo_host)
            case ["boke", "recent", "panel"]:
                return self._panel(parse_qs(address.query), photo_host)
            case ["user", name] | ["user", name, "boke"]:
                return self._user(name, address.path, page, photo_host)
            case ["style.css"]:
                return Response(200, assets.STYLE.encode(), "text/css")
            case ["angular.js"]:
                return Response(200, assets.ANGULAR.encode(), "text/javascript")
            case ["_next", "static", "more.js"]:
                return Response(200, next_2024.SCRIPT.encode(), "text/javascript")
            case ["photo", "odai", ("240" | "400" | "600") as width, file]:
                return self._photo_file(file, width)
            case []:
                return Response(302, b"", headers={"Location": "/boke/recent"})
        return self.not_found()

    def _odai(self, number: int, page: int, photo_host: str) -> Response:
        odai = self.site.odai(number)
        if odai is None:
            return self.not_found()
        bokes = self.site.odai_bokes(odai.photo, page)
        has_next = page < self.site.odai_pages(odai.photo)
        return _html(self._layout.odai_page(OdaiPage(odai, bokes, page, has_next), photo_host))

    def _boke(self, number: int, photo_host: str) -> Response:
        boke = self.site.boke(number)
        odai = boke and self.site.odai(boke.odai_id)
        if not boke or not odai:
            return self.not_found()
        return _html(self._layout.boke_page(boke, odai, photo_host))

    def _list(self, name: str, path: str, page: int, photo_host: str) -> Response:
        start = PAGE_SIZE * (page - 1)
        has_next = start + PAGE_SIZE < self.site.list_length(name)
        bokes = self.site.listed(name, start)
        return _html(self._layout.list_page(self._list_page(name, path, bokes, page, has_next), photo_host))

    def _feed(self, name: str, host: str, photo_host: str) -> Response:
        bokes = self.site.listed(name, 0)
        photos = [photo_address(photo_host, self.site.photo_name(boke.photo)) for boke in bokes]
        body = feed(name, f"http://{host}", bokes, photos).encode()
        return Response(200, body, "application/rss+xml; charset=utf-8")

    def _panel(self, query: dict[str, list[str]], photo_host: str) -> Response:
        panel = getattr(self._layout, "panel", None)
        name = query.get("category", ["recent"])[-1]
        if panel is None or name not in ("recent", *CATEGORIES):
            return self.not_found()
        last_id = _number(query.get("max_id", [""])[-1], 0)
        start = self.site.index_after(name, last_id) if last_id else 0
        has_next = start + PAGE_SIZE < self.site.list_length(name)
        shown = self._list_page(name, "/boke/recent", self.site.listed(name, start), 1, has_next)
        return _html(panel(shown, photo_host))

    def _odai_list(self, page: int, photo_host: str) -> Response:
        odai_list = getattr(self._layout, "odai_list", None)
        if odai_list is None:
            return self.not_found()
        start = PAGE_SIZE * (page - 1)
        odai = self.site.odai_listed(start)
        return _html(odai_list(odai, page, start + PAGE_SIZE < self.site.odai_count, photo_host))

    def _user(self, name: str, path: str, page: int, photo_host: str) -> Response:
        bokes = self.site.posted_by(name, PAGE_SIZE * (page - 1), PAGE_SIZE + 1)
        if not bokes:
            return self.not_found()
        shown = self._list_page(name, path, bokes[:PAGE_SIZE], page, len(bokes) > PAGE_SIZE)
        return _html(self._layout.user_page(shown, photo_host))

    def _list_page(self, name: str, path: str, bokes: list[Boke], page: int, has_next: bool) -> ListPage:
        shown = [(boke, self.site.photo_name(boke.photo)) for boke in bokes]
        return ListPage(name, path, shown, page, has_next, panel=name in ("recent", *CATEGORIES))

    def _photo_file(self, file: str, width: str) -> Response:
        name, _, rest = file.partition("_")
        photo = self.site.photo_named(name)
        if photo is None or rest != f"{width}.jpg":
            return Response(404, b"", "text/plain")
        return Response(200, self._photo(photo, int(width)), "image/jpeg", {"Cache-Control": "max-age=86400"})

    def not_found(self) -> Response:
        """Return the response of status 404."""
        return Response(404, self._layout.not_found().encode())


def _html(text: str) -> Response:
    return Response(200, text.encode())


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 16  # no id is longer, and int() of a very long one takes long


def query_number(query: str, key: str, default: int) -> int:
    """Return a number from an address's query, `default` where it has none."""
    return _number(parse_qs(query).get(key, [""])[-1], default)


def _number(text: str, default: int) -> int:
    return int(text) if _is_id(text) else default
