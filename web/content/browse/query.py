"""A view as a query that DuckDB answers from the pipeline's own Parquet files, with the same photos."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from dataset.text.captions import normalise
from dataset.text.names import spellings
from web.content.browse.filter import Filter, asks_of_captions
from web.content.browse.order import LOSS, SCORE
from web.content.browse.view import View
from web.content.scores import stored

_TRAIN_FIRST = "filename NOT LIKE '%/train-%.parquet', filename, file_row_number"
"""The order of photos in a dataset."""


def query(view: View, shards: Path, evaluated: Path | None = None) -> str:
    """Return a query for the photos of a view, in its order, as it can be run.

    It knows nothing of `web.hide`: captions that pages hide are there.

    Args:
        shards: the folder of the dataset's shards.
        evaluated: what a run's evaluation measured by photo, where the order is by that.
    """
    pattern = _text(f"{_glob(shards)}/*-of-*.parquet")
    source = f"read_parquet({pattern}, filename = true, file_row_number = true)"
    conditions = list(_conditions(view))
    shown, order = "", _TRAIN_FIRST
    if view.order:
        value, source = _order(view, source, evaluated)
        direction = "" if view.least_first else " DESC"
        shown = f",\n  {value} AS {_name(view.order)}"
        within = "first, " if view.order == "near" else ""
        order = f"{_name(view.order)}{direction} NULLS LAST, {within}{_TRAIN_FIRST}"
    elif view.least_first:
        order = ", ".join(f"{part} DESC" for part in _TRAIN_FIRST.split(", "))
    where = "\nWHERE " + "\n  AND ".join(conditions) if conditions else ""
    what = f"sha256, odai_ids, len(captions) AS captions{shown}"
    return f"SELECT {what}\nFROM {source}{where}\nORDER BY {order}"


def _conditions(view: View) -> Iterator[str]:
    """Yield what is asked of photos; the last asks for a caption that holds all that is asked of one."""
    wanted = view.wanted
    if wanted.split:
        yield f"filename LIKE {_text(f'%/{wanted.split}-%.parquet')}"
    if wanted.label:
        yield f"list_has_any(labels, [{_texts(spellings(wanted.label))}])"
    if wanted.category:
        names = _texts(spellings(wanted.category))
        yield f"(category IN ({names}) OR {_any_caption(f'c.category IN ({names})')})"
    if wanted.group:
        yield f'"group" = {_text(wanted.group)}'
    yield from _range("len(captions)", wanted.captions_min, wanted.captions_max)
    score = view.catalogue.scores.get(wanted.score)
    if wanted.score and (score is None or score.of == "photos"):
        yield f"len(list_filter(scores, lambda s: {_score('s', wanted)})) > 0"
    asked = list(_of_captions(wanted))
    if score and score.of == "captions":
        asked.append(f"len(list_filter(c.scores, lambda s: {_score('s', wanted)})) > 0")
    if asked or asks_of_captions(wanted):
        yield _any_caption(" AND ".join(asked or ["true"]))


def _of_captions(wanted: Filter) -> Iterator[str]:
    """Yield what is asked of one caption, `c`, but for its score."""
    yield from _range("coalesce(c.stars, 0)", wanted.stars or None, wanted.stars_max)
    yield from _range("length(c.text)", wanted.length_min, wanted.length_max)
    if wanted.posted_from:
        yield f"c.posted >= {_day(wanted.posted_from)}"
    if wanted.posted_to:
        # No day comes after the last that Python knows.
        last = wanted.posted_to == date.max
        yield "c.posted IS NOT NULL" if last else f"c.posted < {_day(wanted.posted_to + timedelta(1))}"
    if text := normalise(wanted.text):
        yield f"regexp_matches(c.text_nfkc, {_text(text)}, 'il')"  # 'l': the text as it is, and no pattern


def _order(view: View, source: str, evaluated: Path | None) -> tuple[str, str]:
    """Return what photos are ordered by, and the source that it is in."""
    name = view.order
    if name == LOSS:
        measured = f"SELECT sha256, nats, tokens FROM read_parquet({_text(_glob(evaluated))})"
        return "nats / nullif(tokens, 0)", f"{source}\nLEFT JOIN ({measured}) USING (sha256)"
    if name == "near":
        near = "count(*) OVER same - 1 AS near_copies, min(place) OVER same AS first"
        places = f"SELECT *, row_number() OVER (ORDER BY {_TRAIN_FIRST}) AS place\n  FROM {source}"
        window = 'WINDOW same AS (PARTITION BY coalesce("group", sha256))'
        return "near_copies", f"(SELECT *, {near}\n  FROM ({places})\n  {window})"
    if name.startswith(SCORE):
        own, score = name.removeprefix(SCORE), view.catalogue.scores[name.removeprefix(SCORE)]
        of = "scores" if score.of == "photos" else "flatten(list_transform(captions, lambda c: c.scores))"
        chosen = f"list_filter({of}, lambda s: s.name = {_text(own)} AND NOT isnan(s.value))"
        return f"list_max(list_transform({chosen}, lambda s: s.value))", source
    return {
        "stars": "list_max(list_transform(captions, lambda c: coalesce(c.stars, 0)))",
        # In UTC and without a zone, which DuckDB shows where it has no list of zones, too.
        "newest": "make_timestamp(epoch_us(list_max(list_transform(captions, lambda c: c.posted))))",
        "captions": "len(captions)",
    }[name], source


def _any_caption(condition: str) -> str:
    return f"len(list_filter(captions, lambda c: {condition})) > 0"


def _score(name: str, wanted: Filter) -> str:
    ends = ((">=", wanted.score_min), ("<=", wanted.score_max))
    # As texts: inf, which numbers beyond a FLOAT's greatest are, has no other form.
    asked = [f"{name}.value {sign} '{stored(end)}'::FLOAT" for sign, end in ends if end is not None]
    return " AND ".join([f"{name}.name = {_text(wanted.score)}", f"NOT isnan({name}.value)", *asked])


def _range(what: str, least: int | None, most: int | None) -> Iterator[str]:
    if least is not None:
        yield f"{what} >= {least!r}"
    if most is not None:
        yield f"{what} <= {most!r}"


def _day(day: date) -> str:
    return f"TIMESTAMPTZ '{day.isoformat()} 00:00:00+00'"


def _glob(path: Path | None) -> str:
    """Return the pattern that a path alone matches."""
    return re.sub(r"([*?[])", r"[\1]", str(path))


def _text(text: str) -> str:
    """Return a text as SQL has it: nothing in it ends it but a quote, which is doubled."""
    return "'" + text.replace("'", "''") + "'"


def _texts(texts: list[str]) -> str:
    return ", ".join(map(_text, texts))


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
