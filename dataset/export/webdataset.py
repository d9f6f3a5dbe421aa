"""WebDataset: tar files of bounded size with three files a photo: picture, all captions, the best one."""

import io
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from dataset.describe.hub import PICTURE, Config, Part, as_json
from dataset.export.photos import Photo, photos, suffix, to_json
from store.schema import PHOTOS

TAR_BYTES = 256 * 2**20
"""A tar file ends before it would grow beyond this, unless a single photo does."""
ENDINGS = "jpg;png;gif;webp;avif;bmp;tiff"
USE = f"""`train-00000.tar` and so on: a photo is `<sha256>.jpg` (or as its format ends), `<sha256>.json`
(the row with all its captions) and `<sha256>.txt` (its best caption).

```python
import webdataset
photos = webdataset.WebDataset("train-00000.tar", shardshuffle=False).decode("pil")
pairs = photos.to_tuple("{ENDINGS}", "txt")
```"""


def write(dataset: Path, directory: Path, splits: Sequence[str]) -> tuple[Config, int]:
    """Write <split>-00000.tar, …; a photo is <sha256>.jpg, .json (all its captions) and .txt (the best)."""
    suffixes: set[str] = set()
    captions, parts = 0, []
    for split in splits:
        rows = 0
        with _Tars(directory, split) as tars:
            for photo in photos(dataset, split):
                suffixes.add(suffix(photo))
                captions += len(photo["captions"])
                rows += 1
                tars.add(photo)
        parts.append(Part(split, f"{split}-*.tar", rows))
    return Config("default", _fields(suffixes), parts), captions


def _fields(suffixes: set[str]) -> list[pa.Field]:
    """Return the columns that `datasets` makes of the files: one an ending, and where a photo was."""
    row = pa.struct([pa.field(f.name, as_json(f.type)) for f in PHOTOS if f.name != "image"])
    strings = [pa.field(name, pa.string()) for name in ("txt", "__key__", "__url__")]
    return [*(pa.field(name, PICTURE) for name in sorted(suffixes)), pa.field("json", row), *strings]


class _Tars:
    """The tar files of one split; a photo's files stay together."""

    def __init__(self, directory: Path, split: str) -> None:
        self._directory, self._split = directory, split
        self._number = 0
        self._tar: tarfile.TarFile | None = None

    def __enter__(self) -> "_Tars":
        return self

    def __exit__(self, *_: object) -> None:
        if self._tar is not None:
            self._tar.close()
            self._tar = None

    def add(self, photo: Photo) -> None:
        """Add one photo, to the next file where this one is full."""
        files = _files(photo)
        # Each file is filled up to blocks of 512 bytes behind a header of 512, the tar to whole records.
        size = sum(1024 + len(content) for content in files.values()) + tarfile.RECORDSIZE
        if self._tar is not None and self._tar.offset + size > TAR_BYTES:
            self.__exit__()
        if self._tar is None:
            path = self._directory / f"{self._split}-{self._number:05d}.tar"
            self._tar = tarfile.open(path, "w")  # noqa: SIM115 - closed by `__exit__`, or when it is full
            self._number += 1
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            self._tar.addfile(entry, io.BytesIO(content))


def _files(photo: Photo) -> dict[str, bytes]:
    row = {key: value for key, value in photo.items() if key != "image"}
    stem = Path(photo["sha256"]).name
    return {
        f"{stem}.{suffix(photo)}": photo["image"]["bytes"],
        f"{stem}.json": to_json(row).encode(),
        f"{stem}.txt": photo["captions"][0]["text"].encode(),
    }
