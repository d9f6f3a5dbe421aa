"""The markup of 2015: Bootstrap. The layout of 2018 cuts the captions of its lists.

From the readers of 2015 to 2018: `.content-boke > .boke > .boke-photo > .boke-photo-content > a > img`,
`a.boke-text`, stars as the second text of `.boke-stars a`, the date in `.boke-information-label a`, and
`.modal-dialog[data-boke-id]`, whose second input embeds the boke with its whole caption. No reader says
where raters and categories stand, how a page leads to the next, or what an odai's page looks like: those
are ours. Adverts that borrow the entries' class are known of later years.
"""

from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts.layout import ListPage, OdaiPage, caption_html, photo_address, relative_date, with_odd_block

_ADVERT = '<div class="boke">\n<div class="boke-information">PR アプリならもっと早い</div>\n</div>\n'


class Bootstrap:
    """The Bootstrap layouts.

    Args:
        longest: captions of lists are cut after so many characters; the dialog has them whole.
    """

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest

    def odai_page(self, page: OdaiPage, photo_base: str) -> str:
        """Return an odai page: the photo once, then its boke."""
        odai = page.odai
        photo = _photo(odai.odai_id, photo_address(photo_base, odai.photo_name))
        entries = "".join(_entry(boke, "", caption_html(boke.text)) for boke in page.bokes)
        pager = _pager(f"/odai/{odai.odai_id}", page.page, page.has_next)
        return _page("お題", f'<div class="content-odai">{photo}</div>', entries, pager)

    def list_page(self, page: ListPage, photo_base: str) -> str:
        """Return a page of a list, with a dialog for each boke."""
        entries = [
            _entry(
                boke,
                _photo(boke.odai_id, photo_address(photo_base, name, 400)),
                caption_html(self._cut(boke.text)),
                _dialog(boke),
            )
            for boke, name in page.bokes
        ]
        pager = _pager(page.address, page.page, page.has_next)
        return _page(page.name, "", with_odd_block(entries, _ADVERT), pager)

    def boke_page(self, boke: Boke, odai: Odai, photo_base: str) -> str:
        """Return the page of one boke."""
        photo = _photo(odai.odai_id, photo_address(photo_base, odai.photo_name))
        return _page("ボケ", "", _entry(boke, photo, caption_html(boke.text)))

    def not_found(self) -> str:
        """Return the page of status 404."""
        return _page("404", '<div class="alert alert-warning">お探しのページは見つかりませんでした</div>', "")

    def _cut(self, text: str) -> str:
        return text if self._longest is None or len(text) <= self._longest else f"{text[: self._longest]}…"


def _entry(boke: Boke, photo: str, caption: str, dialog: str = "") -> str:
    address = f"/boke/{boke.boke_id}"
    category = f'<a class="btn btn-xs" href="/boke/category/{quote(boke.category)}">{boke.category}</a>'
    return f"""<div class="boke">
{photo}<a class="boke-text" href="{address}">{caption}</a>
<div class="boke-meta">
<div class="boke-stars"><a href="{address}"> <i class="fa fa-star"></i> {boke.stars:,}</a>
<small>（{boke.raters:,}）</small></div>
<div class="boke-information">
<span class="boke-information-label"><a href="{address}">{relative_date(boke.age)}</a></span>
{category}
<a href="/user/{quote(boke.user)}">{escape(boke.user)}</a></div>
</div>
{dialog}</div>
"""


def _dialog(boke: Boke) -> str:
    picture = f"//ss.bokete.test/{boke.boke_id}.jpg"
    image = f'<img src="{picture}" title="{escape(boke.text)}">'
    embed = f'<a href="//bokete.test/boke/{boke.boke_id}">{image}</a>'
    return f"""<div class="modal"><div class="modal-dialog" data-boke-id="{boke.boke_id}">
<input value="{picture}" readonly>
<input value="{escape(embed)}" readonly>
</div></div>
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


_layout = Bootstrap()
odai_page, boke_page, not_found = _layout.odai_page, _layout.boke_page, _layout.not_found
list_page = user_page = _layout.list_page
