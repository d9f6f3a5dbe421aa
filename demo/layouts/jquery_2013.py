"""The markup of 2013: XHTML with jQuery UI; lists and users' pages.

From the pages that masayukioguni/bokete_api_wrapper saved (2013-09-30): an entry's id, photo, caption,
category, date, tags, its line of stars and raters; the pager; a user's page, whose entries have neither id
nor stars nor odai. No reader has an odai's page or a boke's of that time: here they are made of the same
entries. Adverts that borrow the entries' class are known of later years.
"""

from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts.layout import ListPage, OdaiPage, caption_html, photo_address, relative_date, with_odd_block

# Ids decide which boke has which of them, so that all pages agree.
_TAGS = ("あるある", "学校", "会社", "家族", "昔話", "天才")
_ADVERT = '<div class="boke-entry ui-widget">\n<p class="boke-entry-info">PR 今だけ全品お題つき</p>\n</div>\n'


def odai_page(page: OdaiPage, photo_base: str) -> str:
    """Return an odai page: the photo, then its boke, each with the photo again."""
    odai = page.odai
    photo = _photo(odai.odai_id, photo_address(photo_base, odai.photo_name, 400), odai.user)
    entries = "".join(_entry(boke, photo) for boke in page.bokes)
    pager = _pager(f"/odai/{odai.odai_id}", page.page, page.has_next)
    return _page("お題", f'<div class="odai-entry">{photo}</div>\n{entries}{pager}')


def list_page(page: ListPage, photo_base: str) -> str:
    """Return a page of a list."""
    entries = [
        _entry(boke, _photo(boke.odai_id, photo_address(photo_base, name, 400), boke.user))
        for boke, name in page.bokes
    ]
    pager = _pager(page.address, page.page, page.has_next)
    return _page("ボケ一覧", with_odd_block(entries, _ADVERT) + pager)


def user_page(page: ListPage, photo_base: str) -> str:
    """Return a page of one user's boke: small entries that name nothing but the boke."""
    entries = "".join(_user_entry(boke, photo_address(photo_base, name, 240)) for boke, name in page.bokes)
    return _page(f"{page.name}さんのボケ", entries + _pager(page.address, page.page, page.has_next))


def boke_page(boke: Boke, odai: Odai, photo_base: str) -> str:
    """Return the page of one boke."""
    photo = _photo(odai.odai_id, photo_address(photo_base, odai.photo_name, 400), odai.user)
    return _page("ボケ", _entry(boke, photo))


def not_found() -> str:
    """Return the page of status 404."""
    return _page("404", "<p>ページが見つかりませんでした。</p>")


def _entry(boke: Boke, photo: str) -> str:
    return f"""<div class="boke-entry attention ui-widget" id="boke-entry-{boke.boke_id}">
{photo}
<p class="boke_read">{caption_html(boke.text)}</p>
<p class="boke-entry-info">
  【<a href="/boke/category/{quote(boke.category)}">{boke.category}</a>】
  <a href="/boke/{boke.boke_id}">{relative_date(boke.age)}</a>
</p>
{_tags(boke)}{_rating(boke)}
</div>
"""


def _tags(boke: Boke) -> str:
    tags = [tag for number, tag in enumerate(_TAGS) if boke.boke_id % (number + 3) == 0]
    links = "".join(f'[<a href="/boke/tag/{quote(tag)}">{tag}</a>]&nbsp;' for tag in tags)
    return f"<p>\nタグ:\n{links}</p>\n" if links else ""


def _user_entry(boke: Boke, photo: str) -> str:
    return f"""<div class="boke-list ui-widget ui-helper-clearfix ui-corner-all ">
<div class="boke-list-odai"><p>
  <a href="/boke/{boke.boke_id}"><img src="{photo}" alt="" /></a>
</p></div>
<div class="boke-list-boke-wrapper">
<div class="boke-list-boke"><table><tr><td>
<h3>{caption_html(boke.text)}</h3>
</td></tr></table></div>
<div class="boke-list-boke-meta-boke">
  【<a href="/boke/category/{quote(boke.category)}">{boke.category}</a>】
  <a href="/boke/{boke.boke_id}">{relative_date(boke.age)}</a>
</div>
<div class="boke-list-boke-meta-odai"><p>お題 by <a href="/collabo/omatsuri">お祭り</a></p></div>
</div>
</div>
"""


def _rating(boke: Boke) -> str:
    return f"""<div class="boke-entry-rating"><span class="accordion-header">
  <a href="/boke/{boke.boke_id}#boke-permalink-rating">
  ★
  の合計&nbsp;<em>{boke.stars}</em>（{boke.raters}）</a>
</span></div>"""


def _photo(odai_id: int, address: str, user: str) -> str:
    return f"""<div class="photo">
  <a href="/odai/{odai_id}"><img src="{address}" alt="" /></a>
  <p>お題 by <a href="/user/{quote(user)}">{escape(user)}</a></p>
</div>"""


def _pager(address: str, page: int, has_next: bool) -> str:
    next_link = (
        f'<span class="pager-plusone-next"><a href="{escape(address)}?page={page + 1}">次 &raquo;</a></span>'
        if has_next
        else ""
    )
    current = f'<span class="pager-plusone-current"><em>{page}</em></span>'
    return f'<div id="pager-plusone">{current}{next_link}</div>\n'


def _page(title: str, content: str) -> str:
    return f"""\
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" lang="ja" xml:lang="ja">
<head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
<title>{escape(title)}</title><link rel="stylesheet" href="/style.css" /></head>
<body>
<div id="news_area"><em class="sort-type-button ui-state-default"><a href="/boke/recent">新着</a></em>
<em class="sort-type-button ui-state-default"><a href="/boke/popular">人気</a></em></div>
<div id="main_base"><div class="main_container">
<h2>{escape(title)}</h2>
{content}</div></div>
</body>
</html>
"""
