"""The tokenizer that lies beside a text tower: from a text to the numbers that the tower reads.

Two kinds are read: a `spiece.model` (SentencePiece) of T5's and SigLIP's family, and a `tokenizer.json` of
any. A text becomes T numbers; N texts.

Sources: transformers' `tokenization_siglip.py` and `tokenization_t5.py` (what is put before and behind the
pieces), its `tokenizer_config.json`, and the format of tokenizer.json (huggingface/tokenizers).
"""

import re
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from featurize.feeding.beside import EXPORTS
from store.errors import DamagedFile, UserError
from store.whole_file import read_object

PIECES, TOKENIZER, CONFIG = "spiece.model", "tokenizer.json", "tokenizer_config.json"
LARGEST = 64 * 2**20
"""Bytes of a tokenizer's file: the largest in use, of 256,000 tokens, take 34 MB."""
CHARACTERS = 1000
"""Characters of a text that are read; towers read some 77 tokens."""
LONGEST = 4096
"""Tokens. A `model_max_length` beyond it says that there is none: transformers writes 1e30 then."""
SIGLIP = "SiglipTokenizer"
WITH_PIECES = (SIGLIP, "T5Tokenizer")
"""The families whose spiece.model can be read here; others put more than an end behind the pieces."""
SAVE = (
    "Save it there: AutoTokenizer.from_pretrained(NAME).save_pretrained(FOLDER), "
    "or name a tower in another folder"
)


