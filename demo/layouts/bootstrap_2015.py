"""The markup of 2015: Bootstrap. The layout of 2018 differs in how it writes a caption."""

from collections.abc import Callable
from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts.layout import ListPage, OdaiPage, caption_html, photo_address, relative_date


class Bootstrap:
    """The Bootstrap layouts.

    Args:
        text: returns a caption as HTML, with the class `boke-text` and a link to the boke.
    """

    def __init__(self, text: Callable[[Boke], str]) -> None:
        self._text = text

    def odai_page(self, page: OdaiPage, photo_base: str) -> str:
        """Return an odai page: the photo once, then its boke."""
        odai = page.odai
        photo = _photo(odai.odai_id, photo_address(photo_base, odai.photo_name))
        entries = "".join(self._entry(boke, "") for boke in page.bokes)
        pager = _pager(f"/odai/{odai.odai_id}", page.page, page.has_next)
        return _page("お題", f'<div class="content-odai">{photo}</div>', entries, pager)

    def list_page(self, page: ListPage, photo_base: str) -> str:
        """Return a page of a list."""
        entries = "".join(
            self._entry(boke, _photo(boke.odai_id, photo_address(photo_base, name, 400)))
            for boke, name in page.bokes
        )
        return _page(page.name, "", entries, _pager(page.address, page.page, page.has_next))

    def boke_page(self, boke: Boke, odai: Odai, photo_base: str) -> str:
        """Return the page of one boke."""
        photo = _photo(odai.odai_id, photo_address(photo_base, odai.photo_name))
        return _page("ボケ", "", self._entry(boke, photo))

    def not_found(self) -> str:
        """Return the page of status 404."""
        return _page("404", '<div class="alert alert-warning">お探しのページは見つかりませんでした</div>', "")

    def _entry(self, boke: Boke, photo: str) -> str:
        address = f"/boke/{boke.boke_id}"
        category = f'<a class="btn btn-xs" href="/boke/category/{quote(boke.category)}">{boke.category}</a>'
        return f"""<div class="boke">
{photo}{self._text(boke)}
<div class="boke-meta">
<div class="boke-stars"><a href="{address}"><i class="fa fa-star"></i> {boke.stars:,}</a>
<small>（{boke.raters:,}）</small></div>
<div class="boke-information">
<span class="boke-information-label"><a href="{address}">{relative_date(boke.age)}</a></span>
{category}
<a href="/user/{quote(boke.user)}">{escape(boke.user)}</a></div>
</div>
</div>
"""


def _photo(odai_id: int, address: str) -> str:
    image = f'<a href="/odai/{odai_id}"><img class="img-responsive" src="{address}" alt=""></a>'
    return f'<div class="boke-photo"><div class="boke-photo-content">{image}</div></div>\n'


def _pager(address: str, page: int, has_next: bool) -> str:
    if not has_next:
        return ""
    next_link = f'<li class="next"><a href="{escape(address)}?page={page + 1}">次へ</a></li>'
    return f'<nav><ul class="pagination"><li class="active"><span>{page}</span></li>{next_link}</ul></nav>\n'


def _page(title: str, before: str, entries: str, after: str = "") -> str:
    return f"""<!DOCTYPE html>
<html lang="ja">
<head><meta charset="utf-8"><title>{escape(title)}</title>
<link rel="stylesheet" href="/style.css"></head>
<body>
<nav class="navbar navbar-default"><a href="/boke/recent">新着</a> <a href="/boke/popular">人気</a></nav>
<div class="container"><div class="row"><div class="col-md-8">
{before}
<div class="content-boke">
{entries}</div>
{after}</div></div></div>
</body>
</html>
"""


def _heading(boke: Boke) -> str:
    return f'<h3 class="boke-text"><a href="/boke/{boke.boke_id}">{caption_html(boke.text)}</a></h3>'


_layout = Bootstrap(_heading)
odai_page, boke_page, not_found = _layout.odai_page, _layout.boke_page, _layout.not_found
list_page = user_page = _layout.list_page
