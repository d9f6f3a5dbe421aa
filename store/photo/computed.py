"""What is computed of a photo's bytes alone, in whatever process: answers that are JSON.

Nothing here reads a file or knows of tables, so that a process that computes this starts quickly.
"""

from typing import Any

from store.photo.containers import is_plain_jpeg
from store.photo.decode import decode
from store.photo.description import ENOUGH, describe, describe_picture
from store.photo.errors import OutsideLimits, UnusablePhoto
from store.photo.facts import measured, reduced
from store.photo.metadata.cut import bare
from store.photo.near.look import look
from store.photo.near.packed import packed

Answer = dict[str, Any]
SAID = ("width", "height", "phash")
"""What builds keep of a description; sha256 is the key, the format stands in the crawl's tables."""

_PACKED = ("small", "views")


def description(content: bytes) -> Answer:
    """Return the fields of `store.photo.description.Photo`; `error`, the reason, for what is no usable photo.

    `limits` says whether the reason is that it lies outside today's limits.
    """
    try:
        return dict(vars(describe(content)))
    except UnusablePhoto as error:
        return {"error": str(error), "limits": isinstance(error, OutsideLimits)}


def said_now(content: bytes) -> Answer:
    """Return SAID as today's decoder says it, nulls for what is no usable photo.

    Nothing of a photo of which every version of the decoder says the same.
    """
    if is_plain_jpeg(content):
        return {}
    said = description(content)
    return {name: said.get(name) for name in SAID}


def kept(content: bytes) -> Answer:
    """Return what builds keep of a photo, as `columns` takes it: SAID, `facts`, `bare`, `small` and `views`.

    Of what is no usable photo `bare` alone; nothing of what lies outside the limits, which may change.
    """
    try:
        picture = decode(content, ENOUGH, grey=True)
    except OutsideLimits:
        return {}
    except UnusablePhoto:
        return {"bare": is_bare(content)}
    said, small = vars(describe_picture(picture)), reduced(picture.image)
    return {
        **{name: said[name] for name in SAID},
        **{name: value.hex() for name, value in packed(look(small)).items()},
        "facts": measured(picture, small)._asdict(),
        "bare": is_bare(content),
    }


def columns(answer: Answer) -> Answer:
    """Return an answer of `kept` as columns of the table: bytes instead of hexadecimal digits."""
    return {**answer, **{name: bytes.fromhex(answer[name]) for name in _PACKED if name in answer}}


def is_bare(content: bytes) -> bool:
    """Tell whether a photo's bytes are taken as they are: none is cut out, and nothing forbids training."""
    try:
        found = bare(content)
    except UnusablePhoto:
        return False
    return found.content == content and not found.rights.refusal
