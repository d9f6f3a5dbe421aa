"""The markup since 2024: Next.js. A page holds its first entries; a button under them fetches the others."""

from html import escape
from urllib.parse import quote

from demo.content import Boke, Odai
from demo.layouts import Listing, OdaiPage, ago, lines, photo_address

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
"""What the button does, in the reader's browser."""


def odai(shown: OdaiPage, photos: str) -> str:
    """Return an odai page: the photo, some of its boke, and the button for more."""
    address = f"/odai/{shown.odai.odai_id}"
    photo = _photo(address, photo_address(photos, shown.odai.photo_name))
    entries = "".join(_entry(boke, "") for boke in shown.bokes)
    return _page("お題", photo, entries, f"{address}?page={shown.page + 1}" if shown.has_next else "")


def listing(shown: Listing, photos: str) -> str:
    """Return a list: some of its entries, each with its photo, and the button for more."""
    entries = "".join(
        _entry(boke, _photo(f"/odai/{boke.odai_id}", photo_address(photos, name)))
        for boke, name in shown.bokes
    )
    following = f"{shown.address}?page={shown.page + 1}" if shown.has_next else ""
    return _page(shown.name, "<h2>ボケ</h2>", entries, following)


user = listing


def boke(boke: Boke, odai: Odai, photos: str) -> str:
    """Return the page of one boke."""
    photo = _photo(f"/odai/{odai.odai_id}", photo_address(photos, odai.photo_name))
    return _page("ボケ", photo, _entry(boke, ""), "")


def missing() -> str:
    """Return the page of an address that shows nothing."""
    return _page("404", "<p>ページが見つかりません</p>", "", "")


def error() -> str:
    """Return the page that the site shows when it has trouble itself."""
    return _page("エラー", "<p>エラーが発生しました。</p>", "", "")


def _photo(address: str, image: str) -> str:
    return f'<a href="{address}"><figure><img src="{image}" alt=""></figure></a>'


def _entry(boke: Boke, photo: str) -> str:
    address = f"/boke/{boke.boke_id}"
    user = f'<a href="/user/{quote(boke.user)}">{escape(boke.user)}</a>'
    stars = f'<a href="{address}">★{boke.stars:,}</a>'
    return f"""<div>{photo}<div><div><div>
<div>{user}<a href="{address}"><h1>{lines(boke.text)}</h1></a></div>
<div><a href="/boke/category/{quote(boke.category)}">{boke.category}</a></div>
<div><div>{stars}</div><div><a href="{address}">{ago(boke.age)}</a></div></div>
</div></div></div></div>
"""


def _page(title: str, first: str, entries: str, following: str) -> str:
    button = f'<button type="button" data-next="{escape(following)}">もっと見る</button>'
    return f"""<!DOCTYPE html>
<html lang="ja">
<head><meta charset="utf-8"><title>{escape(title)}</title>
<link rel="stylesheet" href="/style.css"></head>
<body><div id="__next"><header><a href="/boke/recent">新着</a></header><main><div><div>{first}</div>
{entries}</div>{button if following else ""}</main></div>
<script src="/_next/static/more.js"></script>
</body>
</html>
"""
