"""Answers as JSON: under `--json` standard output holds one document, and nothing else.

It is the command's answer, or a `Failure` where there is none. Progress, notes and messages go to standard
error, whoever prints them. The web's API gives the same documents by `plain`.
"""

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any, TextIO

from store.logs import UNPRINTABLE


@dataclass(frozen=True)
class Reason:
    """Why there is no answer.

    Args:
        status: the exit status that the command ends with.
        message: what standard error says, too: value, limit, reason and next step.
    """

    status: int
    message: str


@dataclass(frozen=True)
class Failure:
    """What stands in the place of an answer: none has an object called `error` at its top."""

    error: Reason


@dataclass
class _Due:
    """Where the answer of this process goes, for as long as it has not been given."""

    stream: TextIO | None = None


_DUE = _Due()


@contextmanager
def answering(*, as_json: bool) -> Iterator[None]:
    """Keep standard output for the one document while the block runs, if it is asked for.

    Raises:
        RuntimeError: the block ended well and gave no answer, which is a mistake of the program.
    """
    _DUE.stream = sys.stdout if as_json else None
    if not as_json:
        yield
        return
    with redirect_stdout(sys.stderr):
        yield
    if _DUE.stream:
        raise RuntimeError("the command gave no answer as JSON")


def give(answer: object, kind: Any) -> None:
    """Print the answer, once, where `answering` asks for it.

    Args:
        kind: its type; `store.answers.schema` makes the schema from the same.
    """
    stream = _DUE.stream or sys.stdout
    answered()
    print(text(answer, kind), file=stream, flush=True)


def is_due() -> bool:
    """Tell whether an answer as JSON was asked for, and has not been given."""
    return _DUE.stream is not None


def answered() -> None:
    """Note that the answer was given: by a child process, say, which has the same standard output."""
    _DUE.stream = None


def fail(message: str, status: int) -> None:
    """Print a `Failure` where an answer is due still."""
    if _DUE.stream:
        with suppress(BrokenPipeError):  # the status says it, too
            give(Failure(Reason(status, message)), Failure)


def text(answer: object, kind: Any) -> str:
    """Return a document as JSON (RFC 8259), which has no NaN: a number that is not finite is null.

    What moves a cursor or hides a text, and what no stream can write, is escaped as JSON escapes it.
    """
    written = json.dumps(plain(answer, kind), ensure_ascii=False, indent=1, allow_nan=False)
    return UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def plain(answer: object, kind: Any) -> Any:
    """Return a document as dicts, lists, texts and numbers.

    Raises:
        pydantic_core.PydanticSerializationError: it is not of its type.
    """
    from pydantic import TypeAdapter  # half of what a command takes to start

    return _finite(TypeAdapter(kind).dump_python(answer, mode="json", warnings="error"))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
