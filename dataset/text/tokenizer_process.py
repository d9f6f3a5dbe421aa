"""Normalises and segments columns of captions in a process of its own, which runs `tokenizer_worker`."""

import hashlib
import importlib.metadata
from array import array
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from dataset.text.captions import TEXT_SEPARATOR, VERSION, Tokenizer
from store.errors import UserError
from store.processes import child

_PACKAGES = {"characters": (), "sentencepiece": ("sentencepiece",)}
"""What a tokenizer runs on, where that is not MeCab and a dictionary."""


def tokenizer_version(tokenizer: str, model: Path | None = None) -> str:
    """Return what tokens depend on: the tokenizer, the versions of this code, of its packages, its model."""
    packages = _PACKAGES.get(tokenizer, ("mecab-python3", tokenizer))
    Tokenizer(tokenizer)  # if the dictionary is missing, it says what to do
    digest = [hashlib.sha256(model.read_bytes()).hexdigest()[:16]] if model else []
    versions = [importlib.metadata.version(name) for name in packages]
    return " ".join([tokenizer, str(VERSION), *versions, *digest])


class TokenizerProcess:
    """A process that normalises and segments captions while the `with` block runs.

    Args:
        max_characters: longer texts get no tokens: a filter leaves them out anyway.
        model: of the tokenizer, if it has learned one.
    """

    def __init__(self, tokenizer: str, max_characters: int, model: Path | None = None) -> None:
        self._arguments = (tokenizer, str(max_characters), *([str(model.absolute())] if model else []))
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._talk = self._open.enter_context(
            child.conversing("dataset.text.tokenizer_worker", *self._arguments)
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    def prepare(self, texts: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
        """Return (n,) normal forms of (n,) cleaned texts, and (n,) their tokens, joined with TOKEN_SEPARATOR.

        Raises:
            UserError: the process has ended; the message says how.
        """
        if not len(texts):
            return texts, texts
        # One string each way: no caption becomes a Python object in this process.
        joined = pc.binary_join(pa.ListArray.from_arrays([0, len(texts)], texts), TEXT_SEPARATOR)
        try:
            self._talk.questions.send_bytes(joined[0].as_buffer())
            answer = self._talk.answers.recv_bytes()
        except (EOFError, OSError):
            raise UserError(
                f"A tokenising process {self._talk.ending()}. Run the same command again"
            ) from None
        whole = [None, pa.py_buffer(array("i", [0, len(answer)])), pa.py_buffer(answer)]
        both = pc.split_pattern(pa.Array.from_buffers(pa.string(), 1, whole), TEXT_SEPARATOR).values
        return both.slice(0, len(texts)), both.slice(len(texts))
