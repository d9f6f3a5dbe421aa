"""What bad disks, bad copies and enemies make of the bytes of a file."""

from collections.abc import Callable, Sequence
from random import Random

DEEP = 100_000
TOKENS: tuple[bytes, ...] = (
    *(b"[" * DEEP, b'{"a":' * DEEP, b"<div>" * 3000, b"- " * 3000, b"(" * 3000),
    *(b"9" * 5000, b"-1", b"1e999", b"NaN", b"-Infinity", b"0x7fffffff", b"9223372036854775808"),
    *(b"null", b"true", b'""', b"[]", b"{}", b"../../x", b"/etc/passwd", b"\0", b"\xff\xfe", b"\xef\xbb\xbf"),
    *(b"\\ud800", "\u202e".encode(), b"%00", b"\r\n\r\n", b"<![CDATA[", b"&#xD800;", b"<?xml", b"<!DOCTYPE"),
    *(
        b"PAR1",
        b"ARROW1",
        b"PK\x03\x04",
        b"PK\x05\x06",
        b"\x1f\x8b\x08",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"RIFF",
    ),
    *(b"WARC/1.1\r\n", b"Content-Length: 99999999999", b"*a: &a [*a]", b"!!python/object:os.system {}"),
)
"""Words that readers of one format or another take for something."""
NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
"""Values at the ends of what lengths, counts and offsets can be."""
LARGEST = 2**20
"""Bytes that a mutated file has at most, unless the real one has more."""

Mutation = Callable[[bytearray, Sequence[bytes], Random], None]


def mutated(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Return a file with one to sixteen changes.

    Args:
        content: a real file.
        others: files that pieces may come from.
    """
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 4, 16))):
        random.choice(MUTATIONS)(changed, others, random)
    return bytes(changed[: max(LARGEST, len(content))])


def place(content: bytearray, random: Random) -> int:
    """Return a place in a file: headers and footers are where its readers decide."""
    near = min(len(content), 256)
    return random.choice(
        (random.randint(0, len(content)), random.randint(0, near), len(content) - random.randint(0, near))
    )


def _bit(content: bytearray, _: Sequence[bytes], random: Random) -> None:
    if content:
        content[min(place(content, random), len(content) - 1)] ^= 1 << random.randrange(8)


def _cut(content: bytearray, _: Sequence[bytes], random: Random) -> None:
    del content[place(content, random) :]


def _lose(content: bytearray, _: Sequence[bytes], random: Random) -> None:
    at = place(content, random)
    del content[at : at + random.choice((1, 2, 8, 64, 4096))]


def _twice(content: bytearray, _: Sequence[bytes], random: Random) -> None:
    at = place(content, random)
    piece = content[at : at + random.choice((1, 8, 64, 4096))]
    content[at:at] = piece * random.choice((1, 2, 100))


def _splice(content: bytearray, others: Sequence[bytes], random: Random) -> None:
    other = random.choice(others) if others else bytes(content)
    start, at = random.randint(0, len(other)), place(content, random)
    piece = other[start : start + random.choice((8, 64, 4096, len(other)))]
    content[at : at + random.choice((0, len(piece)))] = piece


def _number(content: bytearray, _: Sequence[bytes], random: Random) -> None:
    """Set what may be a length, of either order of bytes."""
    size, at = random.choice((1, 2, 4, 8)), place(content, random)
    value = random.choice(NUMBERS) % 256**size
    content[at : at + size] = value.to_bytes(size, random.choice(("little", "big")))


def _token(content: bytearray, _: Sequence[bytes], random: Random) -> None:
    token, at = random.choice(TOKENS), place(content, random)
    content[at : at + random.choice((0, len(token)))] = token


def _noise(content: bytearray, _: Sequence[bytes], random: Random) -> None:
    at = place(content, random)
    piece = random.randbytes(random.choice((1, 4, 64)))
    content[at : at + len(piece)] = piece


MUTATIONS: tuple[Mutation, ...] = (_bit, _cut, _lose, _twice, _splice, _number, _token, _noise)
