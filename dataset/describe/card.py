"""The dataset card, README.md: written from the data, with the metadata that Hugging Face tools read."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dataset.describe.hub import Config, Part, front_matter
from dataset.describe.warnings import warnings
from dataset.rights.attribution import hub_licence, made_of, section
from store.register.kinds import DATASET_CAPTIONS, DATASET_SHARDS
from store.schema import CAPTIONS, PHOTOS


def card(
    name: str,
    figures: Mapping[str, Any],
    settings: Mapping[str, object],
    sources: Sequence[Mapping[str, str]],
) -> str:
    """Return the card of the dataset `name`: Markdown, with its metadata in front as YAML.

    Args:
        figures: as `statistics` returns them.
        settings: DatasetOptions as plain values.
        sources: of imported data, as in sources.json.
    """
    splits = figures["splits"]
    photos = sum(split["photos"] for split in splits.values())
    captions = sum(split["captions"] for split in splits.values())
    parts = [
        front_matter(name, photos, _configs(splits), hub_licence(figures)),
        f"# {name}: photos and joke captions",
        f"{captions:,} captions (boke) of {photos:,} photos (odai). {made_of(figures, sources)}",
        "One row per photo, with all its captions: so a photo is in one split only, and so are its near "
        "duplicates.",
        _split_table(splits),
        *(f"**Warning**: {warning}." for warning in warnings(figures)),
        _SPREADS + "\n".join(_spread(title, figures[key]) for key, title in _TITLES.items()),
        "![captions per photo, stars, lengths, categories, labels, vocabulary, filters"
        f"{', scores' if figures['scores'] else ''}](statistics.svg)",
        _vocabulary(figures["vocabulary"], settings),
        *_scores(figures["scores"]),
        _filters(figures["filters"], captions),
        _USE,
        "## Columns\n\n" + _COLUMNS,
        _TAKEN_OFF,
        section(figures, sources),
        "## Settings\n\n"
        + "\n".join(f"- `{key}`: `{json.dumps(v, ensure_ascii=False)}`" for key, v in settings.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _configs(splits: Mapping[str, Mapping[str, int]]) -> list[Config]:
    """Return the tables of a dataset: a row per photo, and by the name `captions` a row per caption."""
    tables = (
        ("default", PHOTOS, DATASET_SHARDS, "photos"),
        ("captions", CAPTIONS, DATASET_CAPTIONS, "captions"),
    )
    return [
        Config(name, fields, [Part(s, f"{folder}/{s}-*.parquet", n[counted]) for s, n in splits.items()])
        for name, fields, folder, counted in tables
    ]


def export_card(
    name: str,
    form: str,
    config: Config,
    captions: int,
    use: str,
    figures: Mapping[str, Any],
    sources: Sequence[Mapping[str, str]],
) -> str:
    """Return the card of an export.

    Args:
        name: the pipeline's.
        form: the format: pairs, webdataset, coco or imagefolder.
        config: what `datasets` finds in it.
        captions: how many there are.
        use: what lies where, and how to open it.
        figures: the dataset's, as `statistics` returns them.
        sources: of imported data, as in sources.json.
    """
    rows = ", ".join(f"{part.rows:,} in {part.split}" for part in config.parts)
    parts = [
        front_matter(name, sum(part.rows for part in config.parts), [config], hub_licence(figures)),
        f"# {name}: photos and joke captions, as {form}",
        f"{captions:,} captions, exported by Bokeru. Rows: {rows}. No photo is in both "
        "splits, nor are near duplicates.",
        f"## Use\n\n{use}",
        section(figures, sources),
    ]
    return "\n\n".join(parts) + "\n"


def _split_table(splits: Mapping[str, Mapping[str, int]]) -> str:
    rows = "\n".join(
        f"| {name} | {s['photos']:,} | {s['groups']:,} | {s['captions']:,} | {s['tokens']:,} |"
        for name, s in splits.items()
    )
    head = "| split | photos | groups of near duplicates | captions | tokens |"
    return f"{head}\n| --- | --- | --- | --- | --- |\n{rows}"


_TITLES = {
    "captions_per_photo": "captions per photo",
    "stars": "stars",
    "characters": "characters per caption",
    "tokens": "tokens per caption",
}
_SPREADS = "|  | mean | median | 90% below | 99% below | most |\n| --- | --- | --- | --- | --- | --- |\n"


def _spread(title: str, spread: Mapping[str, float]) -> str:
    return (
        f"| {title} | {spread['mean']:,.1f} | {spread['median']:,} | {spread['p90']:,} | {spread['p99']:,} "
        f"| {spread['max']:,} |"
    )


def _vocabulary(vocabulary: Mapping[str, Any], settings: Mapping[str, object]) -> str:
    rates = ", ".join(
        f"{rate:.2%} in {s}" for s, rate in vocabulary["unknown_rate"].items() if rate is not None
    )
    return (
        f"Tokens are cut by `{settings['tokenizer']}`; the vocabulary has {vocabulary['size']:,} entries, "
        f"from train only, the four special ones included. Unknown tokens: {rates}."
    )


def _scores(scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the section on scores; none where there are none."""
    rows = [
        f"| {name} | {s['scored']:,} of {s['scored'] + s['without']:,} {s['of']} | "
        + " | ".join(f"{s[what]:g}" for what in ("min", "mean", "median", "p90", "max"))
        + " |"
        for name, s in scores.items()
    ]
    head = "| score | given to | least | mean | median | 90% below | most |"
    return ["\n".join(["## Scores\n", head, "| --- " * 7 + "|", *rows])] if rows else []


