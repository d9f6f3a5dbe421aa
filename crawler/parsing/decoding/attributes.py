"""Cuts tags with very many attributes before a page is parsed: for each, libxml2 walks along all before it.

So 100,000 attributes in one tag (0.9 MB) take 22 seconds, and twice as many four times as long. No tag of a
page that people read has as many as `MOST`.
"""

import re

MOST = 256
"""The attributes of a tag that are read; those behind them are dropped."""
_SMALL = 64_000
"""Characters of a page that is cut only if it has a tag of thousands: real pages have up to 60,000."""
_LONG_TAG = re.compile(r"<[a-zA-Z][^>]{2000}")
"""Quick, and enough for small pages: a `>` within quotes hides a long tag from it, but not for seconds."""

# Tags are cut into attributes as the HTML standard's tokenizer does. All repetitions are possessive: nothing
# is ever read twice, whatever the page holds.
_NAME = r"[a-zA-Z][^\s/>]*+[\s/]*+"
_VALUE = r"""(?:"[^"]*+"?+|'[^']*+'?+|[^\s>"'][^\s>]*+)"""
_ATTRIBUTE = rf"(?:=?+[^\s/>=]++(?:\s*+=\s*+{_VALUE}?+)?+|=)[\s/]*+"
_RAW = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
"""Elements whose content is text, whatever looks like a tag in it."""
_TAGS = "|".join(
    rf"(?i:<{name}(?=[\s/>])[\s/]*+(?:{_ATTRIBUTE}){{0,{MOST}}}+>(?:[^<]|<(?!/{name}))*+)" for name in _RAW
)
_HARMLESS = re.compile(
    r"(?:[^<]++|<(?![a-zA-Z!])|<!--(?:[^-]|-(?!->))*+(?:-->)?+|<!(?!--)"
    rf"|{_TAGS}|<(?!(?i:{'|'.join(_RAW)})[\s/>]){_NAME}(?:{_ATTRIBUTE}){{0,{MOST}}}+>)*+"
)
_FULL = re.compile(rf"(?P<kept><{_NAME}(?:{_ATTRIBUTE}){{0,{MOST}}}+)(?:{_ATTRIBUTE})*+")


def without_excess(html: str) -> str:
    """Return a page whose tags have at most `MOST` attributes each, in time proportional to its length."""
    if len(html) <= _SMALL and not _LONG_TAG.search(html):
        return html
    parts: list[str] = []
    position = 0
    while position < len(html):
        harmless = _HARMLESS.match(html, position)
        end = harmless.end() if harmless else position
        parts.append(html[position:end])
        tag = _FULL.match(html, end)
        if tag:
            parts.append(tag["kept"])
        elif end < len(html):
            parts.append(html[end])
        position = tag.end() if tag else end + 1
    return "".join(parts)
