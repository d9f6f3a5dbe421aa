"""Faults of pages: encodings, broken markup, markup that has changed, lists without an end."""

import re
from collections.abc import Callable
from dataclasses import replace

from demo.responses import Asked, Response

Fault = Callable[[Response, Asked, int], Response]
_EMOJI = "😂👨‍👩‍👧‍👦🏳️‍🌈🇯🇵👍🏽𠮷𩸽"
_WORDS = re.compile(rb"(?<=>)[^<>]*[^\x00-\x7f][^<>]*(?=<)")
"""Text between two tags that is not plain ASCII: captions, names, dates."""
_CAPTIONS = re.compile(
    r'(<p class="boke_read">|<a class="boke-text"[^>]*>|<h3 class="boke-text"><a[^>]*>|<h1>)'
    r"(<div[^>]*>)?(.*?)(?=</)"
)
"""What comes before a caption, and the caption, in every layout."""


def edited(edit: Callable[[str], str]) -> Fault:
    """Return the fault of a page's text being another, on pages that exist."""

    def fault(response: Response, asked: Asked, before: int) -> Response:
        return (
            replace(response, body=edit(response.body.decode()).encode())
            if response.status == 200
            else response
        )

    return fault


def encoded(encoding: str) -> Fault:
    """Return the fault of another encoding under the label of UTF-8; what it lacks is left out."""

    def fault(response: Response, asked: Asked, before: int) -> Response:
        return replace(response, body=response.body.decode().encode(encoding, "ignore"))

    return fault


def empty(response: Response, asked: Asked, before: int) -> Response:
    """Send nothing."""
    return replace(response, body=b"")


def nul_bytes(response: Response, asked: Asked, before: int) -> Response:
    """Put NUL bytes into every text and after every `</div>`."""
    body = _WORDS.sub(lambda text: b"\0" + text[0] + b"\0", response.body)
    return replace(response, body=body.replace(b"</div>", b"</div>\0"))


def huge(text: str) -> str:
    """Put a comment of 10 MB where the body begins."""
    return text.replace("<body>", f"<body><!-- {'重い ' * 1_500_000} -->", 1)


def broken(text: str) -> str:
    """Leave the end open, cross tags, drop quotes."""
    text = re.sub(r'class="([a-z-]+)"', r"class=\1", text)
    text = text.replace("</body>", "").replace("</html>", "").replace("</head>", "")
    return text.replace("<body>", "<body><b><i>& &nosuch; < 5 </b></i></span></p><font color=>", 1)