def _filters(left_out: Mapping[str, int], kept: int) -> str:
    rows = [f"| {name} | {count:,} |" for name, count in left_out.items() if count]
    body = "\n".join([*rows, f"| **kept** | {kept:,} |"])
    return f"## What was left out\n\n| filter | captions |\n| --- | --- |\n{body}"


_USE = """## Use

```python
from datasets import load_dataset
load_dataset("path/to/this/folder")["train"][0]["image"]  # a picture
load_dataset("path/to/this/folder", "captions")["train"][0]["text"]  # without the photos
```

```sql
SELECT sha256, text, stars FROM 'captions/train-*.parquet' ORDER BY stars DESC LIMIT 10
```"""

_COLUMNS = """`image` (bytes and name), `sha256`, `width`, `height`, `phash` of the photo; `odai_ids` of the \
odai that show it; `category`, `labels`, `label_confidences` (0 to 1) of those; `group` of near duplicates; \
`captions`, best first: `boke_id`, `odai_id`, `text` as written, `text_nfkc` normalised, `tokens` of that, \
`stars`, `raters`, `category`, `posted`, `url`. `source` (a site, or an imported data set) and `licence` of \
photo and caption, `image_sha256` of the bytes in `image` (`sha256` is that of those that were fetched), \
`credit` (the photographer), `rights` (what the photo's metadata say): null if unknown. `facts` of the \
photo: `width`, `height`, `aspect` (longer by shorter side), `bytes` (as fetched); of a copy of 128 by 128 \
greys `brightness` (mean, 0 to 1), `contrast` (standard deviation, 0 to 0.5), `entropy` (bits, 0 to 8), \
`blank` (share of its commonest shade), `blur` (variance of the Laplacian: the less, the blurrier). `scores` \
of photo and caption: a list of `name` and `value`, by scorers that the publisher chose."""

_TAKEN_OFF = """## What was taken off the photos

Places, serial numbers, thumbnails, makers' notes, names of programs and comments were cut out of the files.
How a photo is turned, its colour profile and what it says of its rights are still there, and every pixel is
as it was. Photos whose metadata forbid training (`plus:DataMining`) are not in here."""
