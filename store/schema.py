"""The tables that stages exchange: names and types are a contract, described in docs/data.md."""

import sys
import warnings
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from types import ModuleType

import pyarrow as pa


def _do_without_pandas() -> None:
    """Keep pyarrow from importing pandas, which takes 0.3 s and 50 MB in each of our processes.

    It does so before it makes its first array of Python values, to see whether they are pandas'; ours never
    are. Where it finds a pandas that is too old, it goes on without. `to_pandas` imports the real one.
    """
    if "pandas" in sys.modules:
        return
    too_old = sys.modules["pandas"] = ModuleType("pandas")
    too_old.__dict__["__version__"] = "0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is too old
        try:
            pa.scalar(0)
        finally:
            del sys.modules["pandas"]


_do_without_pandas()

DECODER = 2
"""Counts up when `store.photo` would give the same bytes another size, format or hash. The metadata of a
shard with photos name it; those of 0.1 name none: theirs was 1."""
_DESCRIBED = {"decoder": str(DECODER)}


def decoder_of(schema: pa.Schema) -> int:
    """Return the version of the decoder that described the photos of a shard."""
    stated = (schema.metadata or {}).get(b"decoder", b"1")
    return int(stated) if stated.isdigit() else 1


TIME = pa.timestamp("us", tz="UTC")
JAPAN = timezone(timedelta(hours=9))
"""The zone of the site's clock; Japan has had no summer time since 1951."""
FIRST_ODAI = datetime(2008, 9, 5, tzinfo=JAPAN)
"""The day of the site's first odai: no boke has an older date."""

OUTCOMES = ("ok", "missing", "drift", "denied", "error")
"""What became of a page or photo. ok: fetched and read. missing: the site says that it does not exist. drift:
fetched, but no known layout matches the markup. denied: an opt-out forbids it. error: anything
else, with the reason in the column `error`."""

RIGHTS = pa.struct(
    [
        ("creator", pa.string()),
        ("credit", pa.string()),
        ("copyright", pa.string()),
        ("licence", pa.string()),
        ("licence_url", pa.string()),
    ]
)
"""What a photo's own metadata say of who made it and what may be done with it, in their words."""

FACTS = pa.struct(
    [
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("aspect", pa.float64()),
        ("bytes", pa.int64()),
        ("brightness", pa.float64()),
        ("contrast", pa.float64()),
        ("entropy", pa.float64()),
        ("blank", pa.float64()),
        ("blur", pa.float64()),
    ]
)
"""What is measured of a decoded photo: `store.photo.facts` says what each fact is."""

BOKE = pa.struct(
    [
        ("boke_id", pa.int64()),
        ("odai_id", pa.int64()),
        ("image_url", pa.string()),
        ("text", pa.string()),
        ("stars", pa.int64()),
        ("raters", pa.int64()),
        ("category", pa.string()),
        ("posted", TIME),
    ]
)

PAGES = pa.schema(
    [
        ("url", pa.string()),
        ("layout", pa.string()),
        ("status", pa.int32()),
        ("outcome", pa.string()),
        ("error", pa.string()),
        ("fetched_at", TIME),
        ("sha256", pa.string()),
        ("odai_id", pa.int64()),
        ("image_url", pa.string()),
        ("category", pa.string()),
        ("labels", pa.list_(pa.string())),
        ("bokes", pa.list_(BOKE)),
        ("links", pa.list_(pa.string())),
        ("label_confidences", pa.list_(pa.float32())),
        ("kind", pa.string()),
        ("etag", pa.string()),
        ("last_modified", pa.string()),
        ("source", pa.string()),
        ("licence", pa.string()),
    ]
)

KINDS = ("photo", "illustration", "karuta", "fill-in", "text")
"""Kinds of odai: `fill-in` is 虫食い, a sentence with a gap; null where the page does not say."""

OPTIONAL = (
    *("label_confidences", "kind", "etag", "last_modified", "count"),
    *("source", "licence", "credit", "rights", "image_sha256", "facts", "found", "scores"),
    "characters",
)
"""Columns, and fields of a caption, that tables of earlier versions lack: they are then read as nulls."""


def required(columns: pa.Schema) -> pa.Schema:
    """Return the columns that a table has at least."""
    return pa.schema(_required(columns))


def _required(fields: Iterable[pa.Field]) -> list[pa.Field]:
    return [field.with_type(at_least(field.type)) for field in fields if field.name not in OPTIONAL]


def at_least(kind: pa.DataType) -> pa.DataType:
    """Return the type without the fields that it may lack."""
    if pa.types.is_struct(kind):
        return pa.struct(_required(kind))
    return pa.list_(at_least(kind.value_type)) if pa.types.is_list(kind) else kind


