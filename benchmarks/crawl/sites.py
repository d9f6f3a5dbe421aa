"""Sites that answer from memory, so that only the crawler is measured."""

import re
from collections.abc import Callable

from demo.content import EmbeddedSite
from demo.routes import HOST, Routes

PHOTOS, COPIES = 200, 5
Respond = Callable[[str], tuple[bytes, str]]
"""From an address's path to the body of the response and its content type."""


def recorded(kilobytes: int = 0) -> Respond:
    """Return a site with a list, 1,000 odai pages of ten boke, and their photos.

    Five odai share each drawn photo, since drawing takes longest.

    Args:
        kilobytes: the least size of an odai's page; what it lacks is filled with menus, as real pages are.
    """
    site = EmbeddedSite(PHOTOS, 10, 1)
    routes = Routes(site, "angular_2020")
    answers: dict[str, tuple[bytes, str]] = {}
    shown: dict[str, str] = {}
    for photo in range(PHOTOS):
        odai, name = site.odai_bokes(photo, 1)[0].odai_id, site.photo_name(photo)
        page = routes.respond(f"/odai/{odai}", HOST).body.decode()
        image = routes.respond(f"/photo/odai/600/{name}_600.jpg", HOST).body
        for copy in range(COPIES):
            address, other = f"/odai/{odai + copy * 1_000_000}", f"{copy}{name[1:]}"
            body = _filled(page.replace(f"/odai/{odai}", address).replace(name, other), kilobytes)
            answers[address] = body.encode(), "text/html"
            shown[address] = f"/photo/odai/600/{other}_600.jpg"
            answers[shown[address]] = image, "image/jpeg"
    links = "".join(
        f'<div class="boke"><div class="photo-content">'
        f'<a href="{path}"><img src="//photo.{HOST}{photo}"></a></div>'
        f'<a class="boke-text" href="/boke/{number}"><div>x</div></a>'
        f'<div class="boke-stars"><a href="/boke/{number}"> <i></i> 10</a></div>'
        f'<div class="boke-information-label"><a href="/boke/{number}">3日くらい前</a></div></div>'
        for number, (path, photo) in enumerate(shown.items(), 1)
    )
    answers["/boke/recent"] = (f'<html ng-app><div id="content">{links}</div></html>'.encode(), "text/html")
    return lambda path: answers.get(path, (b"", "text/plain"))


def _filled(page: str, kilobytes: int) -> str:
    """Return a page with menus before its end: links with icons, a list in a block, a line of script."""
    menu = "".join(
        f'<li class="menu-item"><a class="btn btn-link" href="/boke/tag/{number}" title="タグ{number}">'
        f'<i class="glyphicon glyphicon-tag"></i> <span>人気のタグ{number}</span></a></li>\n'
        for number in range(20)
    )
    block = f'<div class="row"><div class="col-md-4"><ul class="menu">{menu}</ul></div></div>\n'
    block += (
        '<script>window.track=window.track||[];window.track.push({"kind":"view","list":[1,2,3]});</script>\n'
    )
    missing = max(kilobytes * 1000 - len(page.encode()), 0)
    blocks = -(-missing // len(block.encode()))
    return page.replace("</body>", block * blocks + "</body>")


def endless() -> Respond:
    """Return a site with every odai that is requested; a thousand odai share a photo."""
    site = EmbeddedSite(1, 1, 1)
    first = site.odai_bokes(0, 1)[0].odai_id
    routes = Routes(site, "angular_2020")
    answer = routes.respond(f"/odai/{first}", HOST)
    template, kind = answer.body.decode(), answer.content_type
    photo = routes.respond(f"/photo/odai/240/{site.photo_name(0)}_240.jpg", HOST).body
    name = site.photo_name(0)

    def respond(path: str) -> tuple[bytes, str]:
        if path.startswith("/photo/"):
            return photo, "image/jpeg"
        found = re.fullmatch(r"/odai/(\d+)", path)
        if not found:
            return b"", kind
        number = int(found[1])
        page = template.replace(name, f"{number // 1000:032x}").replace(str(first), str(number))
        return re.sub(r'/boke/\d{3,}"', lambda m: f"/boke/{number}{m[0][-3:]}", page).encode(), kind

    return respond
