"""Captions made ready: normalised and tokenised, each distinct text once, and only those not known yet."""

from collections.abc import Iterable

import pyarrow as pa

from dataset.captions import Tokenizer, normalise

PREPARED = pa.schema([("text", pa.string()), ("text_nfkc", pa.string()), ("tokens", pa.list_(pa.string()))])


def prepare(texts: Iterable[str], tokenizer: Tokenizer, max_characters: int) -> pa.Table:
    """Return text, NFKC form and tokens of each of `texts`; those longer than the limit have no tokens."""
    texts = list(texts)
    forms = [normalise(text) for text in texts]
    tokens = [tokenizer.tokenize_normalised(form) if len(form) <= max_characters else [] for form in forms]
    return pa.table([texts, forms, tokens], schema=PREPARED)
