"""Faults of pages: wrong encodings, broken markup, markup that has changed, endless lists."""

import re
from collections.abc import Callable
from dataclasses import replace

from demo.faults.fault import Fault, Request
from demo.serving.responses import Response

# Joined, flagged and skin-toned emoji, then letters outside the BMP: what breaks naive lengths and columns.
_EMOJI = "😂👨‍👩‍👧‍👦🏳️‍🌈🇯🇵👍🏽𠮷𩸽"
_WORDS = re.compile(rb"(?<=>)[^<>]*[^\x00-\x7f][^<>]*(?=<)")
"""Text between two tags with any character beyond ASCII: captions, names, dates."""
_CAPTIONS = re.compile(
    r'(<p class="boke_read">|<a class="boke-text"[^>]*>|<h1>)'
    r"(<div[^>]*>)?(.*?)(?=</)"
)
"""Groups: the tags before a caption (1, 2) and the caption (3), in every layout."""


def edited(edit: Callable[[str], str]) -> Fault:
    """Return the fault that changes the HTML of pages with status 200."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return (
            replace(response, body=edit(response.body.decode()).encode())
            if response.status == 200
            else response
        )

    return fault


def encoded(encoding: str) -> Fault:
    """Return the fault that sends another encoding labelled UTF-8; characters it lacks are left out."""

    def fault(response: Response, request: Request, earlier: int) -> Response:
        return replace(response, body=response.body.decode().encode(encoding, "ignore"))

    return fault


def empty(response: Response, request: Request, earlier: int) -> Response:
    """Send no body."""
    return replace(response, body=b"")


def nul_bytes(response: Response, request: Request, earlier: int) -> Response:
    """Put NUL bytes into every text and after every `</div>`."""
    body = _WORDS.sub(lambda text: b"\0" + text[0] + b"\0", response.body)
    return replace(response, body=body.replace(b"</div>", b"</div>\0"))


def huge(text: str) -> str:
    """Start the body with a comment of 10 MB."""
    return text.replace("<body>", f"<body><!-- {'重い ' * 1_500_000} -->", 1)


def broken(text: str) -> str:
    """Leave tags open at the end, cross tags, drop the quotes of attributes."""
    text = re.sub(r'class="([a-z-]+)"', r"class=\1", text)
    text = text.replace("</body>", "").replace("</head>", "")
    return text.replace("<body>", "<body><b><i>& &nosuch; < 5 </b></i></span></p><font color=>", 1)


def cut(text: str) -> str:
    """End the page in the middle of its last caption."""
    captions = list(_CAPTIONS.finditer(text))
    if not captions:
        return text[: len(text) // 2]
    start, end = captions[-1].span(3)
    return text[: (start + end) // 2]


def emoji(text: str) -> str:
    """End every caption with emoji."""
    return _CAPTIONS.sub(lambda found: f"{found[1]}{found[2] or ''}{found[3]}{_EMOJI}", text)


def duplicated(text: str) -> str:
    """Repeat the first entry with another caption."""
    captions = list(_CAPTIONS.finditer(text))
    if len(captions) < 2:
        return text
    starts = [text.rfind(_entry_start(text), 0, found.start()) for found in captions[:2]]
    first = text[starts[0] : starts[1]]
    repeated = _CAPTIONS.sub(lambda found: f"{found[1]}{found[2] or ''}{found[3]}（再）", first)
    return text[: starts[1]] + repeated + text[starts[1] :]


def _entry_start(text: str) -> str:
    # The start of an entry in each layout; the last is next_2024, where entries have no class.
    starts = ('<div class="boke-entry ', '<div class="boke">', "<div><div><div><div>")
    return next((start for start in starts if start in text), "<div>")


def renamed_markup(text: str) -> str:
    """Rename every class and id, and the tags by which a layout is recognised."""
    text = re.sub(r'(class|id|ng-\w+(?:-\w+)*)="[^"]*"', 'data-x="1"', text)
    return text.replace("<main>", "<article>").replace("</main>", "</article>").replace("h1>", "strong>")


def without_captions(text: str) -> str:
    """Remove every caption; its element stays, empty."""
    text = re.sub(r" ng-init=\"[^\"]*\"", "", text)
    return _CAPTIONS.sub(lambda found: f"{found[1]}{found[2] or ''}", text)


def without_entries(text: str) -> str:
    """Rename the elements by which entries are recognised."""
    text = re.sub(
        r'<div class="boke(-entry|-list)?( [a-z -]+)?"( id="[a-z-]+\d+")?>', '<div class="joke">', text
    )
    # Entries of next_2024 are known by their h1 alone.
    return text.replace("h1>", "h2>") if 'id="__next"' in text else text


def unanswered(response: Response, request: Request, earlier: int) -> Response:
    """Send the odai's page without any boke, as before its first."""
    return request.correct_response_for(_PAGE_PAST_THE_END) if response.status == 200 else response


def without_photos(text: str) -> str:
    """Remove every image."""
    return re.sub(r"<img[^>]*>", "", text)


def opt_out_meta(text: str) -> str:
    """Put an opt-out into the page's head."""
    return text.replace("<head>", '<head><meta name="robots" content="noai, noimageai">', 1)


def vanish(response: Response, request: Request, earlier: int) -> Response:
    """Answer 404 to an odai's second page, or to its first where it has only one.

    So an odai also disappears in the middle of being read.
    """
    if request.page == 1 and _has_next(response.body.decode()):
        return response
    return Response(404, request.not_found_page)


def endless_pages(response: Response, request: Request, earlier: int) -> Response:
    """Link to a next page from every page; pages past the last one repeat the entries of the first."""
    text = response.body.decode()
    if response.status != 200 or _has_next(text):
        return response
    path = request.target.partition("?")[0]
    if not _CAPTIONS.search(text):
        # The first page's own link leads to page 2: it is renamed, and the new link added below.
        text = request.correct_response_for(1).body.decode()
        for sign in _NEXT_SIGNS:
            text = text.replace(sign, "data-old=")
    return replace(
        response, body=text.replace("</body>", _next_link(text, path, request.page) + "</body>").encode()
    )


def endless_lists(response: Response, request: Request, earlier: int) -> Response:
    """Link to a next page from every page of a list."""
    return endless_pages(response, request, earlier) if request.kind == "list" else response


def next_error(response: Response, request: Request, earlier: int) -> Response:
    """Send the site's error page, with status 200, to the first request for a list."""
    if request.kind != "list" or earlier:
        return response
    return Response(200, _ERROR_PAGE.encode())


def _has_next(text: str) -> bool:
    return any(sign in text for sign in _NEXT_SIGNS)


def _next_link(text: str, path: str, page: int) -> str:
    address = f"{path}?page={page + 1}"
    if 'id="__next"' in text:
        return f'<button type="button" data-next="{address}">もっと見る</button>'
    return (
        f'<ul class="pagination"><li class="next"><a rel="next" href="{address}">次へ</a></li></ul>'
        f'<div id="pager-plusone"><span class="pager-plusone-next"><a href="{address}">次</a></span></div>'
    )


# No odai has so many pages, and one past the end has no boke.
_PAGE_PAST_THE_END = 10**6
_NEXT_SIGNS = ('rel="next"', 'class="next"', 'class="pager-plusone-next"', "data-next=")
# Its words and its status are the real site's; only they tell it from an empty list.
_ERROR_PAGE = (
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
    "opt-out-meta": edited(opt_out_meta),
    "drift": edited(renamed_markup),
    "drift-empty": edited(without_captions),
    "drift-entries": edited(without_entries),
    "drift-photo": edited(without_photos),
    "unanswered": unanswered,
}
