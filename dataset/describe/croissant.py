"""Croissant metadata: the dataset's files and fields as JSON-LD (mlcommons.org/croissant, version 1.1).

The same dataset gives the same bytes: nothing in it is of the day. What is not known is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from dataset.read import SPLITS
from dataset.rights.attribution import ALL_DRAWN, is_all_drawn, licences, made_of
from dataset.rights.licences import address
from store.manifest import Entry
from store.register.kinds import DATASET_CAPTIONS, DATASET_SHARDS
from store.schema import CAPTION, CAPTIONS, FACTS, PHOTOS, RIGHTS, SCORE

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
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
    "image": "The photo, without metadata but for orientation, colour profile and rights.",
    "sha256": "SHA-256 of the photo's bytes as they were fetched, in hexadecimal: the key of the row.",
    "image_sha256": "SHA-256 of the bytes in the column image, in hexadecimal.",
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
    "facts": "What is measured of the photo: size, light, how much it shows, how sharp it is.",
    "scores": "What scorers gave it: the name of each score, and its value.",
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


_TABLES = {
    "photos": ("photo-files", DATASET_SHARDS, PHOTOS, "Photos with their captions, a record per photo."),
    "captions": (
        "caption-files",
        DATASET_CAPTIONS,
        CAPTIONS,
        "Captions without photos, a record each.",
    ),
}
"""Record sets: the set of files that each is read from, their folder, their columns, and what they are."""
_PARTS: dict[str, Iterable[pa.Field]] = {
    "captions": [field for field in CAPTION if field.name != "scores"],
    "rights": RIGHTS,
    "facts": FACTS,
    "scores": SCORE,
}
"""Fields of the columns that have some; lists within lists of structs are none that Croissant can name."""
_UNKNOWN = "not known for every row: see the column licence"


def croissant(
    name: str,
    files: Sequence[Entry],
    sources: Sequence[Mapping[str, str]],
    figures: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> dict[str, object]:
    """Return the JSON-LD of a dataset whose Parquet files are `files`.

    Args:
        sources: of imported data, as in sources.json.
        figures: as `statistics` returns them.
        settings: DatasetOptions as plain values.
    """
    notices = [source["notice"] for source in sources if source.get("notice")]
    homepages = [source["homepage"] for source in sources if source.get("homepage")]
    told = [address(licence) or licence if licence else _UNKNOWN for licence in licences(figures)]
    described = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": name,
        "description": f"One row per photo, with all its captions. {made_of(figures, sources)}",
        "version": "1.0.0",
        "inLanguage": "ja",
        "license": told,
        "citeAs": "; ".join([ALL_DRAWN] if is_all_drawn(figures) else notices) or None,
        "isBasedOn": homepages or None,
        **_responsible(figures, sources, settings),
        "distribution": [
            *(_file_object(file) for file in files),
            *(_file_set(table) for table in _TABLES),
        ],
        "recordSet": [_splits(), *(_record_set(table) for table in _TABLES)],
    }
    return {key: value for key, value in described.items() if value is not None}


def _responsible(
    figures: Mapping[str, Any], sources: Sequence[Mapping[str, str]], settings: Mapping[str, Any]
) -> dict[str, object]:
    """Return the properties of Croissant RAI that are known; kinds of collection are in its own words."""
    kinds = (
        ["Software Collection"] if is_all_drawn(figures) else ["Web Scraping", "User-generated content data"]
    )
    if sources:
        kinds.append("Secondary Data analysis")
    split = (
        "Near-identical photos are one group, and a group is in one split; "
        f"dev has {settings['dev_fraction']:.0%} of the groups, by a keyed hash"
        f"{', and the photos of odai that its settings name' if settings.get('dev_odai') else ''}."
    )
    return {
        "rai:dataCollection": made_of(figures, sources),
        "rai:dataCollectionType": kinds,
        "rai:dataPreprocessingProtocol": [
            f"Captions are normalised (text_nfkc) and cut into tokens by {settings['tokenizer']}.",
            "Captions that a filter takes are left out and counted: statistics.json has the numbers.",
            split,
        ],
        "rai:personalSensitiveInformation": _PERSONAL[is_all_drawn(figures)],
    }


_PERSONAL = {
    True: "None: nobody is in the photos, and nobody wrote the captions.",
    False: "Names of users are not kept. Photos may show people; photographers are named where a source, or "
    "the photo itself, names them.",
}


def _file_set(table: str) -> dict[str, object]:
    identity, folder, _, meaning = _TABLES[table]
    return {
        "@type": "cr:FileSet",
        "@id": identity,
        "name": identity,
        "description": meaning,
        "encodingFormat": "application/x-parquet",
        "includes": f"{folder}/*.parquet",
    }


def _splits() -> dict[str, object]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The splits of the dataset: no photo is in both, nor are near copies.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": "splits/name",
                "name": "name",
                "description": "The name of the split.",
                "dataType": "sc:Text",
            }
        ],
        "data": [{"splits/name": split} for split in SPLITS],
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


def _record_set(table: str) -> dict[str, object]:
    """Return a record set over both splits; the name of a record's file tells its split."""
    files, folder, columns, meaning = _TABLES[table]
    key = {"key": {"@id": f"{table}/sha256"}} if table == "photos" else {}
    split = {
        "@type": "cr:Field",
        "@id": f"{table}/split",
        "name": "split",
        "description": "Train or dev.",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": files},
            "extract": {"fileProperty": "fullpath"},
            # mlcroissant applies it twice, the second time to what it found.
            "transform": {"regex": f"(?:{folder}/)?({'|'.join(SPLITS)})(?:-.+\\.parquet)?$"},
        },
        "references": {"field": {"@id": "splits/name"}},
    }
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": meaning,
        **key,
        "field": [split, *(_field(table, files, field) for field in columns)],
    }


def _field(record_set: str, files: str, field: pa.Field) -> dict[str, object]:
    described: dict[str, object] = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{field.name}",
        "name": field.name,
        "description": DESCRIPTIONS[field.name],
    }
    if pa.types.is_list(field.type):
        described["repeated"] = True
    parts = _PARTS.get(field.name)
    if parts is not None:
        described["subField"] = [_part(described["@id"], files, field.name, part) for part in parts]
        return described
    part = "bytes" if field.name == "image" else None
    return described | {
        "source": _source(files, field.name, part),
        "dataType": _data_type(field.name, field.type),
    }


def _part(parent: object, files: str, column: str, part: pa.Field) -> dict[str, object]:
    """Return a field of a column that is a struct, or a list of structs."""
    return {
        "@type": "cr:Field",
        "@id": f"{parent}/{part.name}",
        "name": part.name,
        "source": _source(files, column, part.name),
        "dataType": _data_type(part.name, part.type),
    }


def _source(files: str, column: str, part: str | None) -> dict[str, object]:
    source: dict[str, object] = {"fileSet": {"@id": files}, "extract": {"column": column}}
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
