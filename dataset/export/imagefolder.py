"""Image folders: photos in folders of bounded size, each with a table of what belongs to its photos.

The table is metadata.parquet, not metadata.jsonl: of JSON lines `datasets` infers the columns from the first
ones of each split, and refuses splits of which one has only nulls in a column.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataset.describe.hub import PICTURE, Config, Part
from dataset.export.photos import Photo, name, photos
from store.schema import PHOTOS
from store.shards import whole_parquet

PHOTOS_PER_FOLDER = 5_000
"""The Hub takes at most 10,000 files in a folder."""
ROWS_AT_A_TIME = 100
COLUMNS = [field for field in PHOTOS if field.name != "image"]
USE = """`train/00000/` and so on hold the photos, and `metadata.parquet` beside them a row for each
(`file_name`).

```python
from datasets import load_dataset
load_dataset("path/to/this/folder", split="train")[0]["image"]  # a picture
```"""


def fields(columns: Sequence[pa.Field]) -> list[pa.Field]:
    """Return what `datasets` makes of a folder's table with these columns."""
    return [pa.field("image", PICTURE), *columns]


def write(dataset: Path, directory: Path, splits: Sequence[str]) -> tuple[Config, int]:
    """Write <split>/00000/<sha256>.jpg, …, and metadata.parquet in each of these folders."""
    captions, parts = 0, []
    for split in splits:
        waiting, rows = photos(dataset, split), 0
        for number in count():
            if (first := next(waiting, None)) is None:
                break
            with picture_folder(directory / split / f"{number:05d}", COLUMNS) as folder:
                for photo in chain([first], islice(waiting, PHOTOS_PER_FOLDER - 1)):
                    folder.add(photo)
                    captions += len(photo["captions"])
                    rows += 1
        parts.append(Part(split, f"{split}/**", rows))
    return Config("default", fields(COLUMNS), parts), captions


class PictureFolder:
    """A folder of photos and the rows of its table, which are written some at a time."""

    def __init__(self, directory: Path, columns: Sequence[pa.Field], writer: pq.ParquetWriter) -> None:
        self._directory, self._schema, self._writer = directory, table_schema(columns), writer
        self._rows: list[Photo] = []

    def add(self, photo: Photo, **columns: object) -> str:
        """Write a photo, and its row with more `columns`; return the name of its file."""
        file_name = name(photo)
        (self._directory / file_name).write_bytes(photo["image"]["bytes"])
        row = {key: value for key, value in photo.items() if key != "image"}
        self._rows.append({"file_name": file_name, **row, **columns})
        if len(self._rows) == ROWS_AT_A_TIME:
            self.flush()
        return file_name

    def flush(self) -> None:
        """Write the rows that wait."""
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows.clear()


@contextmanager
def picture_folder(directory: Path, columns: Sequence[pa.Field]) -> Iterator[PictureFolder]:
    """Make a folder that `datasets` loads as pictures with these columns."""
    directory.mkdir(parents=True)
    with whole_parquet(directory / "metadata.parquet", table_schema(columns)) as writer:
        folder = PictureFolder(directory, columns, writer)
        yield folder
        folder.flush()


def table_schema(columns: Sequence[pa.Field]) -> pa.Schema:
    """Return the schema of a folder's table: the photo's file, then these columns."""
    return pa.schema([("file_name", pa.string()), *columns])
