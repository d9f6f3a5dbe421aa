"""Which values of a column may tell forgotten content: a quick look at all of them, so that few need another.

What these functions pass over tells nothing; what they return `Content.names` and `values.without` decide.
"""

import re
from collections.abc import Collection, Iterator
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from store.forget.content import Content
from store.forget.values import WORDS

_NUMBERED = r"/(?:odai|boke)/0*(?P<part>[0-9]{1,18})(?:[?#]|$)"
_PHOTO = r"/photo/odai/[0-9]+/(?P<part>[0-9a-f]{32})_[0-9]+\."
_UNUSUAL = r"[\t\r\n]"
"""Characters that readers of addresses pass over."""
_AT_ONCE = 200
"""Parts that are looked for in one pass."""


def may_name(column: pa.Array, content: Content) -> pa.Array:
    """Return which strings may be addresses of the photo, the odai or the boke."""
    numbers = {str(number) for number in content.odai_ids | content.boke_ids}
    plain = pc.replace_substring_regex(column, "^https?:", "")
    found = (
        pc.is_in(_part(column, _NUMBERED), pa.array(numbers, pa.string())),
        pc.is_in(_part(column, _PHOTO), pa.array(content.keys, pa.string())),
        pc.is_in(plain, pa.array(content.keys, pa.string())),
        pc.fill_null(pc.match_substring_regex(column, _UNUSUAL), False),
    )
    return reduce(pc.or_, found)


def _part(column: pa.Array, pattern: str) -> pa.Array:
    return pc.struct_field(pc.extract_regex(column, pattern), "part")


def quotes(column: pa.Array, parts: Collection[str]) -> pa.Array:
    """Return which strings hold some of `parts`."""
    found = pa.repeat(False, len(column))
    for pattern in _patterns(parts):
        found = pc.or_(found, pc.fill_null(pc.match_substring_regex(column, pattern), False))
    return found


def _patterns(parts: Collection[str]) -> Iterator[str]:
    escaped = [re.escape(part) for part in parts]
    for first in range(0, len(escaped), _AT_ONCE):
        yield "|".join(escaped[first : first + _AT_ONCE])


def may_tell(column: pa.Array, content: Content) -> pa.Array:
    """Return which strings may be, name or quote something of the content."""
    whole = pc.is_in(column, pa.array(content.digests | content.texts, pa.string()))
    return pc.or_(pc.or_(whole, may_name(column, content)), quotes(column, content.digests | content.phrases))


def can_tell(name: str, kind: pa.DataType) -> bool:
    """Tell whether values of a type may tell anything: texts, and numbers under a name that has such."""
    if name in WORDS:
        return False
    if pa.types.is_struct(kind):
        return any(can_tell(field.name, field.type) for field in kind)
    if pa.types.is_list(kind):
        return can_tell(name, kind.value_type)
    if pa.types.is_integer(kind):
        return name.endswith(("odai_id", "odai_ids", "boke_id", "boke_ids"))
    return bool(pa.types.is_string(kind))
