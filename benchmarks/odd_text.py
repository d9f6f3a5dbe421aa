"""Lines of public odd text through every tokenizer: each joins back, and no token is part of a grapheme.

    python -m benchmarks.odd_text FOLDER

FOLDER has text files, of minimaxir/big-list-of-naughty-strings, lists of kaomoji, and from unicode.org
emoji-test.txt and NormalizationTest.txt, say: of files by these two names the sequences of code points count,
of any other .txt file the lines. Tokens are cut as a build cuts them, by a model of `sentencepiece` that has
learned from every other line. Printed as JSON: how many lines, and those that went wrong; there may be none.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import regex

from dataset.text.captions import TOKENIZERS, Tokenizer, join, normalise
from dataset.text.subwords import MODEL, learned
from store.text.visible import is_visible

PIECES = 4_000


def texts(path: Path) -> Iterator[str]:
    """Yield the texts of a file."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if path.name not in ("emoji-test.txt", "NormalizationTest.txt"):
        yield from lines
        return
    for line in lines:
        for column in line.partition("#")[0].split(";"):
            points = column.split()
            if points and all(regex.fullmatch("[0-9A-Fa-f]{4,6}", point) for point in points):
                yield "".join(chr(int(point, 16)) for point in points)


def faults(text: str, tokenizer: Tokenizer) -> list[str]:
    """Return what is wrong with the tokens of a text."""
    form, tokens = normalise(text), tokenizer.tokenize(text)
    found = {
        "tokens do not join to its normal form": join(tokens) != form,
        "an empty token": not all(tokens),
        "its normal form has another one": normalise(form) != form,
        "nothing of it is seen, but it is not empty": bool(form) and not is_visible(text),
        "a token cuts a grapheme": not ends(tokens) <= ends(regex.findall(r"\X", form)),
    }
    return [fault for fault, holds in found.items() if holds]


def ends(parts: list[str]) -> set[int]:
    """Return where parts of a text end."""
    return set(accumulate(map(len, parts)))


def measure(lines: list[str], work: Path) -> dict[str, object]:
    """Return how many texts went through each tokenizer, and those that went wrong."""
    model = work / MODEL
    model.write_bytes(learned(sorted({form for text in lines[::2] if (form := normalise(text))}), PIECES))
    wrong = [
        {"tokenizer": name, "text": ascii(text), "faults": found}
        for name in TOKENIZERS
        for tokenizer in [Tokenizer(name, model if name == "sentencepiece" else None)]
        for text in lines
        if (found := faults(text, tokenizer))
    ]
    return {"texts": len(lines), "tokenizers": TOKENIZERS, "wrong": len(wrong), "first": wrong[:20]}


def main() -> None:
    """Read the folder's files, measure and print; fail where any text went wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    files = sorted(parser.parse_args().folder.rglob("*.txt"))
    lines = [text for path in files for text in texts(path)]
    if not lines:
        sys.exit("There is no .txt file with a line in that folder")
    with tempfile.TemporaryDirectory() as work:
        figures = measure(lines, Path(work))
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    sys.exit(1 if figures["wrong"] else 0)


if __name__ == "__main__":
    main()
