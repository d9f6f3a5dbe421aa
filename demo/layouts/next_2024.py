"""The markup since 2024: Next.js. A page holds its first entries; a button below them loads the next page.

From yryo1005/bokete_scraping_v2 (`main.py`, 2024-08-25), whose paths are by nesting, without classes: the
odai is the first block of `main > div`, with a button inside a link that leaves the page; the blocks after
it are candidates, some of them no boke; a boke's stars stand as a bare number, without ★; the button for
more is a direct child. The JSON in a boke's own page is that of yryo1005/BoketeDB (2026-07-21) and
ossam/bokete-checker (2026-04-07). No reader has a list, a boke's category in the markup, or how the button
finds the next page: those are ours, `data-next` too.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts.layout import ListPage, OdaiPage, caption_html, photo_address, relative_date, with_odd_block

SCRIPT = """
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-next]");
  if (!button) return;
  button.disabled = true;
  const answer = await fetch(button.dataset.next);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  button.before(...[...page.querySelectorAll("#__next > main > div:first-child > div")].slice(1));
  const following = page.querySelector("button[data-next]");
  if (following) button.dataset.next = following.dataset.next;
  else button.remove();
  button.disabled = false;
});
"""
"""Fetches the next page when the button is pressed. A crawler follows the button's address instead."""

_ADVERT = "<div><div>PR アプリならもっと早い</div></div>\n"
_JAPAN = timezone(timedelta(hours=9))


def odai_page(page: OdaiPage, photo_base: str) -> str:
    """Return an odai page: the photo, a page of its boke, and the button for more."""
    address = f"/odai/{page.odai.odai_id}"
    entries = with_odd_block([_entry(boke, "") for boke in page.bokes], _ADVERT)
    next_address = f"{address}?page={page.page + 1}" if page.has_next else ""
    return _page("お題", _odai(page.odai, photo_base), entries, next_address)


def list_page(page: ListPage, photo_base: str) -> str:
    """Return a page of a list: its entries, each with its photo, and the button for more."""
    entries = [
        _entry(boke, _photo(f"/odai/{boke.odai_id}", photo_address(photo_base, name)))
        for boke, name in page.bokes
    ]
    next_address = f"{page.address}?page={page.page + 1}" if page.has_next else ""
    return _page(page.name, "<h2>ボケ</h2>", with_odd_block(entries, _ADVERT), next_address)


user_page = list_page


def boke_page(boke: Boke, odai: Odai, photo_base: str) -> str:
    """Return the page of one boke, with the site's own data as JSON."""
    # json.dumps writes \\uXXXX for all but ASCII, as the site does; a "</" would end the script.
    data = json.dumps({"props": {"pageProps": {"boke": _data(boke, odai, photo_base)}}}).replace("</", "<\\/")
    script = f'<script id="__NEXT_DATA__" type="application/json">{data}</script>\n'
    return _page("ボケ", _odai(odai, photo_base), _entry(boke, ""), "", script)


def not_found() -> str:
    """Return the page of status 404."""
    return _page("404", "<p>ページが見つかりません</p>", "", "")


def error() -> str:
    """Return the page that the site sends, with status 200, when it fails itself."""
    return _page("エラー", "<p>エラーが発生しました。</p>", "", "")


def _data(boke: Boke, odai: Odai, photo_base: str) -> dict[str, object]:
    posted = datetime.now(UTC) - boke.age
    return {
        "id": boke.boke_id,
        "odaiId": odai.odai_id,
        "text": boke.text,
        "date": posted.astimezone(_JAPAN).strftime("%Y-%m-%d %H:%M:%S"),
        "rateSum": boke.stars,
        "rateCount": boke.raters,
        "lastRateDate": None,
        "category": boke.category,
        "odai": {
            "id": odai.odai_id,
            "category": odai.category,
            "user": {"nick": odai.user},
            "photo": {"ownerName": odai.user, "largeUrl": photo_address(photo_base, odai.photo_name)},
        },
        "user": {"nick": boke.user},
    }


def _odai(odai: Odai, photo_base: str) -> str:
    address = f"/odai/{odai.odai_id}"
    photo = _photo(address, photo_address(photo_base, odai.photo_name))
    user = f'<a href="/user/{quote(odai.user)}">{escape(odai.user)}</a>'
    button = '<a href="/login"><button type="button">ボケる</button></a>'
    return f"{photo}<div>{user}</div><div></div><div><div>{button}</div></div>"


def _photo(address: str, image: str) -> str:
    return f'<a href="{address}"><figure><img src="{image}" alt=""></figure></a>'


def _entry(boke: Boke, photo: str) -> str:
    address = f"/boke/{boke.boke_id}"
    user = f'<a href="/user/{quote(boke.user)}">{escape(boke.user)}</a>'
    stars = f'<a href="{address}"><svg></svg>{boke.stars:,}</a>'
    return f"""<div>{photo}<div><div><div>
<div>{user}<a href="{address}"><h1>{caption_html(boke.text)}</h1></a>
<div><a href="/boke/category/{quote(boke.category)}">{boke.category}</a></div><div></div>
<div><div>{stars}</div><div><a href="{address}">{relative_date(boke.age)}</a></div></div></div>
</div></div></div></div>
"""


def _page(title: str, first: str, entries: str, next_address: str, script: str = "") -> str:
    button = f'<button type="button" data-next="{escape(next_address)}">もっと見る</button>'
    return f"""<!DOCTYPE html>
<html lang="ja">
<head><meta charset="utf-8"><title>{escape(title)}</title>
<link rel="stylesheet" href="/style.css"></head>
<body><div id="__next"><header><a href="/boke/recent">新着</a></header><main><div><div>{first}</div>
{entries}{button if next_address else ""}</div></main></div>
{script}<script src="/_next/static/more.js"></script>
</body>
</html>
"""
