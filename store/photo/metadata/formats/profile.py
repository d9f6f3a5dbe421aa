"""Colour profiles: how long one is, and whether it is one (ICC.1:2022, section 7.2)."""

_HEADER, _SIGNATURE = 128, slice(36, 40)


def whole_profile(content: bytes) -> bytes:
    """Return a colour profile without what is behind its end; nothing, where it is none or cut short."""
    size = int.from_bytes(content[:4])
    is_profile = _HEADER <= size <= len(content) and content[_SIGNATURE] == b"acsp"
    return content[:size] if is_profile else b""
