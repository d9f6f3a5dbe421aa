"""The search finds content in every kind of file, and nothing where nothing is."""

import base64
import gzip
import html
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.crawl_tables import photo
from tests.store.forget.everywhere import Traces, held_by, holding

PHOTO, TEXT = photo(1, 240), "誰も書かない「一度きり」の\nボケ＆笑"
VECTOR = tuple(np.random.default_rng(1).normal(size=8).astype(np.float32).tolist())
TRACES = Traces(frozenset({PHOTO}), frozenset({TEXT}), vectors=(VECTOR,))
DIGEST = sha256(PHOTO).hexdigest()


def parquet(**columns: object) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd")
    return file.getvalue()


def packed_tar(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def packed_zip(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", content)
    return file.getvalue()


def saved_anew(format: str, size: int = 150) -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(PHOTO)) as picture:
        picture.resize((size, size)).save(file, format, quality=60)
    return file.getvalue()


HOLDING: dict[str, tuple[Callable[[], bytes], str]] = {
    "itself": (lambda: PHOTO, "bytes"),
    "second half": (lambda: b"x" + PHOTO[len(PHOTO) // 2 :], "bytes"),
    "base64": (lambda: json.dumps({"uri": base64.b64encode(PHOTO).decode()}).encode(), "bytes"),
    "jpeg anew": (lambda: saved_anew("JPEG"), "picture"),
    "png anew": (lambda: saved_anew("PNG"), "picture"),
    "webp in html": (
        lambda: b"<img src='data:image/webp;base64," + base64.b64encode(saved_anew("WEBP")) + b"'>",
        "picture",
    ),
    "jpeg anew in parquet": (lambda: parquet(image=[{"bytes": saved_anew("JPEG"), "path": "a"}]), "picture"),
    "jpeg anew in tar": (lambda: packed_tar("000000000001.jpg", saved_anew("JPEG")), "picture"),
    "digest": (lambda: f"a {DIGEST} b".encode(), "digest"),
    "raw digest": (lambda: parquet(key=[sha256(PHOTO).digest()]), "digest"),
    "name in tar": (lambda: packed_tar(f"{DIGEST}.txt", b"nothing"), "digest"),
    "caption": (lambda: f"… {TEXT} …".encode(), "caption"),
    "normalised": (lambda: "誰も書かない「一度きり」の ボケ&笑".encode(), "caption"),
    "ascii json": (lambda: json.dumps([{"text": TEXT}]).encode(), "caption"),
    "json in json": (lambda: json.dumps(json.dumps(TEXT)).encode(), "caption"),
    "html": (lambda: html.escape(TEXT.replace("＆", "&"), quote=True).encode(), "caption"),
    "numbered html": (lambda: "".join(f"&#{ord(one)};" for one in TEXT).encode(), "caption"),
    "address": (lambda: f"t='{quote(TEXT)}'".encode(), "caption"),
    "tokens in json": (lambda: json.dumps({"tokens": list(TEXT)}, ensure_ascii=False).encode(), "caption"),
    "tokens in parquet": (lambda: parquet(c=[[{"tokens": list(TEXT)}]]), "caption"),
    "text in parquet": (lambda: parquet(c=[[], [{"text": TEXT}]]), "caption"),
    "of no row": (
        lambda: parquet(t=pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), ["a", TEXT])),
        "caption",
    ),
    "euc-jp": (lambda: TEXT.encode("euc_jp"), "caption"),
    "second gzip member": (lambda: gzip.compress(b"a") + gzip.compress(TEXT.encode()), "caption"),
    "cut gzip": (lambda: gzip.compress(b"a") + gzip.compress(TEXT.encode() * 9, 0)[:-8], "caption"),
    "zip": (lambda: packed_zip(TEXT.encode()), "caption"),
    "vector": (lambda: parquet(v=pa.array([list(VECTOR)], pa.list_(pa.float32(), 8))), "vector"),
    "vector in raw": (lambda: b"head" + np.array(VECTOR, np.float32).tobytes(), "vector"),
}
NOTHING: dict[str, Callable[[], bytes]] = {
    "another photo": lambda: photo(2, 240),
    "another in a table": lambda: parquet(image=[photo(3, 240)], text=["別のボケ"], v=[[0.0] * 8]),
    "empty": lambda: b"",
    "cut table": lambda: parquet(text=["別のボケ"])[:40],
    "cut gzip": lambda: gzip.compress(b"other")[:12],
    "cut picture": lambda: saved_anew("PNG")[:30],
}


@pytest.mark.parametrize("name", HOLDING)
def test_it_is_found(name: str) -> None:
    make, kind = HOLDING[name]
    assert kind in held_by(make(), TRACES)


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_found_where_nothing_is(name: str) -> None:
    assert held_by(NOTHING[name](), TRACES) == set()


def test_names_of_files_and_folders_count(tmp_path: Path) -> None:
    (tmp_path / DIGEST).mkdir()
    (tmp_path / DIGEST / "note.txt").write_text("nothing")
    assert holding(TRACES, tmp_path) == {tmp_path / DIGEST: {"digest in its name"}}
