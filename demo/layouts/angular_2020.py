"""The markup of 2020 to early 2024: Angular, with lists that grow by a panel.

Every second caption is in the page only as the percent-encoded `ng-init` of its block, as the site did.
"""

from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts import Listing, OdaiPage, ago, lines, photo_address


def odai(shown: OdaiPage, photos: str) -> str:
    """Return an odai page: the photo with its category and labels, then its boke."""
    odai = shown.odai
    address = f"/odai/{odai.odai_id}"
    following = _next(f"{address}?page={shown.page + 1}") if shown.has_next else ""
    return _page(
        f"{odai.category}のお題",
        f"""<div class="odai">
{_photo(odai.odai_id, photo_address(photos, odai.photo_name))}
<div class="photo-information"><a href="/user/{quote(odai.user)}">{escape(odai.user)}</a>さんのお題
<a href="/odai/category/{quote(odai.category)}">{escape(odai.category)}</a></div>
<div class="photo-labels">
{"".join(_label(word, percent) for word, percent in odai.labels)}</div>
</div>
{"".join(_entry(boke) for boke in shown.bokes)}{following}""",
    )


def listing(shown: Listing, photos: str) -> str:
    """Return a page of a list: its panel, and a link to the next page."""
    following = _next(f"?page={shown.page + 1}") if shown.has_next else ""
    return _page(f"{shown.name}のボケ", panel(shown, photos) + following)


user = listing


def panel(shown: Listing, photos: str) -> str:
    """Return a list's entries without a page around them, and the address of those that follow."""
    more = ""
    if shown.has_next:
        last = shown.bokes[-1][0].boke_id
        address = f"{shown.address}/panel?category=&max_id={last}&op=&rate="
        more = f'<a class="btn btn-more" href="{escape(address)}">もっと見る</a>\n'
    return "".join(_entry(boke, photo_address(photos, name, 400)) for boke, name in shown.bokes) + more


def boke(boke: Boke, odai: Odai, photos: str) -> str:
    """Return the page of one boke."""
    return _page(f"{odai.category}のお題で一言", _entry(boke, photo_address(photos, odai.photo_name)))


def missing() -> str:
    """Return the page of an address that shows nothing."""
    return _page("お探しのページ", '<div class="en-message">お探しのお題は見つかりませんでした</div>')


def _entry(boke: Boke, photo: str = "") -> str:
    """Return one boke; in lists its photo comes with it."""
    shown = _photo(boke.odai_id, photo) + "\n" if photo else ""
    address = f"/boke/{boke.boke_id}"
    if boke.boke_id % 2:
        text = f"<div>{lines(boke.text)}</div>"
    else:
        text = f'<div ng-init="t=\'{quote(boke.text)}\'" ng-bind-html="t | lines"></div>'
    return f"""<div class="boke">
{shown}<a class="boke-text" href="{address}">{text}</a>
<div class="boke-stars"><a href="{address}"> <i class="glyphicon glyphicon-star"></i> {boke.stars:,}</a>
<small>（{boke.raters:,}）</small></div>
<div class="boke-information-label"><a href="{address}">{ago(boke.age)}</a>
<a href="/boke/category/{quote(boke.category)}">{boke.category}</a>
<a href="/user/{quote(boke.user)}">{escape(boke.user)}</a></div>
</div>
"""


def _photo(odai_id: int, address: str) -> str:
    return f'<div class="photo-content"><a href="/odai/{odai_id}"><img src="{address}" alt=""></a></div>'


def _label(word: str, percent: int) -> str:
    start = f'<a class="btn btn-sm btn-default" href="/label/{quote(word)}">'
    return f"{start}{escape(word)} <small>{percent}%</small></a>\n"


def _next(address: str) -> str:
    return f'<ul class="pagination"><li><a rel="next" href="{escape(address)}">次へ</a></li></ul>\n'


def _page(title: str, content: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="ja" ng-app="bokete">
<head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/style.css"></head>
<body>
<nav class="navbar"><a href="/boke/recent">新着</a> <a href="/boke/popular">人気</a>
<a href="/boke/legend">殿堂入り</a></nav>
<div id="content">
{content}</div>
<script src="/angular.js"></script>
</body>
</html>
"""
