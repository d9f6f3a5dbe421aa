"""The markup of 2020 to early 2024: Angular, with lists that load more entries as a panel.

Every second caption stands only in `ng-init`, percent-encoded, as on the real site: a parser that reads text
alone finds no caption there.
"""

from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts.layout import ListPage, OdaiPage, caption_html, photo_address, relative_date


def odai_page(page: OdaiPage, photo_base: str) -> str:
    """Return an odai page: the photo with its category and labels, then its boke."""
    odai = page.odai
    address = f"/odai/{odai.odai_id}"
    next_link = _next(f"{address}?page={page.page + 1}") if page.has_next else ""
    return _page(
        f"{odai.category}のお題",
        f"""<div class="odai">
{_photo(odai.odai_id, photo_address(photo_base, odai.photo_name))}
<div class="photo-information"><a href="/user/{quote(odai.user)}">{escape(odai.user)}</a>さんのお題
<a href="/odai/category/{quote(odai.category)}">{escape(odai.category)}</a></div>
<div class="photo-labels">
{"".join(_label(word, percent) for word, percent in odai.labels)}</div>
</div>
{"".join(_entry(boke) for boke in page.bokes)}{next_link}""",
    )


def list_page(page: ListPage, photo_base: str) -> str:
    """Return a page of a list: its panel, and a link to the next page."""
    next_link = _next(f"?page={page.page + 1}") if page.has_next else ""
    return _page(f"{page.name}のボケ", panel(page, photo_base) + next_link)


user_page = list_page


def panel(page: ListPage, photo_base: str) -> str:
    """Return a list's entries without a page around them, and a link to the next panel."""
    more = ""
    if page.has_next:
        last = page.bokes[-1][0].boke_id
        address = f"{page.address}/panel?category=&max_id={last}&op=&rate="
        more = f'<a class="btn btn-more" href="{escape(address)}">もっと見る</a>\n'
    return "".join(_entry(boke, photo_address(photo_base, name, 400)) for boke, name in page.bokes) + more


def boke_page(boke: Boke, odai: Odai, photo_base: str) -> str:
    """Return the page of one boke."""
    return _page(f"{odai.category}のお題で一言", _entry(boke, photo_address(photo_base, odai.photo_name)))


def not_found() -> str:
    """Return the page of status 404."""
    return _page("お探しのページ", '<div class="en-message">お探しのお題は見つかりませんでした</div>')


def _entry(boke: Boke, photo: str = "") -> str:
    """Return one boke; in lists its photo comes with it."""
    photo_block = _photo(boke.odai_id, photo) + "\n" if photo else ""
    address = f"/boke/{boke.boke_id}"
    # By the id, not at random: a boke looks the same on every page that shows it.
    if boke.boke_id % 2:
        text = f"<div>{caption_html(boke.text)}</div>"
    else:
        text = f'<div ng-init="t=\'{quote(boke.text)}\'" ng-bind-html="t | lines"></div>'
    return f"""<div class="boke">
{photo_block}<a class="boke-text" href="{address}">{text}</a>
<div class="boke-stars"><a href="{address}"> <i class="glyphicon glyphicon-star"></i> {boke.stars:,}</a>
<small>（{boke.raters:,}）</small></div>
<div class="boke-information-label"><a href="{address}">{relative_date(boke.age)}</a>
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
