"""Learns the pieces of the tokenizer `sentencepiece`, from the captions that train will have."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from dataset.build.blocks import ranges
from dataset.build.caption_selector import CaptionSelector
from dataset.build.catalogue import create
from dataset.options import DatasetOptions
from dataset.text.captions import TEXT_SEPARATOR, normalise_joined
from dataset.text.subwords import MODEL, learned
from store.whole_file import write_whole

TEXTS = 200_000
"""Of so many texts at most, the first by MD5, the pieces are learned: more would hardly change them."""
_CHOSEN = f"""SELECT text FROM (SELECT DISTINCT text FROM learned_text ORDER BY md5(text), text LIMIT {TEXTS})
    ORDER BY text"""


def learn(
    connection: duckdb.DuckDBPyConnection, options: DatasetOptions, words: Iterable[str], folder: Path
) -> None:
    """Make `learned_text` (text) and, for the tokenizer `sentencepiece`, write its model to `folder`.

    The captions go through every filter first, so that nothing of what is left out, or of dev, is learned.

    Args:
        connection: holds `candidate`.
        words: the forbidden words.
    """
    create(connection, "learned_text")
    if options.tokenizer != "sentencepiece":
        return
    with connection.cursor() as cursor:
        selector = CaptionSelector(cursor, options, words)
        for first, last in ranges(connection):
            captions = selector.kept(first, last, _normal_forms)
            train = captions.filter(pc.invert(captions["is_dev"]))
            connection.from_arrow(pa.table({"text": train["text_nfkc"]})).insert_into("learned_text")
    # In the order of the texts: nothing that is learned may depend on that of the crawl.
    texts = [text for (text,) in connection.execute(_CHOSEN).fetchall()]
    if model := learned(texts, options.subwords):
        write_whole(folder / MODEL, model)


def _normal_forms(texts: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Return (n,) normal forms of (n,) cleaned texts, twice: nothing is cut yet."""
    forms = normalise_joined(TEXT_SEPARATOR.join(texts.to_pylist())) if len(texts) else []
    return pa.array(forms, pa.string()), pa.array(forms, pa.string())
