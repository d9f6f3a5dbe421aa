"""Whether the captions of a photo fit one another: text, normal form, tokens, numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dataset.text.captions import TEXT_SEPARATOR, TOKEN_SEPARATOR, Tokenizer, join, normalise
from dataset.text.tokenizer_process import tokenizer_version
from store.errors import UserError
from store.register.verify import Problem, Problems

Row = Mapping[str, Any]


class CaptionCheck:
    """Checks captions; makes normal forms and tokens anew, if they were made by today's tokenizer.

    Args:
        manifest: the dataset's.
        model: what its tokenizer has learned, if it learns.
    """

    def __init__(self, manifest: Mapping[str, Any], model: Path | None = None) -> None:
        self._tokenizer = _tokenizer(manifest, model)

    def check(self, path: Path, row: Row) -> Problems:
        """Yield what is wrong with the captions of a photo."""
        captions, photo = row["captions"], f"{path}: photo {row['sha256']}"
        if not captions:
            yield Problem(f"{photo} has no captions")
            return
        for caption in captions:
            if join(caption["tokens"]) != caption["text_nfkc"]:
                yield Problem(f"{path}: the tokens of boke {caption['boke_id']} do not make its text")
        if self._tokenizer:
            yield from self._check_forms(path, captions, self._tokenizer)
        repeated = [text for text, n in Counter(one["text_nfkc"] for one in captions).items() if n > 1]
        if repeated:
            yield Problem(f"{photo} has a caption twice: {repeated[0]!r}")
        # It may name more odai: after `bokeru forget --boke`, one whose only boke that was.
        if others := {one["odai_id"] for one in captions} - {None, *(row["odai_ids"] or ())}:
            yield Problem(f"{photo} has odai_ids {row['odai_ids']}, but captions of odai {sorted(others)}")

    def _check_forms(self, path: Path, captions: Sequence[Row], tokenizer: Tokenizer) -> Problems:
        forms = [normalise(one["text"]) for one in captions]
        made = tokenizer.segment_all(forms).split(TEXT_SEPARATOR)
        for caption, form, segmented in zip(captions, forms, made, strict=True):
            boke = f"{path}: boke {caption['boke_id']}"
            tokens = segmented.split(TOKEN_SEPARATOR) if segmented else []
            if caption["text_nfkc"] != form:
                yield Problem(f"{boke}: text_nfkc is {caption['text_nfkc']!r}, but by its text {form!r}")
            elif caption["tokens"] != tokens:
                cut = f"{tokenizer.name} makes them {tokens}"
                yield Problem(f"{boke}: tokens are {caption['tokens']}, but {cut}")


def _tokenizer(manifest: Mapping[str, Any], model: Path | None) -> Tokenizer | None:
    """Return the tokenizer that cut the captions; None where this installation has another version of it."""
    name = str(manifest.get("tokenizer"))
    try:
        is_todays = tokenizer_version(name, model) == manifest.get("tokens")
        return Tokenizer(name, model) if is_todays else None
    except UserError:
        return None
