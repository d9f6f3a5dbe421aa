"""Faults of the whole site at once: troubles that an operator has, or makes, for a time.

Drawn from what such sites do, without a look at any parser: `demo.site.controlled` switches them on and off.
"""

import re
from collections.abc import Callable

from parsel import Selector

from demo.faults.fault import Fault, Request
from demo.faults.pages import edited, renamed_markup
from demo.serving.responses import HTML, Response

MOVED_HOST = "img.bokete.test"
"""Where the photos are, once they have moved."""

_PHOTO_ADDRESS = re.compile(r"//[^/\"'\s]+(?=/photo/odai/)")
_STARS = re.compile(
    r'<div class="boke-(?:stars|entry-rating)">.*?</div>'  # until early 2024
    r'|<a href="/boke/\d+"><svg></svg>[\d,]+</a>',  # since
    re.DOTALL,
)
_LISTED_PHOTO = re.compile(r'<a href="/odai/\d+">\s*(?:<figure>)?<img[^>]*>(?:</figure>)?\s*</a>')
_LOGIN = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><title>ログイン</title></head>
<body><h1>ログイン</h1><form method="post" action="/login"><input name="mail">
<input name="password" type="password"><button>ログイン</button></form></body></html>
"""


_NUMBERED = re.compile(r"/(odai|boke)/\d+(?:[/?]|$)")
"""The page of an odai or a boke; every other is a list, or leads to one."""


def on_pages(fault: Fault, kind: str = "page") -> Fault:
    """Return the fault limited to pages, or to those of a kind: "odai", "list"."""

    def fault_of_pages(response: Response, request: Request, earlier: int) -> Response:
        if request.kind in ("photo", "robots") or request.target.startswith("/.well-known/"):
            return response
        numbered = _NUMBERED.match(request.target)
        kinds = ("page", numbered[1] if numbered else "list")
        return (
            fault(response, request, earlier) if response.content_type == HTML and kind in kinds else response
        )

    return fault_of_pages


def answered(status: int) -> Fault:
    """Return the fault that answers with a status alone."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return Response(status, f"{status}\n".encode(), "text/plain; charset=utf-8")

    return fault


def empty(response: Response, request: Request, earlier: int) -> Response:
    """Answer with status 200, and without a body."""
    return Response(200, b"")


def cookie_wall(response: Response, request: Request, earlier: int) -> Response:
    """Redirect to the same address until a cookie comes with the request."""
    return Response(302, b"", headers={"Location": request.target, "Set-Cookie": "visitor=1; Path=/"})


def home(response: Response, request: Request, earlier: int) -> Response:
    """Redirect to the site's first page."""
    return Response(302, b"", headers={"Location": "/"})


def login(response: Response, request: Request, earlier: int) -> Response:
    """Answer every photo with a page that asks to log in."""
    return Response(200, _LOGIN.encode()) if request.kind == "photo" else response


def moved(text: str) -> str:
    """Let every photo's address name another host."""
    return _PHOTO_ADDRESS.sub(f"//{MOVED_HOST}", text)


def without_stars(text: str) -> str:
    """Take the stars out of every entry."""
    return _STARS.sub("", text)


def without_listed_photos(text: str) -> str:
    """Take every entry's photo out, with its link."""
    return _LISTED_PHOTO.sub("", text)


def without_pictures(text: str) -> str:
    """Take every picture out; the links around them stay, empty."""
    return re.sub(r"<img[^>]*>", "", text)


def deeper(text: str) -> str:
    """Put all that the page's content holds into one element more."""
    page = Selector(text, type="html")
    content = page.xpath('//*[@id="content" or @class="content-boke" or @class="main_container"] | //main')
    parent = (content or page.css("body"))[0].root
    wrapper = parent.makeelement("div")
    wrapper.text, parent.text = parent.text, None
    wrapper.extend(list(parent))
    parent.append(wrapper)
    return f"<!DOCTYPE html>\n{page.get()}\n"


def _read(edit: Callable[[str], str], kind: str = "page") -> Fault:
    return on_pages(edited(edit), kind)


FAULTS: dict[str, Fault] = {
    "photos-moved": _read(moved),
    "pages-500": on_pages(answered(500)),
    "pages-401": on_pages(answered(401)),
    "pages-empty": on_pages(empty),
    "cookie-wall": on_pages(cookie_wall),
    "odai-home": on_pages(home, "odai"),
    "stars-gone": _read(without_stars),
    "deeper": _read(deeper),
    "lists-without-photos": _read(without_listed_photos, "list"),
    "lists-without-pictures": _read(without_pictures, "list"),
    "photos-login": login,
    "pages-changed": _read(renamed_markup),
}
