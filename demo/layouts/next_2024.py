"""The markup since 2024: Next.js. A page holds its first entries; a button below them loads the next page."""

from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts.layout import ListPage, OdaiPage, caption_html, photo_address, relative_date

SCRIPT = """
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-next]");
  if (!button) return;
  button.disabled = true;
  const answer = await fetch(button.dataset.next);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = document.querySelector("#__next > main > div");
  list.append(...[...page.querySelectorAll("#__next > main > div:first-child > div")].slice(1));
  const following = page.querySelector("button[data-next]");
  if (following) button.dataset.next = following.dataset.next;
  else button.remove();
  button.disabled = false;
});
"""
"""Fetches the next page when the button is pressed. A crawler follows the button's address instead."""


def odai_page(page: OdaiPage, photo_base: str) -> str:
    """Return an odai page: the photo, a page of its boke, and the button for more."""
    address = f"/odai/{page.odai.odai_id}"
    photo = _photo(address, photo_address(photo_base, page.odai.photo_name))
    entries = "".join(_entry(boke, "") for boke in page.bokes)
    return _page("お題", photo, entries, f"{address}?page={page.page + 1}" if page.has_next else "")


def list_page(page: ListPage, photo_base: str) -> str:
    """Return a page of a list: its entries, each with its photo, and the button for more."""
    entries = "".join(
        _entry(boke, _photo(f"/odai/{boke.odai_id}", photo_address(photo_base, name)))
        for boke, name in page.bokes
    )
    next_address = f"{page.address}?page={page.page + 1}" if page.has_next else ""
    return _page(page.name, "<h2>ボケ</h2>", entries, next_address)


user_page = list_page


def boke_page(boke: Boke, odai: Odai, photo_base: str) -> str:
    """Return the page of one boke."""
    photo = _photo(f"/odai/{odai.odai_id}", photo_address(photo_base, odai.photo_name))
    return _page("ボケ", photo, _entry(boke, ""), "")


def not_found() -> str:
    """Return the page of status 404."""
    return _page("404", "<p>ページが見つかりません</p>", "", "")


def error() -> str:
    """Return the page that the site sends, with status 200, when it fails itself."""
    return _page("エラー", "<p>エラーが発生しました。</p>", "", "")


def _photo(address: str, image: str) -> str:
    return f'<a href="{address}"><figure><img src="{image}" alt=""></figure></a>'


# What is known of the real markup are paths by nesting, without classes: so is this.
def _entry(boke: Boke, photo: str) -> str:
    address = f"/boke/{boke.boke_id}"
    user = f'<a href="/user/{quote(boke.user)}">{escape(boke.user)}</a>'
    stars = f'<a href="{address}">★{boke.stars:,}</a>'
    return f"""<div>{photo}<div><div><div>
<div>{user}<a href="{address}"><h1>{caption_html(boke.text)}</h1></a></div>
<div><a href="/boke/category/{quote(boke.category)}">{boke.category}</a></div>
<div><div>{stars}</div><div><a href="{address}">{relative_date(boke.age)}</a></div></div>
</div></div></div></div>
"""


def _page(title: str, first: str, entries: str, next_address: str) -> str:
    button = f'<button type="button" data-next="{escape(next_address)}">もっと見る</button>'
    return f"""<!DOCTYPE html>
<html lang="ja">
<head><meta charset="utf-8"><title>{escape(title)}</title>
<link rel="stylesheet" href="/style.css"></head>
<body><div id="__next"><header><a href="/boke/recent">新着</a></header><main><div><div>{first}</div>
{entries}</div>{button if next_address else ""}</main></div>
<script src="/_next/static/more.js"></script>
</body>
</html>
"""
