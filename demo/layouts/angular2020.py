"""The markup of 2020 to early 2024: Angular, with lists that grow by a panel.

Every second caption is in the page only as the percent-encoded `ng-init` of its block, as the site did.
"""

from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts import Listing, OdaiPage, ago, lines, photo_address


def odai(shown: OdaiPage, photos: str) -> str:
    """Return an odai page: the photo with its category and labels, then its boke."""
    labels = "".join(
        f'<a class="btn btn-sm btn-default" href="/label/{quote(label)}">{escape(label)} <small>{percent}%</small></a>\n'
        for label, percent in shown.odai.labels
    )
    address = f"/odai/{shown.odai.odai_id}"
    following = _next(f"{address}?page={shown.page + 1}") if shown.has_next else ""
    return _page(
        f"{shown.odai.category}のお題",
        f"""<div class="odai">
<div class="photo-content"><a href="{address}"><img src="{photo_address(photos, shown.odai.photo_name)}" alt=""></a></div>
<div class="photo-information"><a href="/user/{quote(shown.odai.user)}">{escape(shown.odai.user)}</a>さんのお題
<a href="/odai/category/{quote(shown.odai.category)}">{escape(shown.odai.category)}</a></div>
<div class="photo-labels">
{labels}</div>
</div>
{"".join(_entry(boke) for boke in shown.bokes)}{following}""",
    )


def listing(shown: Listing, photos: str) -> str:
    """Return a page of a list, with the panel's address for the entries that follow."""
    following = more = ""
    if shown.has_next:
        following = _next(f"?page={shown.page + 1}")
        more = f'<a class="btn btn-more" href="{panel_address(shown)}">もっと見る</a>\n'
    return _page(f"{shown.name}のボケ", panel(shown, photos) + more + following)


def panel(shown: Listing, photos: str) -> str:
    """Return a list's entries without a page around them."""
    return "".join(_entry(boke, photo_address(photos, name)) for boke, name in shown.bokes)


def panel_address(shown: Listing) -> str:
    """Return the address of the entries that follow a page's last one."""
    return (
        f"/boke/{quote(shown.name)}/panel?category=&amp;max_id={shown.bokes[-1][0].boke_id}&amp;op=&amp;rate="
    )


def boke(boke: Boke, odai: Odai, photos: str) -> str:
    """Return the page of one boke."""
    return _page(f"{odai.category}のお題で一言", _entry(boke, photo_address(photos, odai.photo_name)))


def missing() -> str:
    """Return the page of an address that shows nothing."""
    return _page("お探しのページ", '<div class="en-message">お探しのお題は見つかりませんでした</div>')


def _entry(boke: Boke, photo: str = "") -> str:
    """Return one boke; in lists its photo comes with it."""
    shown = photo and (
        f'<div class="photo-content"><a href="/odai/{boke.odai_id}"><img src="{photo}" alt=""></a></div>\n'
    )
    if boke.boke_id % 2:
        text = f"<div>{lines(boke.text)}</div>"
    else:
        text = f'<div ng-init="t=\'{quote(boke.text)}\'" ng-bind-html="t | lines"></div>'
    return f"""<div class="boke">
{shown}<a class="boke-text" href="/boke/{boke.boke_id}">{text}</a>
<div class="boke-stars"><a href="/boke/{boke.boke_id}"> <i class="glyphicon glyphicon-star"></i> {boke.stars:,}</a>
<small class="boke-raters">{boke.raters:,}人が評価</small></div>
<div class="boke-information-label"><a href="/boke/{boke.boke_id}">{ago(boke.age)}</a>
<a href="/boke/category/{quote(boke.category)}">{boke.category}</a>
<a href="/user/{quote(boke.user)}">{escape(boke.user)}</a></div>
</div>
"""


def _next(address: str) -> str:
    return f'<ul class="pagination"><li><a rel="next" href="{escape(address)}">次へ</a></li></ul>\n'


def _page(title: str, content: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="ja" ng-app="bokete">
<head><meta charset="utf-8"><title>{escape(title)}</title>
<meta name="viewport" content="width=device-width"></head>
<body>
<nav class="navbar"><a href="/boke/recent">新着</a> <a href="/boke/popular">人気</a> <a href="/boke/legend">殿堂入り</a></nav>
<div id="content">
{content}</div>
</body>
</html>
"""
