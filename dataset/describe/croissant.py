"""Croissant metadata: the dataset's files and fields as JSON-LD (mlcommons.org/croissant, version 1.0)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pyarrow as pa

from store.manifest import Entry
from store.register.kinds import DATASET_CAPTIONS, DATASET_SHARDS
from store.schema import CAPTION, CAPTIONS, PHOTOS, RIGHTS

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
DESCRIPTIONS = {
    "image": "The photo, as it was fetched.",
    "sha256": "SHA-256 of the photo's bytes, in hexadecimal: the key of the row.",
    "width": "Width in pixels.",
    "height": "Height in pixels.",
    "phash": "Perceptual hash of the photo, 64 bits in hexadecimal.",
    "odai_ids": "Numbers of the odai that show this photo.",
    "category": "Category of the odai.",
    "labels": "What is in the photo, as the site says, the surest first.",
    "captions": "The captions of the photo, those with most stars first.",
    "label_confidences": "How sure each label is, from 0 to 1.",
    "group": "The group of near-identical photos; a group is in one split.",
    "source": "Where it comes from: the site, or the data set that was imported.",
    "licence": "Its licence, as an SPDX identifier where it has one; null where none is known.",
    "credit": "Whom to name as the photographer.",
    "rights": "What the photo's own metadata say of its rights.",
    "creator": "Who made the photo.",
    "copyright": "The notice of copyright.",
    "licence_url": "The address of the licence.",
    "boke_id": "Number of the boke.",
    "odai_id": "Number of the odai that it was written for.",
    "text": "The caption as it was written.",
    "text_nfkc": "The caption in NFKC.",
    "stars": "The stars that it has.",
    "raters": "How many people gave stars.",
    "posted": "When it was written.",
    "url": "Where it stands on the web.",
}


def croissant(name: str, files: Sequence[Entry], sources: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Return the JSON-LD of a dataset whose Parquet files are `files`."""
    licences = [source["licence"] for source in sources if "licence" in source]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": "Photos and the joke captions that people wrote for them, one row per photo.",
        "url": "https://bokete.jp",
        "version": "1.0.0",
        "datePublished": datetime.now(UTC).date().isoformat(),
        "citeAs": "; ".join([*(source["notice"] for source in sources if "notice" in source), "bokete"]),
        "license": licences or ["https://bokete.jp"],
        "distribution": [_file_object(file) for file in files],
        "recordSet": [_record_set(file.name) for file in files],
    }


def _file_object(file: Entry) -> dict[str, object]:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": file.name,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file.sha256,
    }


def _record_set(name: str) -> dict[str, object]:
    """Return the record set of one Parquet file: a record per photo, or per caption in the slim table."""
    identity = name.removeprefix(f"{DATASET_SHARDS}/").removesuffix(".parquet")
    split, is_slim = PurePosixPath(name).name.split("-")[0], name.startswith(f"{DATASET_CAPTIONS}/")
    what = ("Captions", "without their photos") if is_slim else ("Photos", "with their captions")
    key = {} if is_slim else {"key": {"@id": f"{identity}/sha256"}}
    return {
        "@type": "cr:RecordSet",
        "@id": identity,
        "name": identity,
        "description": f"{what[0]} of the {split} split, {what[1]}.",
        **key,
        "field": [_field(identity, name, field) for field in (CAPTIONS if is_slim else PHOTOS)],
    }


def _field(record_set: str, file: str, field: pa.Field) -> dict[str, object]:
    described: dict[str, object] = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{field.name}",
        "name": field.name,
        "description": DESCRIPTIONS[field.name],
    }
    if pa.types.is_list(field.type):
        described["repeated"] = True
    parts = {"captions": CAPTION, "rights": RIGHTS}.get(field.name)
    if parts is not None:
        described["subField"] = [_part(described["@id"], file, field.name, part) for part in parts]
        return described
    part = "bytes" if field.name == "image" else None
    return described | {
        "source": _source(file, field.name, part),
        "dataType": _data_type(field.name, field.type),
    }


def _part(parent: object, file: str, column: str, part: pa.Field) -> dict[str, object]:
    """Return a field of a column that is a struct, or a list of structs."""
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{part.name}",
        "name": part.name,
        "source": _source(file, column, part.name),
        "dataType": _data_type(part.name, part.type),
    }


def _source(file: str, column: str, part: str | None) -> dict[str, object]:
    source: dict[str, object] = {"fileObject": {"@id": file}, "extract": {"column": column}}
    return source | ({"transform": {"jsonPath": part}} if part else {})


def _data_type(name: str, kind: pa.DataType) -> str:
    if name == "image":
        return "sc:ImageObject"
    if pa.types.is_list(kind):
        return _data_type("", kind.value_type)
    if pa.types.is_timestamp(kind):
        return "sc:DateTime"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    return "sc:Float" if pa.types.is_floating(kind) else "sc:Text"
