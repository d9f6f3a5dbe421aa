"""A map as a Parquet table that other tools for maps open, embedding-atlas say."""

import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from dataset.rights.licences import allows_publishing
from web.caption_service import ModelCaption
from web.content.catalogue import Catalogue
from web.content.map.layout import Layout
from web.content.map.thumbnails import jpeg

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("caption", pa.string()),
        ("category", pa.string()),
        ("split", pa.string()),
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    ]
)
"""A row per photo. `id` is its sha256; `image` its thumbnail, as `datasets` has pictures."""


def table(layout: Layout, catalogue: Catalogue, captions: Mapping[str, ModelCaption]) -> bytes:
    """Return the table as a Parquet file, in memory.

    It leaves this machine: a photo whose licence lets nobody pass it on has no picture, and a caption that
    the settings hide no text.

    Args:
        captions: what a model says of the photos, those that it says anything of.
    """
    rows = []
    for sha256, (x, y), picture in zip(layout.sha256s, layout.places, layout.thumbnails, strict=True):
        photo, caption = catalogue.photo(catalogue.index[sha256]), captions.get(sha256)
        may_leave = picture and (photo["licence"] is None or allows_publishing(photo["licence"]))
        rows.append(
            {
                "id": sha256,
                "x": float(x),
                "y": float(y),
                "caption": None if caption is None or caption.is_hidden else caption.text,
                "category": photo["category"],
                "split": photo["split"],
                "image": {"bytes": jpeg(picture), "path": f"{sha256}.jpg"} if may_leave else None,
            }
        )
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), buffer, compression="zstd")
    return buffer.getvalue()
