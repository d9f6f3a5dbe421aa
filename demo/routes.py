"""What the embedded site answers to each address: pure functions from a request to a response."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from typing import cast
from urllib.parse import parse_qs, unquote, urlsplit

from demo.content import CATEGORIES, LISTS, PAGE, EmbeddedSite
from demo.layouts import Layout, Listing, OdaiPage
from demo.scenes import jpeg

HOST = "bokete.test"
PHOTO_HOST = "photo.bokete.test"
LAYOUTS = ("angular_2020",)
"""The modules of `demo.layouts`, each an era's markup."""
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Response:
    """An answer: its status, its body, and headers besides Content-Length."""

    status: int
    body: bytes
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)


class Routes:
    """The addresses of one site in one layout.

    Args:
        site: what is served.
        layout: one of `LAYOUTS`.
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
        query = {key: values[-1] for key, values in parse_qs(address.query).items()}
        photo_host = f"//{PHOTO_HOST}" if host == HOST else f"//{host}"
        match parts:
            case ["robots.txt"]:
                return Response(200, b"User-agent: *\nDisallow: /user/\n", "text/plain; charset=utf-8")
            case ["odai", number] if number.isdecimal():
                return self._odai(int(number), _number(query, "page", 1), photo_host)
            case ["boke", number] if number.isdecimal():
                return self._boke(int(number), photo_host)
            case ["boke", "category", name] if name in CATEGORIES:
                return self._list(name, _number(query, "page", 1), photo_host)
            case ["boke", name] if name in LISTS:
                return self._list(name, _number(query, "page", 1), photo_host)
            case ["boke", name, "panel"] if name in (*LISTS, *CATEGORIES):
                return self._panel(query.get("category") or name, query, photo_host)
            case ["photo", "odai", ("240" | "400" | "600") as width, file]:
                return self._photo_file(file, width)
            case []:
                return Response(302, b"", headers={"Location": "/boke/recent"})
        return self._missing()

    def _odai(self, number: int, page: int, photo_host: str) -> Response:
        odai = self.site.odai(number)
        if odai is None:
            return self._missing()
        bokes = self.site.odai_bokes(odai.photo, page)
        return _html(
            self._layout.odai(OdaiPage(odai, bokes, page, page < self.site.odai_pages()), photo_host)
        )

    def _boke(self, number: int, photo_host: str) -> Response:
        boke = self.site.boke(number)
        odai = boke and self.site.odai(boke.odai_id)
        if not boke or not odai:
            return self._missing()
        return _html(self._layout.boke(boke, odai, photo_host))

    def _list(self, name: str, page: int, photo_host: str) -> Response:
        shown = self._listing(name, PAGE * (max(page, 1) - 1), max(page, 1))
        return _html(self._layout.listing(shown, photo_host))

    def _panel(self, name: str, query: dict[str, str], photo_host: str) -> Response:
        start = self.site.place_in(name, _number(query, "max_id", 10**12))
        return _html(self._layout.panel(self._listing(name, start, 1), photo_host))

    def _listing(self, name: str, start: int, page: int) -> Listing:
        bokes = self.site.listed(name, start)
        shown = [(boke, self.site.photo_name(boke.photo)) for boke in bokes]
        return Listing(name, shown, page, start + PAGE < self.site.list_length(name))

    def _photo_file(self, file: str, width: str) -> Response:
        name, _, rest = file.partition("_")
        photo = self.site.photo_named(name)
        if photo is None or rest != f"{width}.jpg":
            return Response(404, b"", "text/plain")
        return Response(200, self._photo(photo, int(width)), "image/jpeg", {"Cache-Control": "max-age=86400"})

    def _missing(self) -> Response:
        return Response(404, self._layout.missing().encode())


def _html(text: str) -> Response:
    return Response(200, text.encode())


def _number(query: dict[str, str], key: str, default: int) -> int:
    text = query.get(key, "")
    return int(text) if text.isdecimal() and len(text) < 16 else default
