"""Looks for content in the bytes of every file, whatever holds it: written without a look at what forgets it.

Files are taken apart as far as any reader could take them apart (tables column by column, archives member by
member, pictures to their pixels, escapes to what they stand for), and every part is searched as plain bytes.
"""

import base64
import gzip
import html
import io
import json
import re
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "euc_jp", "cp932")
SIDE = 24
"""Pixels to which pictures are reduced before they are compared."""
SAME = 8.0
"""Mean difference of grey values, 0 to 255, up to which two pictures are the same one saved anew."""
SLICE = 48
"""Bytes of a photo that prove a part of it: no two files have so many in common by chance."""
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")
_PACKED = (*_PICTURES, b"PAR1", b"\x1f\x8b", b"PK")
_DATA_URI = re.compile(rb"base64,([A-Za-z0-9+/]{64,}=*)")
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|([nrt"\\/]))')

Found = dict[Path, set[str]]


@dataclass(frozen=True)
class Traces:
    """What must be nowhere.

    Args:
        photos: files of photos as they were fetched.
        texts: captions as they were written; long enough to prove something, and of nobody else.
        pixels: whether pictures that look like one of `photos` count too; not where a near copy stays.
        vectors: what stands for the photos in the caches of vectors.
    """

    photos: frozenset[bytes] = frozenset()
    texts: frozenset[str] = frozenset()
    pixels: bool = True
    vectors: tuple[tuple[float, ...], ...] = ()

    def __or__(self, other: "Traces") -> "Traces":
        """Return both in one, so that files are read once."""
        pixels, vectors = self.pixels and other.pixels, self.vectors + other.vectors
        return Traces(self.photos | other.photos, self.texts | other.texts, pixels, vectors)

    @cached_property
    def needles(self) -> dict[bytes, str]:
        """Bytes to look for, and what each proves."""
        return {
            **{needle: "caption" for text in self.texts for needle in _spellings(text)},
            **{needle: "digest" for photo in self.photos for needle in _digests(photo)},
            **{needle: "bytes" for photo in self.photos for needle in _slices(photo)},
            **{
                np.array(vector, kind).tobytes(): "vector"
                for vector in self.vectors
                for kind in ("<f4", "<f8")
            },
        }

    @cached_property
    def thumbnails(self) -> list["np.ndarray[tuple[int, int], np.dtype[np.float32]]"]:
        """The photos as small grey pictures."""
        return [_thumbnail(photo) for photo in self.photos]


def _spellings(text: str) -> Iterator[bytes]:
    flat = " ".join(text.split())
    for form in {text, flat, unicodedata.normalize("NFKC", text), unicodedata.normalize("NFKC", flat)}:
        for encoding in ENCODINGS:
            with suppress(UnicodeEncodeError):
                yield form.encode(encoding)


def _digests(photo: bytes) -> Iterator[bytes]:
    raw = sha256(photo).digest()
    yield from (raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw))


def _slices(photo: bytes) -> Iterator[bytes]:
    """Yield parts of a photo's pixels, which are there too where its metadata were taken out."""
    for part in (4, 6, 8):
        start = len(photo) * part // 10 // 3 * 3  # base64 takes three bytes at a time
        yield photo[start : start + SLICE]
        yield base64.b64encode(photo[start : start + SLICE])


def _thumbnail(photo: bytes) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    with Image.open(io.BytesIO(photo)) as picture:
        return np.asarray(picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX), np.float32)


def holding(traces: Traces, *folders: Path) -> Found:
    """Return the files and folders at or below `folders` that hold some of it, and what each holds."""
    found: Found = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        held = _named(str(path.name), traces)
        if path.is_file() and not path.is_symlink():
            held |= held_by(path.read_bytes(), traces)
        if held:
            found[path] = held
    return found


def held_by(content: bytes, traces: Traces) -> set[str]:
    """Return what of `traces` the content of a file holds."""
    held: set[str] = set()
    for part in parts(content):
        for text in views(part):
            held |= {kind for needle, kind in traces.needles.items() if needle in text}
        if traces.pixels and part.startswith(_PICTURES) and _looks_like(part, traces):
            held.add("picture")
    return held


def _named(name: str, traces: Traces) -> set[str]:
    return {f"{kind} in its name" for needle, kind in traces.needles.items() if needle in name.encode()}


