"""What Hugging Face's tools read: the columns' features in a shard's metadata and in a card, and its configs.

Spelled so that `datasets` 3 and later understand it: in a schema a list is `[{…}]` (`{"_type": "List"}` is of
4 and later only), in a card it is `list:`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import yaml

from store.schema import PHOTOS

PICTURE = PHOTOS.field("image").type
"""The type of a column that is shown as pictures."""
SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
)


@dataclass(frozen=True)
class Part:
    """The files of one split that are read together.

    Args:
        split: train or dev.
        pattern: their paths from the card's folder; several are equal but for what * stands for.
        rows: how many rows they have; a split without any is left out, since `datasets` fails on it.
    """

    split: str
    pattern: str
    rows: int


@dataclass(frozen=True)
class Config:
    """A table that can be loaded by name.

    Args:
        name: `default` is loaded where no name is given.
        fields: its columns.
        parts: its splits.
    """

    name: str
    fields: Iterable[pa.Field]
    parts: Sequence[Part]


def schema_metadata(fields: Iterable[pa.Field]) -> str:
    """Return what a Parquet schema with these columns holds under the key `huggingface`."""
    return json.dumps({"info": {"features": {field.name: _feature(field.type) for field in fields}}})


def _feature(kind: pa.DataType) -> object:
    if kind == PICTURE:
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"_type": "Value", "dtype": _dtype(kind)}


def front_matter(name: str, photos: int, configs: Sequence[Config], licence: str) -> str:
    """Return the YAML in front of a card.

    Args:
        name: the dataset's.
        photos: how many there are.
        configs: its tables; one without rows is left out.
        licence: as the Hub spells it.
    """
    filled = [(config, [part for part in config.parts if part.rows]) for config in configs]
    content = {
        "pretty_name": name,
        "language": ["ja"],
        "license": licence,
        "task_categories": ["image-to-text"],
        "size_categories": [next((text for limit, text in SIZES if photos < limit), "10M<n<100M")],
        "configs": [
            {
                "config_name": config.name,
                "data_files": [{"split": part.split, "path": part.pattern} for part in parts],
            }
            for config, parts in filled
            if parts
        ],
        "dataset_info": [
            {"config_name": config.name, "features": _yaml_fields(config.fields)}
            for config, parts in filled
            if parts
        ],
    }
    return f"---\n{yaml.safe_dump(content, allow_unicode=True, sort_keys=False)}---"


def _yaml_fields(fields: Iterable[pa.Field]) -> list[dict[str, object]]:
    return [{"name": field.name, **_yaml_type(field.type)} for field in fields]


def _yaml_type(kind: pa.DataType) -> dict[str, object]:
    if kind == PICTURE:
        return {"dtype": "image"}
    if pa.types.is_list(kind):
        inner = _yaml_type(kind.value_type)
        return {"list": inner.get("struct") or inner.get("dtype") or inner}
    if pa.types.is_struct(kind):
        return {"struct": _yaml_fields(kind)}
    return {"dtype": _dtype(kind)}


def _dtype(kind: pa.DataType) -> str:
    return {"float": "float32", "double": "float64"}.get(str(kind), str(kind))


def as_json(kind: pa.DataType) -> pa.DataType:
    """Return the type that a column has once it went through JSON, which has no dates."""
    if pa.types.is_list(kind):
        return pa.list_(as_json(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, as_json(field.type)) for field in kind])
    return pa.string() if pa.types.is_timestamp(kind) else kind
