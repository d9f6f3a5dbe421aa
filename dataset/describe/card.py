"""The dataset card, README.md: written from the data, with the metadata that Hugging Face tools read."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
)


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
        _metadata(name, splits),
        f"# {name}: photos and joke captions",
        f"{captions:,} captions (boke) of {photos:,} photos (odai), made by Bokeru from bokete's pages "
        "or from the sources below. One row per photo, with all its captions: so a photo is in one split "
        "only, and so are its near duplicates.",
        _split_table(splits),
        _SPREADS + "\n".join(_spread(title, figures[key]) for key, title in _TITLES.items()),
        "![captions per photo, stars, lengths, categories, labels, vocabulary, filters](statistics.svg)",
        _vocabulary(figures["vocabulary"], settings),
        _filters(figures["filters"], captions),
        _USE,
        "## Columns\n\n" + _COLUMNS,
        _sources(sources),
        "## Settings\n\n"
        + "\n".join(f"- `{key}`: `{json.dumps(v, ensure_ascii=False)}`" for key, v in settings.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _metadata(name: str, splits: Mapping[str, Mapping[str, int]]) -> str:
    """Return the YAML in front; it leaves out a split without photos, since `datasets` fails on one."""
    photos = sum(split["photos"] for split in splits.values())
    size = next((text for limit, text in SIZES if photos < limit), "10M<n<100M")
    return "\n".join(
        [
            "---",
            f"pretty_name: {json.dumps(name, ensure_ascii=False)}",
            "language:\n- ja",
            "license: other",
            "task_categories:\n- image-to-text",
            f"size_categories:\n- {size}",
            "configs:\n- config_name: default\n  data_files:",
            *(
                f"  - split: {s}\n    path: data/{s}-*.parquet"
                for s, held in splits.items()
                if held["photos"]
            ),
            "---",
        ]
    )


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


def _filters(left_out: Mapping[str, int], kept: int) -> str:
    rows = [f"| {name} | {count:,} |" for name, count in left_out.items() if count]
    body = "\n".join([*rows, f"| **kept** | {kept:,} |"])
    return f"## What was left out\n\n| filter | captions |\n| --- | --- |\n{body}"


_USE = """## Use

```python
from datasets import load_dataset
load_dataset("path/to/this/folder")["train"][0]["image"]  # a picture
```

```sql
SELECT sha256, c.text, c.stars FROM 'data/train-*.parquet', unnest(captions) AS t(c)
ORDER BY c.stars DESC LIMIT 10
```"""

_COLUMNS = """`image` (bytes and name), `sha256`, `width`, `height`, `phash` of the photo; `odai_ids` of the \
odai that show it; `category`, `labels`, `label_confidences` (0 to 1) of those; `group` of near duplicates; \
`captions`, best first: `boke_id`, `odai_id`, `text` as written, `text_nfkc` normalised, `tokens` of that, \
`stars`, `raters`, `category`, `posted`, `url`."""


def _sources(sources: Sequence[Mapping[str, str]]) -> str:
    lines = [
        f"- **{_line(source.get('name'))}** — licence: {_line(source.get('licence'))}. "
        f"{_line(source.get('notice'))} {_line(source.get('homepage'))}"
        for source in sources
    ]
    crawled = (
        "- What was crawled belongs to those who wrote and photographed it; the `url` of each caption names "
        "its page."
    )
    return "## Sources and licences\n\n" + "\n".join([*lines, crawled])


def _line(text: str | None) -> str:
    return " ".join((text or "not stated").split())