def _looks_like(picture: bytes, traces: Traces) -> bool:
    with suppress(OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        thumbnail = _thumbnail(picture)
        return any(float(np.abs(thumbnail - known).mean()) < SAME for known in traces.thumbnails)
    return False


def views(part: bytes) -> Iterator[bytes]:
    """Yield `part` as it is, and with the escapes of JSON, HTML and addresses resolved, twice."""
    yield part
    if part.startswith(_PACKED) or not any(mark in part for mark in (b"\\", b"&", b"%")):
        return
    text = part.decode("utf-8", "surrogateescape")
    for _ in range(2):
        text = _ESCAPE.sub(_unescaped, html.unescape(text))
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        yield text.encode("utf-8", "replace")
    yield unquote_to_bytes(part)


def _unescaped(escape: re.Match[str]) -> str:
    return (
        chr(int(escape[1], 16)) if escape[1] else {"n": "\n", "r": "\r", "t": "\t"}.get(escape[2], escape[2])
    )


def parts(content: bytes) -> Iterator[bytes]:
    """Yield `content`, and all that is packed in it."""
    yield content
    if content.startswith(b"PAR1"):
        yield from _of_parquet(content)
    elif content.startswith(b"\x1f\x8b"):
        yield from parts(_unzipped(content))
    elif content.startswith(b"PK"):
        yield from _of_zip(content)
    elif content[257:262] == b"ustar":
        yield from _of_tar(content)
    elif not content.startswith(_PICTURES):
        for packed in _DATA_URI.findall(content):
            with suppress(ValueError):
                yield from parts(base64.b64decode(packed))
        yield from _of_json(content)


def _unzipped(content: bytes) -> bytes:
    """Return what a gzip file holds: all its members, and of a broken one what can be read."""
    with suppress(OSError, EOFError, zlib.error):
        return gzip.decompress(content)
    unpacked = b""
    while content.startswith(b"\x1f\x8b"):
        unzip = zlib.decompressobj(31)
        with suppress(zlib.error):
            unpacked += unzip.decompress(content)
        content = unzip.unused_data
    return unpacked


def _of_zip(content: bytes) -> Iterator[bytes]:
    with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(content)) as file:
        for name in file.namelist():
            yield name.encode()
            yield from parts(file.read(name))


def _of_tar(content: bytes) -> Iterator[bytes]:
    with suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(content)) as file:
        for member in file:
            yield member.name.encode()
            if inner := file.extractfile(member):
                yield from parts(inner.read())


def _of_json(content: bytes) -> Iterator[bytes]:
    """Yield lists of strings joined: tokens are a caption in pieces."""
    for text in [content] if content[:1] in b"[{" else []:
        lines = [text, *text.splitlines()]
        for line in lines:
            with suppress(ValueError, RecursionError):
                yield from _joined(json.loads(line))


def _joined(value: object) -> Iterator[bytes]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _joined(inner)
    elif isinstance(value, list):
        if strings := [one for one in value if isinstance(one, str)]:
            yield "".join(strings).encode("utf-8", "replace")
        for inner in value:
            yield from _joined(inner)


def _of_parquet(content: bytes) -> Iterator[bytes]:
    with suppress(pa.ArrowException, OSError):
        for array in _leaves(_table(content)):
            yield from _of_array(array)


def _table(content: bytes) -> pa.Table:
    """Return a table with plain strings in dictionaries, as the file has them: some may be of no row."""
    with pq.ParquetFile(io.BytesIO(content)) as file:
        plain = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    return pq.read_table(io.BytesIO(content), read_dictionary=plain)


def _leaves(table: pa.Table) -> Iterator[pa.Array]:
    waiting = [chunk for column in table.columns for chunk in column.chunks]
    while waiting:
        array = waiting.pop()
        if pa.types.is_struct(array.type):
            waiting += [array.field(n) for n in range(array.type.num_fields)]
        elif pa.types.is_dictionary(array.type):
            waiting.append(array.dictionary)
        elif pa.types.is_map(array.type):
            waiting += [array.keys, array.items]
        elif pa.types.is_nested(array.type):
            waiting.append(array.values)  # those of null lists too
        else:
            yield array


def _of_array(array: pa.Array) -> Iterator[bytes]:
    if pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type):
        for value in array:
            if value.is_valid:
                yield from parts(value.as_py())
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        values = [value for value in array.to_pylist() if value is not None]
        yield "\n".join(values).encode()
        yield "".join(values).encode()  # tokens
    elif pa.types.is_floating(array.type):
        yield array.to_numpy(zero_copy_only=False).tobytes()
