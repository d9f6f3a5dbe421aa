"""Changes of what a file says, where bytes changed at random would only break its form.

A checksum, a compressed member or a closing bracket stops most mutations before the reader has come to what
it believes. So these open a file, change a value, and close it again as its format wants it.
"""

import gzip
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.mutations import mutated

Change = Callable[[bytes, Sequence[bytes], Random], bytes]
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**4000, 0.5, -0.0, 1e308, float("nan")),
    *("", "x", "../../x", "/etc/passwd", "\0", "\ud800", "犬" * 10_000, "NaN", "9" * 5000, "2026-01-01"),
    *([], {}, [[]], [None], [1], ["x"], {"": None}, {"x": {"y": []}}),
)
"""Values that a place in a file is seldom meant to have."""


UNWRITABLE = (
    *(ValueError, LookupError, OSError, ArithmeticError, TypeError, RecursionError),
    *(pa.ArrowException, zipfile.BadZipFile),
)
"""What is raised where a changed value has no place in the format; the bytes are changed then."""


def changed(content: bytes, form: str, others: Sequence[bytes], random: Random) -> bytes:
    """Return a file of a format (as the register names them) with some values changed, or some bytes.

    Args:
        others: files of the same format.
    """
    change = STRUCTURES.get(form)
    if change and random.random() < 0.6:
        try:
            return change(content, others, random)
        except UNWRITABLE:
            pass
    return mutated(content, others, random)


def _json(content: bytes, _: Sequence[bytes], random: Random) -> bytes:
    return _written(_with_odd_values(json.loads(content), random))


def _lines(content: bytes, _: Sequence[bytes], random: Random) -> bytes:
    lines = content.splitlines()
    at = random.randrange(len(lines))
    lines[at] = _written(_with_odd_values(json.loads(lines[at]), random))
    return b"\n".join(lines)


def _written(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=random_of(value)).encode(errors="surrogatepass")


def random_of(value: Any) -> bool:
    """Tell whether to escape what is not ASCII: half of all values, and always the same ones."""
    return len(repr(value)[:1000]) % 2 == 0


def _with_odd_values(value: Any, random: Random) -> Any:
    for _ in range(random.choice((1, 1, 2, 5))):
        value = _with_odd_value(value, random)
    return value


def _with_odd_value(value: Any, random: Random) -> Any:
    """Return a value with one of its parts replaced, left out, or given another name."""
    if not isinstance(value, dict | list) or not value or random.random() < 0.15:
        return random.choice(ODD)
    key = random.choice(list(value) if isinstance(value, dict) else range(len(value)))
    act = random.random()
    if act < 0.1:
        del value[key]
    elif act < 0.2 and isinstance(value, dict):
        value[random.choice(("", "x", "../x", "\0", "犬" * 100))] = value.pop(key)
    elif act < 0.25 and isinstance(value, list):
        value.extend([value[key]] * 1000)
    else:
        value[key] = _with_odd_value(value[key], random)
    return value


def _parquet(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    table = pq.read_table(io.BytesIO(content))
    for _ in range(random.choice((1, 1, 2))):
        table = random.choice((_other_value, _other_value, _other_type, _fewer, _more))(table, random)
    file = io.BytesIO()
    pq.write_table(table, file, compression=random.choice(("zstd", "snappy", "none", "gzip")))
    return file.getvalue()


def _other_value(table: pa.Table, random: Random) -> pa.Table:
    rows = table.to_pylist()
    row = random.choice(rows)
    name = random.choice(list(row))
    row[name] = _with_odd_value(row[name], random)
    return pa.Table.from_pylist(rows, table.schema)


def _other_type(table: pa.Table, random: Random) -> pa.Table:
    at = random.randrange(table.num_columns)
    kind = random.choice((pa.string(), pa.int64(), pa.float64(), pa.binary(), pa.null(), pa.list_(pa.null())))
    values = table.column(at)
    try:
        values = values.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        values = pa.nulls(len(values), kind)
    return table.set_column(at, table.schema.field(at).name, values)


def _fewer(table: pa.Table, random: Random) -> pa.Table:
    if random.random() < 0.5 and table.num_columns > 1:
        return table.drop_columns([random.choice(table.schema.names)])
    return table.slice(random.randint(0, table.num_rows))


def _more(table: pa.Table, random: Random) -> pa.Table:
    if random.random() < 0.3:
        return table.append_column(
            random.choice((*table.schema.names, "")), pa.nulls(table.num_rows, pa.string())
        )
    return pa.concat_tables([table] * random.choice((2, 50)))


def _safetensors(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Change the header: 8 bytes of its length, little-endian, then JSON, then the numbers.

    Source: the README of the format.
    """
    length = int.from_bytes(content[:8], "little")
    header, numbers = content[8 : 8 + length], content[8 + length :]
    if random.random() < 0.4:
        changed_numbers = mutated(numbers, others, random)
        return content[: 8 + length] + (changed_numbers + bytes(len(numbers)))[: len(numbers)]
    header = _json(header, others, random)
    return len(header).to_bytes(8, "little") + header + numbers


def _gzip(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Change one member: a WARC file has one for each record."""
    inner = mutated(gzip.decompress(content), [gzip.decompress(other) for other in others[:3]], random)
    return gzip.compress(inner, 1)


def _zip(content: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """Change the name or the content of a file, or add one a second time."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = [(info.filename, archive.read(info)) for info in archive.infolist()]
    at = random.randrange(len(files))
    name, inner = files[at]
    if random.random() < 0.3:
        files[at] = (
            random.choice(("../x", "/x", "a" * 300, "a\0b", "", "boke.csv/", f"{name}/x", "\ud800")),
            inner,
        )
    elif random.random() < 0.2:
        files.append((name, inner))
    else:
        files[at] = (name, mutated(inner, [one for _, one in files], random))
    file, packing = io.BytesIO(), random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, inner in files:
            archive.writestr(zipfile.ZipInfo(name), inner, packing)
    return file.getvalue()


STRUCTURES: dict[str, Change] = {
    "json": _json,
    "jsonl": _lines,
    "parquet": _parquet,
    "safetensors": _safetensors,
    "warc": _gzip,
    "zip": _zip,
}
"""How a file of a format is opened, changed and closed."""
