"""What the embedded site answers to each address: pure functions from a request to a response."""

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

from demo.content import CATEGORIES, LISTS, PAGE, Boke, EmbeddedSite
from demo.layouts import Layout, Listing, OdaiPage, appearance, next_2024
from demo.responses import Response
from demo.scenes import jpeg

HOST = "bokete.test"
PHOTO_HOST = "photo.bokete.test"
ROBOTS = b"User-agent: *\nDisallow: /label/\nDisallow: /rating\n"


class Routes:
    """The addresses of one site in one layout.

    Args:
        site: what is served.
        layout: one of `demo.variants.LAYOUTS`.
    """

    def __init__(self, site: EmbeddedSite, layout: str) -> None:
        self.site = site
        self._layout = cast(Layout, import_module(f"demo.layouts.{layout}"))
        self._photo: Callable[[int, int], bytes] = lru_cache(256)(
            lambda photo, width: jpeg(site.scene(photo), width)
        )

    def respond(self, target: str, host: str) -> Response:
        """Return the answer to GET `target` (a path with its query) at `host` (with its port)."""
        address = urlsplit(target)
        parts = [unquote(part) for part in address.path.split("/") if part]
        page = max(1, number_in(address.query, "page", 1))
        photo_host = f"//{PHOTO_HOST}" if host == HOST else f"//{host}"
        match parts:
            case ["robots.txt"]:
                return Response(200, ROBOTS, "text/plain; charset=utf-8")
            case ["odai", number] if number.isdecimal() and len(number) < 16:
                return self._odai(int(number), page, photo_host)
            case ["boke", number] if number.isdecimal() and len(number) < 16:
                return self._boke(int(number), photo_host)
            case ["boke", "category", name] if name in CATEGORIES:
                return self._list(name, address.path, page, photo_host)
            case ["boke", name] if name in LISTS:
                return self._list(name, address.path, page, photo_host)
            case ["boke", *_, name, "panel"] if name in (*LISTS, *CATEGORIES):
                return self._panel(name, address.path, number_in(address.query, "max_id", 0), photo_host)
            case ["user", name]:
                return self._user(name, address.path, page, photo_host)
            case ["style.css"]:
                return Response(200, appearance.STYLE.encode(), "text/css")
            case ["angular.js"]:
                return Response(200, appearance.ANGULAR.encode(), "text/javascript")
            case ["_next", "static", "more.js"]:
                return Response(200, next_2024.SCRIPT.encode(), "text/javascript")
            case ["photo", "odai", ("240" | "400" | "600") as width, file]:
                return self._photo_file(file, width)
            case []:
                return Response(302, b"", headers={"Location": "/boke/recent"})
        return self.missing()

    def _odai(self, number: int, page: int, photo_host: str) -> Response:
        odai = self.site.odai(number)
        if odai is None:
            return self.missing()
        bokes = self.site.odai_bokes(odai.photo, page)
        return _html(
            self._layout.odai(OdaiPage(odai, bokes, page, page < self.site.odai_pages()), photo_host)
        )

    def _boke(self, number: int, photo_host: str) -> Response:
        boke = self.site.boke(number)
        odai = boke and self.site.odai(boke.odai_id)
        if not boke or not odai:
            return self.missing()
        return _html(self._layout.boke(boke, odai, photo_host))

    def _list(self, name: str, path: str, page: int, photo_host: str) -> Response:
        start = PAGE * (page - 1)
        has_next = start + PAGE < self.site.list_length(name)
        bokes = self.site.listed(name, start)
        return _html(self._layout.listing(self._listing(name, path, bokes, page, has_next), photo_host))

    def _panel(self, name: str, path: str, last: int, photo_host: str) -> Response:
        panel = getattr(self._layout, "panel", None)
        if panel is None:
            return self.missing()
        start = self.site.place_after(name, last) if last else 0
        has_next = start + PAGE < self.site.list_length(name)
        bokes = self.site.listed(name, start)
        shown = self._listing(name, path.removesuffix("/panel"), bokes, 1, has_next)
        return _html(panel(shown, photo_host))

    def _user(self, name: str, path: str, page: int, photo_host: str) -> Response:
        bokes = self.site.posted_by(name, PAGE * (page - 1), PAGE + 1)
        if not bokes:
            return self.missing()
        shown = self._listing(name, path, bokes[:PAGE], page, len(bokes) > PAGE)
        return _html(self._layout.user(shown, photo_host))

    def _listing(self, name: str, path: str, bokes: list[Boke], page: int, has_next: bool) -> Listing:
        shown = [(boke, self.site.photo_name(boke.photo)) for boke in bokes]
        return Listing(name, path, shown, page, has_next)

    def _photo_file(self, file: str, width: str) -> Response:
        name, _, rest = file.partition("_")
        photo = self.site.photo_named(name)
        if photo is None or rest != f"{width}.jpg":
            return Response(404, b"", "text/plain")
        return Response(200, self._photo(photo, int(width)), "image/jpeg", {"Cache-Control": "max-age=86400"})

    def missing(self) -> Response:
        """Return the answer to an address that shows nothing."""
        return Response(404, self._layout.missing().encode())


def _html(text: str) -> Response:
    return Response(200, text.encode())


def number_in(query: str, key: str, default: int) -> int:
    """Return a number of an address's query."""
    text = parse_qs(query).get(key, [""])[-1]
    return int(text) if text.isdecimal() and len(text) < 16 else default
