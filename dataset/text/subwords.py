"""Pieces of words: real captions have more words than a vocabulary holds, and a model can spell with pieces.

A unigram model (Kudo 2018) of the library sentencepiece. Its defaults would change texts and add blanks: here
it gets texts in their normal form, in parts without blanks, and changes nothing.
"""

import io
from collections.abc import Callable, Iterable
from itertools import accumulate, pairwise
from pathlib import Path

from dataset.text.graphemes import graphemes
from store.errors import DamagedFile

MODEL = "tokenizer.model"
"""The model's file, in a dataset."""
_RESERVED = frozenset("\u2581\u2585")
"""▁ and ▅, which sentencepiece takes for a blank and for an unknown piece: it learns nothing of them."""


def model_of(dataset: Path) -> Path | None:
    """Return the model of a dataset; None where its tokenizer has learned none."""
    path = dataset / MODEL
    return path if path.exists() else None


def learned(texts: Iterable[str], size: int) -> bytes:
    """Return a model of at most `size` pieces, or as many as the texts have characters; b"" without texts.

    The same texts in the same order make the same model.

    Args:
        texts: in their normal form, each once, sorted.
    """
    import sentencepiece

    parts = [part for text in texts for part in text.split() if _RESERVED.isdisjoint(part)]
    if not parts:
        return b""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(parts),
        model_writer=model,
        model_type="unigram",
        vocab_size=max(size, len(frozenset().union(*parts)) + 1),  # and the one that stands for the unknown
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        num_threads=1,  # several make another model each time
        max_sentence_length=max(4 * max(map(len, parts)), 1_000),  # bytes; longer ones would be left out
        unk_id=0,
        bos_id=-1,
        eos_id=-1,
        pad_id=-1,
        minloglevel=2,
    )
    return model.getvalue()


def cutter(path: Path | None, separator: str) -> Callable[[str], str]:
    """Return the function that cuts a text without blanks and line breaks, and joins its pieces.

    Args:
        path: the model; None for one that has learned nothing, which cuts into graphemes.

    Raises:
        DamagedFile: the file is no model.
    """
    if path is None:
        return lambda text: separator.join(graphemes(text))
    import sentencepiece

    try:
        model = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
        known = frozenset(map(model.id_to_piece, range(model.vocab_size())))
    except (RuntimeError, ValueError) as error:
        raise DamagedFile(path, f"it is no model of sentencepiece ({error})") from error

    def cut(text: str) -> str:
        pieces = model.encode(text, out_type=str)
        if not known.issuperset(pieces):
            pieces = [one for piece in pieces for one in ([piece] if piece in known else graphemes(piece))]
        # A piece is as long as what it stands for, but shows ▁ where that is ▁.
        return separator.join(text[a:b] for a, b in pairwise(accumulate(map(len, pieces), initial=0)))

    return cut
