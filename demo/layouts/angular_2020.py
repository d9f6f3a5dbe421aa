"""The markup of 2020 to early 2024: Angular, with lists that load more entries as a panel.

From hairhair/bokete_crawl (2020-04-25), meciwo/neural_joking_machine (2020-11-28) and others: the odai is a
`div.boke` inside the first block of `#content`, its category the third link of the second `div` beside the
photo's link, after the names of two users, its labels the links of the third; entries are `#content >
div.boke`; the button under a list names the next panel in `ng-click`; `/odai/popular` is a list of
headings. A boke's own page is that of the months before Next.js (after 2024-02-20), since no reader has an
earlier one. No reader says where dates, raters and the category of a boke stand, nor where a list has its
photos: those places are ours.

Every second caption stands only in `ng-init`, percent-encoded, as on the real site: a parser that reads
text alone finds no caption there.
"""

from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts.layout import ListPage, OdaiPage, caption_html, photo_address, relative_date, with_odd_block

_ADVERT = '<div class="boke">\n<div class="boke-information">PR アプリならもっと早い</div>\n</div>\n'


def odai_page(page: OdaiPage, photo_base: str) -> str:
    """Return an odai page: the photo with its category and labels, then its boke."""
    odai = page.odai
    address = f"/odai/{odai.odai_id}"
    next_link = _next(f"{address}?page={page.page + 1}") if page.has_next else ""
    user = f'<a href="/user/{quote(odai.user)}">{escape(odai.user)}</a>'
    return _page(
        f"{odai.category}のお題",
        f"""<div class="odai"><div class="boke"><div class="boke-photo"><div class="photo-content">
{_photo_link(odai.odai_id, photo_address(photo_base, odai.photo_name))}
<div class="photo-stars"></div>
<div class="photo-information">お題: {user} 写真: {user}
<a href="/odai/category/{quote(odai.category)}">{escape(odai.category)}</a></div>
<div class="photo-labels">
{"".join(_label(word, percent) for word, percent in odai.labels)}</div>
</div></div></div></div>
{"".join(_entry(boke) for boke in page.bokes)}{next_link}""",
    )


def list_page(page: ListPage, photo_base: str) -> str:
    """Return a page of a list: its entries, and what leads to more of them."""
    return _page(f"{page.name}のボケ", panel(page, photo_base))


user_page = list_page


def panel(page: ListPage, photo_base: str) -> str:
    """Return a list's entries without a page around them, and what leads to more of them.

    The newest boke, all or of a category, go on with a button that names the next panel; other lists, whose
    order is not that of numbers, with a link to their next page.
    """
    entries = [_entry(boke, photo_address(photo_base, name, 400)) for boke, name in page.bokes]
    return with_odd_block(entries, _ADVERT) + (_more(page) if page.has_next else "")


def odai_list(odai: list[Odai], page: int, has_next: bool, photo_base: str) -> str:
    """Return a page of `/odai/popular`: a heading with a link for each odai."""
    rows = "".join(
        f"""<div>{_photo_link(shown.odai_id, photo_address(photo_base, shown.photo_name, 240))}
<div><h3><b><a href="/odai/{shown.odai_id}">{escape(shown.category)}のお題</a></b></h3></div></div>
"""
        for shown in odai
    )
    next_link = _next(f"/odai/popular?page={page + 1}") if has_next else ""
    heading = '<div class="page-header"><h2>人気のお題</h2></div>'
    return _page("人気のお題", f"{heading}\n<div>\n{rows}</div>\n{next_link}")


def boke_page(boke: Boke, odai: Odai, photo_base: str) -> str:
    """Return the page of one boke: its photo is the second image, its caption the `h1`."""
    return f"""<!DOCTYPE html>
<html lang="ja">
<head><meta charset="utf-8"><title>{escape(boke.text)}</title><link rel="stylesheet" href="/style.css"></head>
<body>
<nav><a href="/boke/recent" target="_self"><img src="/logo.svg" alt="ボケて"></a></nav>
<main>
<a href="/odai/{odai.odai_id}" title="お題詳細" target="_self">
<img src="{photo_address(photo_base, odai.photo_name)}" alt="{escape(odai.category)}"></a>
<h1>{caption_html(boke.text)}</h1>
<a href="/user/{quote(boke.user)}" title="プロフィール" target="_self">{escape(boke.user)}</a>
<a href="/boke/{boke.boke_id}" title="ボケ詳細" target="_self">{relative_date(boke.age)}</a>
</main>
</body>
</html>
"""


def not_found() -> str:
    """Return the page of status 404."""
    return _page("お探しのページ", '<div class="en-message">お探しのお題は見つかりませんでした</div>')


def _entry(boke: Boke, photo: str = "") -> str:
    """Return one boke; in lists its photo comes with it."""
    photo_block = f'<div class="photo-content">{_photo_link(boke.odai_id, photo)}</div>\n' if photo else ""
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


def _photo_link(odai_id: int, address: str) -> str:
    return f'<a href="/odai/{odai_id}"><img src="{address}" alt=""></a>'


def _label(word: str, percent: int) -> str:
    start = f'<a class="btn btn-sm btn-default" href="/label/{quote(word)}">'
    return f"{start}{escape(word)} <small>{percent}%</small></a>\n"


def _more(page: ListPage) -> str:
    if not page.panel:
        return _next(f"{page.address}?page={page.page + 1}")
    last = page.bokes[-1][0].boke_id
    category = "" if page.name == "recent" else page.name
    arguments = f"{{max_id:{last},category:'{category}',op:'',rate:''}}"
    return f'<button class="btn btn-primary btn-long" ng-click="more({arguments})">もっと見る</button>\n'


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