def cut(text: str) -> str:
    """End in the middle of the last caption."""
    captions = list(_CAPTIONS.finditer(text))
    if not captions:
        return text[: len(text) // 2]
    start, end = captions[-1].span(3)
    return text[: (start + end) // 2]


def emoji(text: str) -> str:
    """End every caption in emoji."""
    return _CAPTIONS.sub(lambda found: f"{found[1]}{found[2] or ''}{found[3]}{_EMOJI}", text)


def duplicated(text: str) -> str:
    """Repeat the first entry with another caption."""
    captions = list(_CAPTIONS.finditer(text))
    if len(captions) < 2:
        return text
    starts = [text.rfind(_entry_start(text), 0, found.start()) for found in captions[:2]]
    first = text[starts[0] : starts[1]]
    copy = _CAPTIONS.sub(lambda found: f"{found[1]}{found[2] or ''}{found[3]}（再）", first)
    return text[: starts[1]] + copy + text[starts[1] :]


def _entry_start(text: str) -> str:
    starts = ('<div class="boke-entry ', '<div class="boke">', "<div><div><div><div>")
    return next((start for start in starts if start in text), "<div>")


def drifted(text: str) -> str:
    """Rename every class and id, and the tags that layouts are known by."""
    text = re.sub(r'(class|id|ng-\w+(?:-\w+)*)="[^"]*"', 'data-x="1"', text)
    return text.replace("<main>", "<article>").replace("</main>", "</article>").replace("h1>", "strong>")


def without_captions(text: str) -> str:
    """Leave every caption's place empty."""
    text = re.sub(r" ng-init=\"[^\"]*\"", "", text)
    return _CAPTIONS.sub(lambda found: f"{found[1]}{found[2] or ''}", text)


def without_entries(text: str) -> str:
    """Rename what entries are known by."""
    text = re.sub(
        r'<div class="boke(-entry|-list)?( [a-z-]+)?"( id="[a-z-]+\d+")?>', '<div class="joke">', text
    )
    return text.replace("h1>", "h2>") if 'id="__next"' in text else text


def unanswered(response: Response, asked: Asked, before: int) -> Response:
    """Send the odai's page without any boke, as before the first was written."""
    return asked.other(_PAST_THE_END) if response.status == 200 else response


def without_photos(text: str) -> str:
    """Leave out every image."""
    return re.sub(r"<img[^>]*>", "", text)


def meta(text: str) -> str:
    """Opt out in the page's head."""
    return text.replace("<head>", '<head><meta name="robots" content="noai, noimageai">', 1)


def vanish(response: Response, asked: Asked, before: int) -> Response:
    """Say that a page is missing: the second, and the first where it is the only one."""
    if asked.page == 1 and _has_next(response.body.decode()):
        return response
    return Response(404, asked.missing)


def endless_pages(response: Response, asked: Asked, before: int) -> Response:
    """Link to a next page from every page; pages past the last repeat the first's entries."""
    text = response.body.decode()
    if response.status != 200 or _has_next(text):
        return response
    path = asked.target.partition("?")[0]
    if not _CAPTIONS.search(text):
        text = asked.other(1).body.decode()
        for sign in _NEXT:
            text = text.replace(sign, "data-old=")
    return replace(
        response, body=text.replace("</body>", _following(text, path, asked.page) + "</body>").encode()
    )


def endless_lists(response: Response, asked: Asked, before: int) -> Response:
    """Link to a next page from every page of a list."""
    return endless_pages(response, asked, before) if asked.kind == "list" else response


def next_error(response: Response, asked: Asked, before: int) -> Response:
    """Say that there is trouble, once."""
    if asked.kind != "list" or before:
        return response
    return Response(200, _TROUBLE.encode())


def _has_next(text: str) -> bool:
    return any(sign in text for sign in _NEXT)


def _following(text: str, path: str, page: int) -> str:
    address = f"{path}?page={page + 1}"
    if 'id="__next"' in text:
        return f'<button type="button" data-next="{address}">もっと見る</button>'
    return (
        f'<ul class="pagination"><li class="next"><a rel="next" href="{address}">次へ</a></li></ul>'
        f'<div id="pager-plusone"><span class="pager-plusone-next"><a href="{address}">次</a></span></div>'
    )


_PAST_THE_END = 10**6
_NEXT = ('rel="next"', 'class="next"', 'class="pager-plusone-next"', "data-next=")
_TROUBLE = (
    '<html lang="ja"><body><div id="__next"><main><p>エラーが発生しました。</p></main></div></body></html>'
)

FAULTS: dict[str, Fault] = {
    "endless-lists": endless_lists,
    "next-error": next_error,
    "huge": edited(huge),
    "empty": empty,
    "euc-jp": encoded("euc_jp"),
    "shift-jis": encoded("cp932"),
    "broken-html": edited(broken),
    "cut-page": edited(cut),
    "nul-bytes": nul_bytes,
    "emoji": edited(emoji),
    "duplicate-ids": edited(duplicated),
    "vanish": vanish,
    "endless-pages": endless_pages,
    "opt-out-meta": edited(meta),
    "drift": edited(drifted),
    "drift-empty": edited(without_captions),
    "drift-entries": edited(without_entries),
    "drift-photo": edited(without_photos),
    "unanswered": unanswered,
}
