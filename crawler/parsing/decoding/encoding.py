"""Decodes pages as the web does: by a byte-order mark, then the header, then the page's own label.

Where no label is right, Japanese text is told by its bytes.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE

from w3lib.encoding import resolve_encoding

from crawler.parsing.decoding.japanese import decode_euc_jp, decode_iso_2022_jp
from crawler.parsing.decoding.own_label import own_labels

_MARKS = {BOM_UTF8: "utf-8", BOM_UTF16_LE: "utf-16-le", BOM_UTF16_BE: "utf-16-be"}
_JAPANESE = ("utf-8", "euc_jp", "cp932")
_OWN = {"euc_jp": decode_euc_jp, "iso2022_jp": decode_iso_2022_jp}
_LABEL = re.compile(r"[\w.:+()-]+", re.ASCII)  # w3lib takes one with a quote in it, too
# Labels of the web that Python spells otherwise; w3lib knows the rest.
_LABELS = {"x-euc-jp": "euc_jp", "cseucpkdfmtjapanese": "euc_jp", "csiso2022jp": "iso2022_jp"}
_LABELS |= {"unicode-1-1-utf-8": "utf-8", "x-utf-8": "utf-8"}
# Servers send these unasked: such a label does not say what a Japanese page is in.
_UNASKED = ("cp1252", "ascii", "latin-1", "iso8859-1")
# Python's own, which no page is in; and UTF-16, which its zero bytes tell better than its label.
_REFUSED = re.compile(
    r"idna|punycode|undefined|.*escape|utf-?(7|16|32).*|rot.*|hex|base64|bz2|zip|zlib|uu|quopri"
)
_CLEARLY = 0.5


def decode(body: bytes, charset: str | None = None) -> str:
    """Return the text of a page; never raises.

    A byte-order mark decides, then what only one encoding has: the escapes of ISO-2022-JP, the zero bytes of
    UTF-16. Then the server's charset goes before the page's own, and without either it is UTF-8; a label of
    latin-1 counts only for text that is not Japanese. The first label that fits every byte is used. If none
    does, the first of all stays, with U+FFFD for what is broken, unless another encoding has clearly more
    kana and fewer errors.

    Args:
        body: the page's bytes.
        charset: what the Content-Type header says, if anything.
    """
    for mark, marked in _MARKS.items():
        if body.startswith(mark):
            return _clean(body[len(mark) :].decode(marked, "replace"))
    if evident := _evident(body):
        return _clean(_decoded(body, evident))
    own = next(filter(None, map(_codec, own_labels(body))), None)
    labels = [name for name in (_codec(charset), own) if name]
    trusted = [name for name in labels if name not in _UNASKED] or ["utf-8"]
    texts = {}
    for name in trusted:
        texts[name] = _decoded(body, name)
        if not _errors(body, texts[name]):
            return _clean(texts[name])
    first = trusted[0]
    texts |= {name: _decoded(body, name) for name in _JAPANESE if name not in texts}
    likelihoods = {name: _likelihood(body, text) for name, text in texts.items()}
    best = max(likelihoods, key=likelihoods.__getitem__)
    if likelihoods[best] <= 0 and len(trusted) == 1 and trusted[0] not in labels and labels:
        return _clean(_decoded(body, labels[0]))
    return _clean(texts[best if likelihoods[best] - likelihoods[first] > _CLEARLY else first])


def _codec(label: str | None) -> str | None:
    """Return Python's name of the encoding of a label; None if there is none that a page may be in."""
    if not label or not _LABEL.fullmatch(label):
        return None
    name = _LABELS.get(label.lower()) or resolve_encoding(label)
    return None if name is None or _REFUSED.fullmatch(name) else name


def _evident(body: bytes) -> str | None:
    escapes = len(re.findall(rb"\x1b(?:\$[@B]|\([JI])", body))
    if escapes and sum(byte > 0x7F for byte in body) < escapes:
        return "iso2022_jp"
    head = body[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) < 8 or max(even, odd) < len(head) / 20 or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _decoded(body: bytes, name: str) -> str:
    if name in _OWN:
        return _OWN[name](body)
    try:
        return body.decode(name, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _errors(body: bytes, text: str) -> int:
    """Return how many characters of the text are broken; U+FFFD that the page has itself is none of them."""
    return max(text.count("\ufffd") - body.count("\ufffd".encode()), 0)


def _likelihood(body: bytes, text: str) -> float:
    """Return the share of kana, less that of errors, among the characters beyond ASCII, -1 to 1."""
    foreign = len(re.findall(r"[^\x00-\x7f]", text))
    kana = len(re.findall(r"[\u3040-\u30ff]", text))
    return (kana - _errors(body, text)) / max(foreign, 1)


def _clean(text: str) -> str:
    return text.replace("\x00", "")