@dataclass(frozen=True)
class Tokenizer:
    """A tokenizer, as it is used for one tower.

    Args:
        path: its file.
        numbers: takes a text; returns its numbers, those of its ends included, and no more than fit.
        pad: the number that fills a row.
        length: T, to which every text is filled; None where the longest of some decides.
        masked: whether what was filled is masked; SigLIP learned with rows that are not.
    """

    path: Path
    numbers: Callable[[str], list[int]]
    pad: int
    length: int | None
    masked: bool

    def rows(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return numbers (N, T) int64, and 1 where there is a token and 0 where a row was filled, (N, T)."""
        found = [self.numbers(text[:CHARACTERS]) for text in texts]
        width = self.length or max(map(len, found), default=0)
        ids = np.full((len(found), width), self.pad, np.int64)
        mask = np.zeros((len(found), width), np.int64)
        for row, numbers in enumerate(found):
            ids[row, : len(numbers)], mask[row, : len(numbers)] = numbers, 1
        return ids, mask if self.masked else np.ones_like(mask)


@dataclass(frozen=True)
class Lengths:
    """What a tower's input says of T.

    Args:
        fixed: the only T that it takes; 0 for any.
        has_mask: whether it is told what was filled.
    """

    fixed: int
    has_mask: bool

    def of(self, own: int | None, most: int | None) -> tuple[int | None, int | None]:
        """Return to which T texts are filled, and the most numbers that one may have.

        Without a mask a tower reads what a row is filled with, so all are filled to the longest there is.

        Args:
            own: T, where the tokenizer fills every text to it.
            most: T of the longest text, where the tokenizer says so.
        """
        length = self.fixed or own or (None if self.has_mask else most)
        return length, length or most


def files(tower: Path) -> list[Path]:
    """Return the files of the tokenizer of a tower: beside it, else above its folder `onnx`."""
    above = [tower.parent.parent] if tower.parent.name == EXPORTS else []
    for folder in (tower.parent, *above):
        if found := [folder / name for name in (PIECES, TOKENIZER) if (folder / name).is_file()]:
            return [*found, *([folder / CONFIG] if (folder / CONFIG).is_file() else [])]
    return []


def open_tokenizer(tower: Path, lengths: Lengths) -> Tokenizer:
    """Return the tokenizer of a tower.

    Reading it takes as long as its file wants: it is tried in a process of its own first, with the tower.

    Raises:
        UserError: there is none, or none that can be read.
    """
    found = {path.name: path for path in files(tower)}
    if not found:
        raise UserError(f"has no {TOKENIZER} and no {PIECES} beside it, which say how it reads texts. {SAVE}")
    for path in found.values():
        if (size := path.stat().st_size) > LARGEST:
            raise UserError(f"has {path.name} beside it, of {size:,} bytes; at most {LARGEST:,} are read")
    try:
        config = read_object(found[CONFIG]) if CONFIG in found else {}
    except (DamagedFile, OSError) as error:
        raise UserError(f"has {found[CONFIG]} beside it, which cannot be read: {_reason(error)}") from None
    family = str(config.get("tokenizer_class") or "").removesuffix("Fast")
    if PIECES in found and family in WITH_PIECES:
        return _pieces(found[PIECES], config, family == SIGLIP, lengths)
    if TOKENIZER in found:
        return _tokenizer(found[TOKENIZER], config, lengths)
    raise UserError(
        f"has {PIECES} beside it, and tokenizer_class {family or 'nowhere'} in {CONFIG}: those of "
        f"{' and '.join(WITH_PIECES)} are read. For others save a {TOKENIZER} beside it, too"
    )


def _reason(error: Exception) -> object:
    return error.reason if isinstance(error, DamagedFile) else error


def _pieces(path: Path, config: Mapping[str, Any], siglip: bool, lengths: Lengths) -> Tokenizer:
    """Return a tokenizer of SentencePiece: the pieces, then the end."""
    import sentencepiece

    try:
        model = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
    except (RuntimeError, OSError) as error:
        raise UserError(f"has {path} beside it, which SentencePiece cannot read: {error}") from None
    end = model.piece_to_id(_text(config.get("eos_token"), "</s>"))
    pad = model.piece_to_id(_text(config.get("pad_token"), "</s>" if siglip else "<pad>"))
    lower = bool(config.get("do_lower_case", siglip))
    most = _most(config, 64 if siglip else None)
    length, most = lengths.of(most if siglip else None, most)

    def numbers(text: str) -> list[int]:
        plain = text.lower() if lower else text
        pieces = model.encode(_without_marks(plain) if siglip else plain)
        return [*pieces[: most and most - 1], end]

    return Tokenizer(path, numbers, pad, length, masked=not siglip)


def _without_marks(text: str) -> str:
    """Return a text as SigLIP learned it: without ASCII's punctuation, with one blank between words."""
    return re.sub(r"\s+", " ", text.translate(_MARKS)).strip()


_MARKS = str.maketrans("", "", string.punctuation)


def _tokenizer(path: Path, config: Mapping[str, Any], lengths: Lengths) -> Tokenizer:
    """Return a tokenizer of a tokenizer.json, which says itself what is put before and behind a text."""
    try:
        from tokenizers import Tokenizer as Reader
    except ImportError:
        raise UserError(
            f"has {path} beside it, and `tokenizers`, which reads it, is not installed. Add it: "
            "make install-scale"
        ) from None
    try:
        reader = Reader.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # it raises no other
        raise UserError(f"has {path} beside it, which cannot be read: {error}") from None
    padding, truncation = reader.padding or {}, reader.truncation or {}
    if padding.get("direction", "right") != "right":
        raise UserError(f"has {path} beside it, which fills texts on the left. Towers read them on the right")
    pad = padding.get("pad_id", reader.token_to_id(_text(config.get("pad_token"), "")) or 0)
    own = padding.get("length")
    length, most = lengths.of(own, own or _most(config, truncation.get("max_length")))
    reader.no_padding()
    if most is None:
        reader.no_truncation()
    else:
        reader.enable_truncation(most)

    def numbers(text: str) -> list[int]:
        found: list[int] = reader.encode(text).ids
        return found

    masked = "attention_mask" in config.get("model_input_names", ["attention_mask"])
    return Tokenizer(path, numbers, pad, length, masked)


def _text(token: object, default: str) -> str:
    """Return a token as tokenizer_config.json has it: a text, or an object with its `content`."""
    if isinstance(token, Mapping):
        token = token.get("content")
    return token if isinstance(token, str) else default


def _most(config: Mapping[str, Any], default: int | None) -> int | None:
    """Return the most tokens that a text may have, as tokenizer_config.json says."""
    most = config.get("model_max_length")
    return int(most) if isinstance(most, int | float) and 2 <= most <= LONGEST else default
