"""Small photos, networks and datasets for the tests of featurize."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from featurize.caffe import caffemodel
from featurize.caffe.layers import LRN, Pooling, Softmax
from featurize.caffe.network import Builder, Network
from store.manifest import write_manifest
from store.schema import PHOTOS
from store.shards import whole_parquet


def photo(seed: int, width: int = 60, height: int = 45) -> bytes:
    """Return a JPEG of coloured blocks."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks).resize((width, height)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    """Return the name that a photo has in every table."""
    return hashlib.sha256(content).hexdigest()


def write_dataset(
    directory: Path, photos: Sequence[bytes], rows: int = 100, name: str = "train"
) -> list[str]:
    """Write a dataset of `photos`, `rows` to a row group; return their sha256s."""
    table = [{"image": {"bytes": content}, "sha256": sha256(content)} for content in photos]
    with whole_parquet(directory / "data" / f"{name}-00000-of-00001.parquet", PHOTOS) as writer:
        for start in range(0, max(1, len(table)), rows):
            writer.write_table(pa.Table.from_pylist(table[start : start + rows], schema=PHOTOS))
    write_manifest(directory, "dataset", "0")
    return [sha256(content) for content in photos]


def small_network(seed: int = 1, size: int = 35) -> Network:
    """Return a small CaffeNet: every kind of layer, and a vector of 24 values at fc7."""
    net = Builder((3, size, size), seed)
    net.convolution("conv1", 8, 5, stride=2)
    net.add(Pooling("pool1", "pool1", average=False, kernel=(3, 3), stride=(2, 2)))
    net.add(LRN("norm1", "norm1", size=5, alpha=1e-3, beta=0.75))
    net.convolution("conv2", 12, 3, pad=1, groups=2)
    net.add(Pooling("pool2", "pool2", average=True, kernel=(3, 3), stride=(2, 2)))
    net.inner_product("fc6", 32)
    net.inner_product("fc7", 24)
    net.inner_product("fc8", 10, relu=False)
    net.add(Softmax("prob", "prob"))
    return net.network("small")


def until(network: Network, blob: str) -> Network:
    """Return the network that ends when `blob` has its final value, in-place layers included."""
    last = max(place for place, layer in enumerate(network.layers) if layer.top == blob)
    return replace(network, layers=network.layers[: last + 1])


def small_weights(directory: Path, seed: int = 1) -> Path:
    """Write the small network as a .caffemodel; return its path."""
    path = directory / "small.caffemodel"
    caffemodel.write(small_network(seed), path)
    return path