IMAGES = pa.schema(
    [
        ("url", pa.string()),
        ("status", pa.int32()),
        ("outcome", pa.string()),
        ("error", pa.string()),
        ("fetched_at", TIME),
        ("sha256", pa.string()),
        ("bytes", pa.binary()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("format", pa.string()),
        ("phash", pa.string()),
        ("source", pa.string()),
        ("licence", pa.string()),
        ("credit", pa.string()),
        ("rights", RIGHTS),
    ],
    metadata=_DESCRIBED,
)

LEFT_OUT = pa.schema(
    [
        ("url", pa.string()),
        ("table", pa.string()),
        ("source", pa.string()),
        ("rule", pa.string()),
        ("left_out_at", TIME),
        ("count", pa.int64()),
    ]
)
"""What a rule kept from being fetched. Without a `count`, `url` is an address that robots.txt or tdmrep.json
closes: it has no row in `table`, and stays due. Or, where `source` begins with `crawl`, it is one whose row
came while the site as a whole failed, and which is asked for again (`crawler.items.WITHDRAWN`). With a count,
so many addresses are left out by a setting, or by opt-outs, and `url` is an example."""

SIDES = pa.schema([("sha256", pa.string()), ("side", pa.string())])
"""On which side of the split, train or dev, each photo is that was ever built."""

CANARIES = pa.schema(
    [
        ("url", pa.string()),
        ("layout", pa.string()),
        ("odai_id", pa.int64()),
        ("boke_id", pa.int64()),
        ("text", pa.string()),
        ("stars", pa.int64()),
        ("image_url", pa.string()),
        ("posted", TIME),
        ("seen_at", TIME),
        ("sha256", pa.string()),
    ]
)
"""A few known boke, each with the page that showed it: a crawl asks for them again and compares."""

FIGURES = tuple(
    pa.field(name, pa.float64())
    for name in (
        *("bokes_per_odai", "bokes_per_list"),
        *("with_stars", "with_raters", "with_category", "with_posted", "with_photo", "with_labels"),
    )
)
"""What a crawl measures of the pages that it reads; null where none counts. `with_…` are shares, 0 to 1."""

HISTORY = pa.schema(
    [
        ("started", TIME),
        ("ended", TIME),
        ("status", pa.int32()),
        ("failure", pa.string()),
        ("scope", pa.string()),
        ("pages", pa.map_(pa.string(), pa.int64())),
        ("photos", pa.map_(pa.string(), pa.int64())),
        ("bokes", pa.int64()),
        *FIGURES,
        ("bytes", pa.int64()),
        ("latency_p50", pa.float64()),
        ("latency_p90", pa.float64()),
        ("latency_p99", pa.float64()),
        ("responses", pa.map_(pa.string(), pa.int64())),
        ("left_out", pa.map_(pa.string(), pa.int64())),
        ("stretches", pa.list_(pa.struct([pa.field("pages", pa.int64()), *FIGURES]))),
        ("alarm", pa.string()),
        ("accepted", pa.bool_()),
    ]
)
"""What each run of a crawl fetched and measured."""

SCORE = pa.struct([("name", pa.string()), ("value", pa.float32())])
"""A score of a photo or caption. A list of these is what a map is to Parquet; `datasets` opens no maps."""

CAPTION = pa.struct(
    [
        ("boke_id", pa.int64()),
        ("odai_id", pa.int64()),
        ("text", pa.string()),
        ("tokens", pa.list_(pa.string())),
        ("stars", pa.int64()),
        ("raters", pa.int64()),
        ("category", pa.string()),
        ("posted", TIME),
        ("url", pa.string()),
        ("text_nfkc", pa.string()),
        ("source", pa.string()),
        ("licence", pa.string()),
        ("scores", pa.list_(SCORE)),
    ]
)

PHOTOS = pa.schema(
    [
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("sha256", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("phash", pa.string()),
        ("odai_ids", pa.list_(pa.int64())),
        ("category", pa.string()),
        ("labels", pa.list_(pa.string())),
        ("captions", pa.list_(CAPTION)),
        ("label_confidences", pa.list_(pa.float32())),
        ("group", pa.string()),
        ("source", pa.string()),
        ("licence", pa.string()),
        ("credit", pa.string()),
        ("image_sha256", pa.string()),
        ("rights", RIGHTS),
        ("facts", FACTS),
        ("scores", pa.list_(SCORE)),
    ],
    metadata=_DESCRIBED,
)

LOOKS = pa.schema(
    [
        ("sha256", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("phash", pa.string()),
        ("small", pa.binary()),
        ("views", pa.binary()),
        ("facts", FACTS),
        ("bare", pa.bool_()),
    ],
    metadata=_DESCRIBED,
)
"""What was computed from a photo, once; where it cannot be decoded, no more than its sha256 and `bare`.

`bare` tells that a dataset takes its bytes as they are: nothing is cut out of them, and they forbid nothing.
"""

LEFT_OUT_CAPTIONS = pa.schema(
    [
        ("sha256", pa.string()),
        ("phash", pa.string()),
        ("boke_id", pa.int64()),
        ("odai_id", pa.int64()),
        ("text", pa.string()),
        ("stars", pa.int64()),
        ("raters", pa.int64()),
        ("category", pa.string()),
        ("posted", TIME),
        ("url", pa.string()),
        ("filter", pa.string()),
        ("licence", pa.string()),
        ("source", pa.string()),
        ("found", pa.string()),
    ]
)
"""The captions that a build left out, each with the filter that did it."""

BUILDS = pa.schema(
    [
        ("sha256", pa.string()),
        ("host", pa.string()),
        ("boke_id", pa.int64()),
        ("odai_id", pa.int64()),
        ("text", pa.string()),
        ("split", pa.string()),
        ("filter", pa.string()),
    ]
)
"""The captions that a build took (`split`) or left out (`filter`), by what tells them apart: a boke's host
and number, or, where it has no number, its photo, odai and `text`, which is null where it has one."""

CAPTIONS = pa.schema(
    [
        ("sha256", pa.string()),
        ("labels", pa.list_(pa.string())),
        *(field for field in CAPTION if field.name != "tokens"),
    ]
)
"""A row per caption, with what is most often asked of its photo: the slim table of a dataset."""

SCORES = pa.schema(
    [
        ("sha256", pa.string()),
        ("boke_id", pa.int64()),
        ("odai_id", pa.int64()),
        ("text", pa.string()),
        ("outcome", pa.string()),
        ("error", pa.string()),
        ("scores", pa.map_(pa.string(), pa.float32())),
    ]
)
"""What a scorer gave a photo, or a caption with its photo; of photos `text` and the numbers are null."""

JUDGED = pa.struct(
    [
        ("system", pa.string()),
        ("sha256", pa.string()),
        ("text", pa.string()),
        ("odai_id", pa.int64()),
        ("boke_id", pa.int64()),
    ]
)
"""A caption that people judge: who wrote it, and for which photo."""

PAIRS = pa.schema(
    [
        ("pair", pa.string()),
        ("sha256", pa.string()),
        ("captions", pa.list_(JUDGED)),
        ("known", pa.int8()),
        ("catch", pa.bool_()),
        ("model", pa.int8()),
    ]
)
"""What judges of a contest are asked: a photo with two captions, or with five of which `known` is right."""

VOTES = pa.schema(
    [
        ("pair", pa.string()),
        ("judge", pa.string()),
        ("choice", pa.int8()),
        ("left", pa.int8()),
        ("at", TIME),
    ]
)
"""What a judge chose: a caption by its number in the pair, null for neither, -1 where the pair is not fit for
people; `left` is the caption that stood first."""

PUBLISHED = pa.schema(
    [
        *(field for field in PAIRS),
        ("judge", pa.int32()),
        ("choice", pa.int8()),
        ("left", pa.int8()),
        ("day", pa.date32()),
    ]
)
"""A contest as it is published: a row a vote, with what was asked; judges have other numbers."""

EVALUATED = pa.schema(
    [
        ("split", pa.string()),
        ("sha256", pa.string()),
        *(
            (name, pa.float64())
            for name in (
                *("captions", "characters", "tokens", "nats", "unknown", "unknown_nats"),
                *("compared_captions", "compared_tokens", "compared_nats"),
                *("compared_unknown", "compared_unknown_nats"),
                *("shuffled_nats", "shuffled_unknown_nats", "random_nats"),
                *(f"matches_{order}" for order in (1, 2, 3, 4)),
                *(f"ngrams_{order}" for order in (1, 2, 3, 4)),
                *("length", "reference_length", "rouge_l", "cider", "cider_d"),
                *("distinct_1", "distinct_2", "self_bleu", "same", "verbatim"),
                *("names", "names_shuffled", "names_human"),
                *("rank", "rank_pmi", "photo_nats"),
                *("clip_score", "clip_score_shuffled", "clip_score_human"),
            )
        ),
    ]
)
"""What an evaluation measured of each photo: sums and values that its figures are made of; null where a photo
was not among those that a figure is of. `train.evaluation.intervals` says how figures are made of them."""

FEATURE_KEYS = pa.schema([("sha256", pa.string()), ("outcome", pa.string()), ("error", pa.string())])
"""A feature cache's columns beside its vectors, whose length depends on the layer."""


def features(dimensions: int, kind: pa.DataType = pa.float32()) -> pa.Schema:  # noqa: B008
    """Return the schema of a feature cache whose vectors have `dimensions` values, float32 or float16."""
    return FEATURE_KEYS.append(pa.field("vector", pa.list_(kind, dimensions)))
