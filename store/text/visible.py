"""Which characters nobody sees: a text of none but these is empty, on a page as in a dataset."""

import re

_RANGES = (
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3)),
    *((0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
    # The empty braille cell, and the marks around an annotation.
    *((0x2800, 0x2800), (0xFFF9, 0xFFFB)),
)
"""Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and what else has no shape."""

INVISIBLE = frozenset(chr(code) for first, last in _RANGES for code in range(first, last + 1))
"""Characters that are neither white space nor controls, and are not seen either."""

RANGES = "".join(f"{chr(first)}-{chr(last)}" for first, last in _RANGES)
"""The same within the brackets of a regular expression."""
_NOTHING_SEEN = re.compile(f"[\\s\\x00-\\x1f\\x7f-\\x9f{RANGES}]*")


def is_visible(text: str) -> bool:
    """Tell whether a text has a character that is seen: other than white space, controls and INVISIBLE."""
    return _NOTHING_SEEN.fullmatch(text) is None
