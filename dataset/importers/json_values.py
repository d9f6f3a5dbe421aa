"""The values of a JSON file, however it lays them out: a line each, over several lines, in one array."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

_TRIED = 100
_AROUND = "\ufeff\x1e \t\r,"
"""What may stand around the sample in a line: marks of byte order and of records, blanks, commas."""
_BETWEEN = re.compile(r"[\s,\[\]\ufeff\x1e]*")
_ARRAY = re.compile(r"\s*\[\s*(?!\[)")
_NEXT = re.compile(r"[\r\n,]\s*(?=\{)")
"""Where a sample may start behind one that cannot be read."""


def samples(content: str) -> Iterator[Any]:
    """Yield what each line holds; or, where lines hold no samples, each value that stands in the file.

    Those may be members of one array, or objects over several lines. None stands for what is no JSON.
    """
    lines = (
        line.strip(_AROUND) for line in content.split("\n")
    )  # not splitlines(): a caption may hold U+2028
    first = islice((line for line in lines if line), _TRIED)
    if not _ARRAY.match(content) and any(isinstance(_parsed(line), dict) for line in first):
        yield from (_parsed(text) for line in content.split("\n") if (text := line.strip(_AROUND)))
    else:
        yield from _values(content)


def _values(content: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while True:
        at = _BETWEEN.match(content, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if at == len(content):
            return
        try:
            value, at = decoder.raw_decode(content, at)
            yield value
        except (ValueError, RecursionError):
            yield None
            found = _NEXT.search(content, at)
            at = found.end() if found else len(content)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        return None
    except ValueError:
        with suppress(ValueError, RecursionError):
            return json.loads(text, parse_int=str)  # a number of 5,000 digits costs itself alone
        return None
